"""A bad link, direction by direction: what each fault does, that a seed repeats it, and what a file may say."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scs.clock import Duration, Instant, VirtualClock
from scs.errors import BadFile
from scs.transport.bad_wire import BadWire
from scs.transport.faulty import FaultyListener
from scs.transport.link_faults import MILLION, Episode, LinkFaults, WireFaults, parse_link_faults
from scs.transport.listener import Connected, Disconnected, Listener, ListenerEvent, Received

EXAMPLES = Path(__file__).parents[2] / "examples" / "link-faults"
SAID = bytes(range(1, 101))
Chunks = list[tuple[int, bytes]]
"""(microsecond, bytes)."""


def arrivals(said: Chunks, seed: int = 1, episodes: tuple[Episode, ...] = (), **faults: Any) -> Chunks:
    """What arrives of what is put in at such times."""
    wire = BadWire(random.Random(seed), WireFaults(**faults), episodes)
    got: Chunks = []

    def let_arrive(until_us: int | None) -> None:
        while (due := wire.due) is not None and (until_us is None or due.us <= until_us):
            got.append((due.us, wire.take(due)))

    for at_us, data in said:
        let_arrive(at_us - 1)
        wire.put(data, Instant(at_us))
    let_arrive(None)
    return got


def all_of(got: Chunks) -> bytes:
    return b"".join(data for _, data in got)


Writes = st.lists(st.tuples(st.integers(0, 10_000_000), st.binary(min_size=1, max_size=40)), max_size=8).map(sorted)


@given(Writes, st.integers(0, 1 << 32))
def test_a_wire_without_faults_carries_everything_at_once(said: Chunks, seed: int) -> None:
    got = arrivals(said, seed)
    assert all_of(got) == b"".join(data for _, data in said)
    assert {at_us for at_us, _ in got} == {at_us for at_us, _ in said}


@given(Writes, st.integers(0, 1 << 32))
def test_splitting_merging_delaying_stalling_and_pacing_change_no_byte_and_no_order(said: Chunks, seed: int) -> None:
    half = MILLION // 2
    got = arrivals(said, seed, split_ppm=half, merge_ppm=half, delay_ppm=half, stall_ppm=half, baud=9_600)
    assert all_of(got) == b"".join(data for _, data in said)


def test_a_paced_line_takes_ten_bits_a_byte_and_sends_one_thing_after_the_other() -> None:
    got = arrivals([(0, bytes(96)), (1_000, bytes(96))], baud=9_600)
    byte_us = -(-10_000_000 // 9_600)
    assert [at_us for at_us, _ in got] == [96 * byte_us, 192 * byte_us]


def test_what_is_reordered_is_overtaken_by_what_comes_behind() -> None:
    wire = BadWire(random.Random(1), WireFaults(reorder_ppm=MILLION, reorder_by_us=30_000))
    wire.put(b"first", Instant(0))
    wire.faults = WireFaults()
    wire.put(b"second", Instant(1_000))
    assert wire.take(Instant(1_000)) == b"second"
    assert wire.take(Instant(30_000)) == b"first"


def test_what_is_merged_arrives_with_what_comes_behind_or_alone_when_nothing_does() -> None:
    assert arrivals([(0, b"a"), (5_000, b"b")], merge_ppm=MILLION, merge_within_us=16_000)[0][0] == 16_000
    wire = BadWire(random.Random(1), WireFaults(merge_ppm=MILLION, merge_within_us=16_000))
    wire.put(b"a", Instant(0))
    wire.faults = WireFaults()
    wire.put(b"b", Instant(5_000))
    assert wire.due == Instant(16_000)
    assert wire.take(Instant(16_000)) == b"ab"


def test_a_truncated_chunk_is_a_beginning_of_what_was_sent() -> None:
    for seed in range(20):
        got = all_of(arrivals([(0, SAID)], seed, truncate_ppm=MILLION))
        assert len(got) < len(SAID)
        assert SAID.startswith(got)


def test_a_burst_damages_a_stretch_and_nothing_else() -> None:
    for seed in range(20):
        got = all_of(arrivals([(0, SAID)], seed, burst_ppm=MILLION, burst_bytes=8))
        wrong = [place for place, (a, b) in enumerate(zip(got, SAID, strict=True)) if a != b]
        assert wrong[-1] - wrong[0] < 8


def test_a_half_open_line_swallows_everything_for_its_time_and_then_carries_again() -> None:
    episode = Episode(kind="half-open", at_us=1_000_000, for_us=2_000_000, every_us=10_000_000)
    said = [(500_000, b"a"), (1_000_000, b"b"), (2_999_999, b"c"), (3_000_000, b"d"), (11_500_000, b"e")]
    assert all_of(arrivals(said, episodes=(episode,))) == b"ad"


def test_a_stalled_line_keeps_everything_until_it_goes_on() -> None:
    episode = Episode(kind="stall", at_us=1_000_000, for_us=2_000_000)
    got = arrivals([(1_500_000, b"a"), (2_000_000, b"b"), (4_000_000, b"c")], episodes=(episode,))
    assert got == [(3_000_000, b"ab"), (4_000_000, b"c")]


def test_with_the_wrong_speed_no_byte_is_what_was_sent() -> None:
    episode = Episode(kind="baud-mismatch", at_us=0, for_us=1_000_000)
    got = all_of(arrivals([(10, SAID)], episodes=(episode,)))
    assert len(got) == len(SAID)
    assert all(a != b for a, b in zip(got, SAID, strict=True))


@pytest.mark.parametrize("kind", ["stall", "half-open", "baud-mismatch"])
def test_troubles_of_the_line_begin_by_chance_too(kind: str) -> None:
    wire = BadWire(random.Random(3), WireFaults(**{f"{kind.replace('-', '_')}_ppm": 100_000}))
    for number in range(200):
        wire.put(b"x", Instant(number * 10_000_000))
    assert 5 < wire.struck[kind] < 40


EVERYTHING: dict[str, Any] = dict.fromkeys(
    (
        "drop_ppm", "duplicate_ppm", "reorder_ppm", "delay_ppm", "merge_ppm", "split_ppm", "truncate_ppm",
        "flip_bit_ppm", "drop_byte_ppm", "insert_ppm", "burst_ppm", "stall_ppm", "half_open_ppm", "baud_mismatch_ppm",
    ),
    100_000,
)  # fmt: skip


def test_a_seed_repeats_its_damage_to_the_microsecond_and_every_fault_is_counted() -> None:
    said = [(number * 200_000, SAID) for number in range(400)]
    assert arrivals(said, 7, baud=115_200, **EVERYTHING) == arrivals(said, 7, baud=115_200, **EVERYTHING)
    assert arrivals(said, 7, baud=115_200, **EVERYTHING) != arrivals(said, 8, baud=115_200, **EVERYTHING)
    wire = BadWire(random.Random(7), WireFaults(**EVERYTHING))
    for at_us, data in said:
        wire.put(data, Instant(at_us))
    assert len(wire.struck) == len(EVERYTHING)


def test_a_line_that_stands_still_for_very_long_keeps_no_more_than_a_buffer_does() -> None:
    wire = BadWire(random.Random(1), WireFaults(stall_ppm=MILLION, stall_for_us=1 << 40))
    for _ in range(20):
        wire.put(bytes(100_000), Instant(0))
    assert wire.struck["overflow"] == 10


# ---------------------------------------------------------------------------------------------------------- the file


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_is_a_link_on_which_something_goes_wrong(path: Path) -> None:
    faults = parse_link_faults(path.name, path.read_text(encoding="utf-8"))
    wire = BadWire(random.Random(1), faults.of("to-programmer"), faults.episodes_of("to-programmer"))
    for number in range(1_000):
        wire.put(SAID, Instant(number * 100_000))
    assert wire.struck


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", 'format: write format = "scs-link-faults/1"'),
        ('format = "scs-link-faults/1"', "says nothing"),
        ('drop = "2 %"', "drop: is unknown here"),
        ("[both-ways]\ndrop = 2", 'both-ways.drop: 2 has no unit; write a chance as text, such as "2 %"'),
        ('[both-ways]\ndrop = "120 %"', "both-ways.drop: 120 % is more often than always; write 0 % to 100 %"),
        ('[both-ways]\nbrop = "2 %"', "did you mean drop?"),
        ('[both-ways]\ndelay-by = "-3 ms"', "both-ways.delay-by: -3 ms is below 0 us"),
        ("[both-ways]\nbaud = 12", "both-ways.baud: 12 is below 300, the least; raise it"),
        ('[both-ways]\ndrop = "2 %"\n[to-implant]\ndrop = "1 %"', "keep one or the other"),
        ('[[episode]]\nkind = "cut"\nat = "3 s"\nfor = "1 s"', '"cut" is unknown; use stall, half-open'),
        ('[[episode]]\nkind = "stall"\nat = "3 s"', "episode[0].for: is missing"),
        ('[[episode]]\nkind = "stall"\nat = "3 s"\nfor = "4 s"\nevery = "2 s"', "every is shorter than for"),
    ],
)
def test_a_file_that_says_something_else_is_refused_with_a_sentence(text: str, said: str) -> None:
    whole = text if "format" in text or not text else f'format = "scs-link-faults/1"\n{text}'
    with pytest.raises(BadFile) as refused:
        parse_link_faults("bad.toml", whole)
    assert said in str(refused.value)
    assert str(refused.value).startswith("bad.toml: ")


@pytest.mark.parametrize("rate", [-1, MILLION + 1])
def test_a_rate_outside_the_possible_is_refused(rate: int) -> None:
    with pytest.raises(ValidationError, match="drop"):
        WireFaults(drop_ppm=rate)


# ------------------------------------------------------------------------------------------------------ the listener


class Script(Listener):
    """A listener whose events are given beforehand, one list a poll."""

    name = address = "script"

    def __init__(self, clock: VirtualClock, polls: list[list[ListenerEvent]]) -> None:
        self.clock, self.polls = clock, polls
        self.sent: Chunks = []

    def poll(self, timeout: Duration, extra_wakeup_fd: int | None = None) -> list[ListenerEvent]:
        self.clock.advance(timeout)
        return self.polls.pop(0) if self.polls else []

    def send(self, link_id: int, data: bytes) -> None:
        self.sent.append((link_id, data))

    def close(self) -> None:
        self.polls.clear()


def test_a_listener_delays_both_ways_wakes_for_what_is_due_and_forgets_a_link_that_is_gone() -> None:
    clock = VirtualClock()
    delay = WireFaults(delay_ppm=MILLION, delay_by_us=20_000)
    inner = Script(clock, [[Connected(1), Received(1, b"hello")]])
    listener = FaultyListener(inner, random.Random(1), LinkFaults(both_ways=delay), clock)
    assert listener.poll(Duration(0)) == [Connected(1)]
    listener.send(1, b"answer")
    assert inner.sent == []
    assert listener.poll(Duration.of_s(10)) == [Received(1, b"hello")]
    assert clock.now() == Instant(20_000)
    assert inner.sent == [(1, b"answer")]
    listener.send(1, b"never")
    inner.polls = [[Disconnected(1, "gone")]]
    assert listener.poll(Duration(0)) == [Disconnected(1, "gone")]
    assert listener.poll(Duration.of_s(10)) == []
    listener.send(1, b"nobody")
    assert inner.sent == [(1, b"answer")]
    assert listener.told == "delay 3"
