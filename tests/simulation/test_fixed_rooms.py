"""Whatever arrives, and however fast: the rooms are fixed, what finds none is counted, and STOP always fits."""

from __future__ import annotations

import gc
import random
import tracemalloc

import pytest

from firmware_model.arrivals import FRAMES_MAX, LINKS_MAX, Arrivals
from firmware_model.device import Device
from firmware_model.event_log import CAPACITY
from firmware_model.links import OUTPUT_MAX, SESSIONS_MAX
from firmware_model.store import RamMemory
from scs.clock import Duration
from scs.domain.status import LogKind, TherapyState
from scs.wire.codec import encode_message
from scs.wire.framing import BODY_MAX, BUFFER_MAX, Decoder, Frame, FrameType, encode
from scs.wire.requests import GetStatus, Open
from scs.wire.terms import Role
from tests.support.implants import a_device, a_group
from tests.support.speaker import Speaker

GROWTH_MAX = 65_536
"""Bytes that a flood may leave behind: what it takes to name sixteen sessions and to know the last 256 requests that
were read, and nothing that goes on. One number kept of each frame would be five times as much."""


def a_request(number: int, session: int = 9) -> bytes:
    return encode(Frame(FrameType.REQUEST, session, number, encode_message(GetStatus())))


def a_stop(number: int) -> bytes:
    return encode(Frame(FrameType.STOP, 0, number, b""))


@pytest.mark.req("FW-13")
def test_a_flood_on_one_link_leaves_room_on_every_other_and_is_counted() -> None:
    arrivals = Arrivals(Decoder)
    arrivals.receive(b"".join(map(a_request, range(1_000))), link=1)
    arrivals.receive(a_request(7), link=2)
    assert arrivals.dropped == 1_000 - FRAMES_MAX
    taken = arrivals.take()
    assert [link for link, _ in taken] == [1] * FRAMES_MAX + [2]
    assert [frame.counter for _, frame in taken][:3] == [0, 1, 2], "the oldest stay, in their order"
    arrivals.receive(a_request(8), link=1)
    assert [frame.counter for _, frame in arrivals.take()] == [8], "room that was emptied is room again"


@pytest.mark.req("FW-13", "FW-31")
@pytest.mark.hazard("H38")
@pytest.mark.parametrize("before", [0, 1, FRAMES_MAX - 1, FRAMES_MAX, 500])
@pytest.mark.parametrize("after", [0, 500])
def test_stop_finds_room_wherever_in_a_flood_it_is(before: int, after: int) -> None:
    speaker = Speaker(a_device())
    speaker.open()
    speaker.write(a_group())
    speaker.start()
    speaker.keep_alive(Duration.of_s(2))
    flood = [*map(a_request, range(before)), a_stop(1), *map(a_request, range(after))]
    speaker.device.receive(b"".join(flood))
    speaker.device.step(speaker.device.now)
    assert speaker.device.parts.therapy.state is TherapyState.OFF
    assert speaker.device.parts.stimulator.is_idle


@pytest.mark.req("FW-13")
def test_half_frames_on_endless_links_take_no_more_room_than_there_is() -> None:
    arrivals = Arrivals(Decoder)
    for link in range(10 * LINKS_MAX):
        arrivals.receive(b"\0" + b"\1" * (2 * BUFFER_MAX), link)
        arrivals.receive(a_stop(link), link)
    assert len(arrivals._decoders) == LINKS_MAX
    assert sum(decoder.pending for decoder in arrivals._decoders.values()) <= LINKS_MAX * BUFFER_MAX
    stopped = [frame for _, frame in arrivals.take() if frame.type is FrameType.STOP]
    assert len(stopped) == LINKS_MAX, "the links that were heard last"


@pytest.mark.req("FW-13")
def test_answers_that_nobody_fetches_are_dropped_whole_and_counted() -> None:
    device = a_device()
    answer = Frame(FrameType.RESPONSE, 1, 1, bytes(BODY_MAX))
    for _ in range(2 * OUTPUT_MAX):
        device.links.send(0, answer)
    assert device.take_output() == encode(answer) * OUTPUT_MAX
    assert device.links.unsent == OUTPUT_MAX
    device.links.send(0, answer)
    assert device.take_output() == encode(answer), "room that was emptied is room again"


@pytest.mark.req("FW-13", "FW-31")
def test_the_latest_sealed_frame_finds_room_and_takes_none_from_a_stop() -> None:
    arrivals = Arrivals(Decoder)
    sealed = [encode(Frame(FrameType.SEALED_TO_IMPLANT, 1, number, bytes(40))) for number in range(50)]
    arrivals.receive(a_stop(3) + b"".join(sealed), link=1)
    kept = [frame for _, frame in arrivals.take()]
    assert len(kept) == FRAMES_MAX
    assert (kept[0].type, kept[-1].counter) == (FrameType.STOP, 49)


@pytest.mark.req("FW-13")
def test_nothing_grows_after_the_first_hours_of_a_flood_of_everything() -> None:
    chance = random.Random(13)

    def flood(device: Device, pieces: int) -> None:
        for number in range(pieces):
            link = chance.randrange(40)
            opening = Open(chance.getrandbits(64), chance.choice(list(Role)))
            body = chance.choice(
                [
                    encode_message(opening),
                    encode_message(GetStatus()),
                    chance.randbytes(chance.randrange(BODY_MAX)),
                    b"\x81" * chance.randrange(BODY_MAX),
                ]
            )
            session = 0 if chance.random() < 0.5 else chance.randrange(1 << 16)
            device.receive(encode(Frame(FrameType.REQUEST, session, number, body)) * chance.randrange(1, 40), link)
            device.receive(chance.randbytes(300), link)
            if number % 7 == 0:
                device.step(device.now + Duration.of_ms(chance.randrange(1, 5_000)))
            for waiting in device.with_output:
                device.take_output(waiting)
        device.step(device.now)
        gc.collect()

    tracemalloc.start()
    try:
        device = a_device(RamMemory())
        for _ in range(CAPACITY):
            device.parts.log(LogKind.CLOCK, "the ring is full, as after some years")
        flood(device, 200)
        before = tracemalloc.get_traced_memory()[0]
        flood(device, 300)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < GROWTH_MAX
    assert device.links.arrivals.dropped > 500
    assert len(device.links.sessions) <= SESSIONS_MAX
