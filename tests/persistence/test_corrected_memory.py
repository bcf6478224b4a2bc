"""One wrong bit of a word is put right, two are found, and a power cut between a word and its check loses nothing."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.bench import Bench
from firmware_model.corrected_memory import FIRST_CHECK, MAGIC, CorrectedMemory
from firmware_model.paged_memory import PagedMemory
from firmware_model.scrubber import SCRUB_US
from firmware_model.secded import STRETCH, WORD, agree, checks_of, corrected
from firmware_model.store import CHECKS_AT, MEMORY_SIZE, SLOT_SIZE, WORDS_END, Operation, RamMemory, Store
from scs.clock import Duration
from scs.domain.status import LogKind
from tests.persistence.test_power_cut import CuttableMemory, PowerCutError, commit
from tests.support.implants import a_device, a_group
from tests.support.speaker import Speaker

DAY = Duration.of_s(86_400)
words = st.binary(min_size=WORD, max_size=WORD)


def flipped(word: bytes, check: int, *bits: int) -> tuple[bytes, int]:
    whole = int.from_bytes(word, "little") | check << 64
    for bit in bits:
        whole ^= 1 << bit
    return (whole & (1 << 64) - 1).to_bytes(WORD, "little"), whole >> 64


def programmed(memory: RamMemory) -> Speaker:
    speaker = Speaker(a_device(memory))
    speaker.open()
    speaker.write(a_group())
    speaker.write(a_group(name="second"))
    return speaker


def wrong_words(memory: RamMemory) -> int:
    pairs = zip(checks_of(bytes(memory.data[:WORDS_END])), memory.data[FIRST_CHECK:MEMORY_SIZE], strict=True)
    return sum(wanted != there for wanted, there in pairs)


def repairs(speaker: Speaker) -> list[str]:
    entries = speaker.device.parts.event_log.after(0)
    return [entry.detail for entry in entries if entry.kind is LogKind.MEMORY_REPAIRED]


@pytest.mark.req("FW-24")
@given(word=words)
def test_each_of_the_72_single_flips_is_put_right(word: bytes) -> None:
    check = checks_of(word)[0]
    for bit in range(72):
        assert corrected(*flipped(word, check, bit)) == (word, check)


@pytest.mark.req("FW-24")
def test_each_of_the_2556_double_flips_is_found_and_never_put_wrong() -> None:
    word = bytes(range(1, 1 + WORD))
    check = checks_of(word)[0]
    pairs = list(combinations(range(72), 2))
    assert len(pairs) == 2_556
    assert all(corrected(*flipped(word, check, *pair)) is None for pair in pairs)


@pytest.mark.req("FW-24")
@given(data=st.lists(words, min_size=1, max_size=9))
def test_many_words_at_once_have_the_checks_of_each_alone(data: list[bytes]) -> None:
    assert checks_of(b"".join(data)) == b"".join(map(checks_of, data))
    assert checks_of(bytes(WORD)) == b"\0", "fresh memory agrees with its checks"


@pytest.mark.parametrize("words", [1, STRETCH // WORD - 1, STRETCH // WORD, STRETCH // WORD + 1, 3 * STRETCH // WORD])
@pytest.mark.parametrize("is_blank", [True, False])
def test_many_words_agree_with_their_checks_until_one_bit_of_either_is_wrong(words: int, is_blank: bool) -> None:
    data = bytes(words * WORD) if is_blank else Random(words).randbytes(words * WORD)
    checks = checks_of(data)
    assert agree(data, checks)
    for at in (0, words // 2, words - 1):
        wrong = bytearray(data)
        wrong[at * WORD + 5] ^= 1
        assert not agree(bytes(wrong), checks)
        wrong_check = bytearray(checks)
        wrong_check[at] ^= 128
        assert not agree(data, bytes(wrong_check))


@given(
    writes=st.lists(st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=60)), min_size=1, max_size=8),
    where=st.sampled_from([0, WORDS_END - 264]),
)
def test_what_is_written_at_any_place_and_length_is_read_again(writes: list[tuple[int, bytes]], where: int) -> None:
    memory, plain = PagedMemory(), bytearray(260)
    guarded = CorrectedMemory(memory)
    guarded.begin()
    for at, data in writes:
        guarded.write(where + at, data)
        plain[at : at + len(data)] = data
    assert guarded.read(where, 260) == bytes(plain)
    first = where - where % WORD
    assert checks_of(memory.read(first, 264)) == memory.read(FIRST_CHECK + first // WORD, 33)
    assert (guarded.corrected, guarded.uncorrectable) == (0, 0)


@pytest.mark.req("FW-24")
@pytest.mark.hazard("H17")
@pytest.mark.parametrize("seed", range(2))
def test_a_wrong_bit_in_every_word_of_the_memory_changes_nothing_that_is_read(seed: int) -> None:
    memory = RamMemory()
    speaker = programmed(memory)
    held, newest = speaker.device.parts.store.image, speaker.device.parts.event_log.newest
    sound, chance = bytes(memory.data), Random(seed)
    for number in range(WORDS_END // WORD):
        bit = chance.randrange(72)
        at = number * WORD + bit // 8 if bit < 64 else FIRST_CHECK + number
        memory.data[at] ^= 1 << bit % 8
    again = a_device(memory)
    assert again.parts.store.image == held
    assert not again.parts.store.repairs
    assert not again.parts.event_log.broken
    assert again.parts.event_log.after(newest - 1)[0].sequence == newest
    again.parts.memory.scrub()
    assert wrong_words(memory) == 0
    assert memory.data[:SLOT_SIZE] == sound[:SLOT_SIZE]


@pytest.mark.req("FW-24")
@pytest.mark.hazard("H17")
def test_wrong_bits_are_put_right_within_a_day_so_that_two_never_meet_in_one_word() -> None:
    memory = RamMemory()
    speaker = programmed(memory)
    bench = Bench(speaker.device)
    for bit in range(20):
        memory.data[100] ^= 1 << bit % 8
        bench.jump(DAY)
    assert wrong_words(memory) == 0
    assert speaker.device.parts.memory.corrected == 20
    assert repairs(speaker) == ["memory: 1 bits put right"] * 20
    memory.data[100] ^= 3
    bench.jump(DAY)
    assert repairs(speaker)[20:] == ["memory: 1 words beyond repair"]


@pytest.mark.req("FW-24")
def test_a_memory_that_is_well_is_nothing_to_wait_for_and_no_scrub_comes_late() -> None:
    memory = RamMemory()
    speaker = programmed(memory)
    speaker.wait(Duration.of_s(70))
    device, bench = speaker.device, Bench(speaker.device)
    bench.jump(Duration(100 * SCRUB_US + 5))
    assert device.parts.scrubber.next_due_us(device.now.us) is None
    memory.data[SLOT_SIZE + 70] ^= 16
    began_us = device.now.us
    bench.jump(Duration(3 * DAY.us))
    (entry,) = [entry for entry in device.parts.event_log.after(0) if entry.kind is LogKind.MEMORY_REPAIRED]
    assert 0 < entry.at_us - began_us <= SCRUB_US


@pytest.mark.req("FW-24", "FW-23")
@pytest.mark.hazard("H14")
def test_the_power_goes_at_any_byte_of_a_word_or_of_its_check_and_old_or_new_is_read() -> None:
    memory = CuttableMemory()
    store = Store(_begun(memory))
    commit(store, 1_000, 11)
    commit(store, 2_000, 12)
    for write in (lambda s: commit(s, 3_000, 13), lambda s: s.remember(Operation(14, 8))):
        before, start = bytes(memory.data), memory.written
        old = store.image, store.last_op_id
        write(store)
        new, total = (store.image, store.last_op_id), memory.written - start
        for cut in range(total):
            torn = CuttableMemory(before)
            victim = Store(_begun(torn))
            torn.bytes_left = cut
            with pytest.raises(PowerCutError):
                write(victim)
            again = Store(_begun(RamMemory(bytes(torn.data))))
            assert (again.image, again.last_op_id) in (old, new), f"cut after {cut} of {total} bytes"


@pytest.mark.req("FW-24")
def test_the_memory_of_a_former_version_is_given_its_checks_and_a_cut_meanwhile_loses_nothing() -> None:
    memory = RamMemory()
    held = programmed(memory).device.parts.store.image
    former = bytes(memory.data[:CHECKS_AT])
    whole = CuttableMemory(former)
    assert a_device(whole).parts.store.image == held
    assert bytes(whole.data[CHECKS_AT : CHECKS_AT + len(MAGIC)]) == MAGIC
    begun = CuttableMemory(former)
    _begun(begun)
    for cut in range(0, begun.written, 97):
        torn = CuttableMemory(former)
        torn.bytes_left = cut
        with pytest.raises(PowerCutError):
            _begun(torn)
        assert a_device(RamMemory(bytes(torn.data))).parts.store.image == held


def _begun(memory: RamMemory) -> CorrectedMemory:
    guarded = CorrectedMemory(memory)
    guarded.begin()
    return guarded
