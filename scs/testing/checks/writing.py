"""Writing therapy: in chunks, with a digest, against a generation, all of it or nothing (docs/protocol.md §6)."""

from __future__ import annotations

from random import Random
from typing import Any

import cbor2

from scs.domain.program import Group
from scs.domain.status import TherapyState
from scs.errors import RemoteProtocolError
from scs.testing.checks.check import Bed, Check, Context, check, expect, fail
from scs.testing.checks.drawn import random_group
from scs.testing.checks.groups import a_group, a_program, with_program
from scs.testing.checks.speaker import said
from scs.testing.target import Need
from scs.wire.prescription import decode_group, digest, encode_group
from scs.wire.requests import Commit, Read, Stage
from scs.wire.responses import RefusedReply, Staged
from scs.wire.terms import CHUNK_MAX, Object, Reason


@check(
    "What was committed reads back bit for bit from its slot, and no other slot changes",
    "LK-05 FW-02",
    "H14 H12",
    weight=2,
)
def reads_back_exactly(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    slots = bed.profile.counts.groups
    held: dict[int, bytes | None] = {slot: speaker.slot(slot) for slot in range(slots)}
    for round_ in context.repeat(400):
        slot = context.chance.randrange(slots) if round_ >= slots else round_
        group = _deliverable(context.chance, bed, f"G{round_}")
        before = speaker.status()
        committed = speaker.write(group, slot)
        held[slot] = encode_group(group)
        status = speaker.status()
        expect(
            committed.generation == before.generation + 1 == status.generation,
            f"a commit moved the generation from {before.generation} to {status.generation}",
            group,
        )
        expect(status.last_op_id == committed.op_id, "the status does not name the commit as the last operation")
        for other in (slot, context.chance.randrange(slots)):
            where = "its slot" if other == slot else f"slot {other}, while slot {slot} was written,"
            expect(speaker.slot(other) == held[other], f"{where} does not read back as what it should hold", group)
    for slot in range(slots):
        expect(speaker.slot(slot) == held[slot], f"slot {slot} does not hold what was last committed to it")


def _deliverable(chance: Random, bed: Bed, name: str) -> Group:
    """A random group that no rule blocks, or a plain one."""
    for _ in range(3):
        group = random_group(chance, bed)
        if not bed.judge(group).blocking_rules:
            return group
    return a_group(bed, name=name)


@check("A commit that is based on another generation than the one in force is refused", "LK-05", "H32 H14")
def stale_generation(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    speaker.write(a_group(bed))
    speaker.write(a_group(bed, name="G2"))
    held = speaker.slot(0)
    generation = speaker.status().generation
    other = a_group(bed, name="G3")
    for base in (0, generation - 1, generation + 1, generation + 1_000, 2**32 - 1):
        context.cases += 1
        staged = speaker.stage(other)
        order = Commit(speaker.op_id(), 0, base, staged.digest, staged.must_acknowledge)
        speaker.refused(order, Reason.STALE_GENERATION)
        expect(speaker.slot(0) == held, f"a commit on generation {base} was stored; {generation} is in force", other)
    expect(speaker.status().generation == generation, "a commit that was refused moved the generation")


@check("A commit names the digest of what is staged, and its slot, or it is refused", "LK-05", "H14")
def commit_names_what_is_staged(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    speaker.write(a_group(bed))
    held, generation = speaker.slot(0), speaker.status().generation
    other = a_group(bed, name="G2")
    right = digest(encode_group(other))
    flipped = bytes([right[0] ^ 1, *right[1:]])
    for wrong in (flipped, right[:-1] + bytes([right[-1] ^ 0x80]), bytes(32), b"", right[:31], digest(held or b"")):
        context.cases += 1
        staged = speaker.stage(other)
        order = Commit(speaker.op_id(), 0, generation, wrong, staged.must_acknowledge)
        speaker.refused(order, Reason.DIGEST_MISMATCH, Reason.MALFORMED)
        expect(speaker.slot(0) == held, "a commit with another digest than that of what is staged was stored", other)
    slots = bed.profile.counts.groups
    for slot in {1 % slots, slots - 1} - {0}:
        context.cases += 1
        staged = speaker.stage(other)
        before = speaker.slot(slot)
        speaker.refused(Commit(speaker.op_id(), slot, generation, right, staged.must_acknowledge))
        expect(speaker.slot(slot) == before, f"what was staged for slot 0 was committed to slot {slot}", other)


@check("Half a group is none: it is neither read back nor committed, and chunks come in order", "LK-05", "H14")
def half_a_group(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    speaker.write(a_group(bed))
    held, generation = speaker.slot(0), speaker.status().generation
    data = _long_group(bed)
    whole = digest(data)
    cut = min(CHUNK_MAX, len(data) - 1)
    first = Stage(0, 0, len(data), whole, data[:cut])
    rest = Stage(0, cut, len(data), whole, data[cut : cut + CHUNK_MAX])
    staged = speaker.ask(first, Staged)
    expect(staged.received == cut and not staged.complete, f"half a group was called {said(staged)}")
    speaker.refused(Read(Object.STAGED, 0, 0), Reason.NOTHING_STAGED)
    for name in (whole, staged.digest, digest(data[:cut])):
        context.cases += 1
        speaker.refused(Commit(speaker.op_id(), 0, generation, name, ()))
    former = a_group(bed, name="G2")
    ready = speaker.stage(former)
    speaker.ask(first, Staged)
    context.cases += 1
    speaker.refused(Commit(speaker.op_id(), 0, generation, ready.digest, ready.must_acknowledge))
    wrong = [
        Stage(0, cut + 1, len(data), whole, data[cut + 1 : cut + 3]),
        Stage(0, cut, len(data) + 1, whole, rest.data),
        Stage(0, cut, len(data), digest(b"other"), rest.data),
        Stage(0, 0, 0, whole, b""),
        Stage(0, 0, 60_000, whole, data[:cut]),
        Stage(0, 0, 4, whole, data[:8]),
        Stage(bed.profile.counts.groups, 0, len(data), whole, data[:cut]),
    ]
    for chunk in wrong:
        context.cases += 1
        speaker.ask(first, Staged)
        speaker.refused(chunk, Reason.OUT_OF_RANGE)
    expect(speaker.slot(0) == held, "chunks that do not fit changed what is stored")
    expect(speaker.status().generation == generation, "chunks that do not fit moved the generation")


def _long_group(bed: Bed) -> bytes:
    """A group of as many programs as the device has."""
    names = [f"Program number {place + 1}" for place in range(bed.profile.counts.programs_per_group)]
    return encode_group(Group(name="A group with a long name", programs=tuple(a_program(bed, n) for n in names)))


@check("What is staged under another digest than its own is refused", "LK-05 LK-01", "H14 H44")
def digest_of_what_arrived(context: Context) -> None:
    bed = context.bed()
    data = encode_group(a_group(bed))
    for _ in context.repeat(300):
        damaged = bytearray(data)
        damaged[context.chance.randrange(len(data))] ^= 1 << context.chance.randrange(8)
        answer = bed.speaker.answer(Stage(0, 0, len(data), digest(data), bytes(damaged)))
        is_right = isinstance(answer, RefusedReply) and answer.reason is Reason.DIGEST_MISMATCH
        expect(is_right, f"a group that changed on its way was answered with {said(answer)}")
    bed.speaker.refused(Read(Object.STAGED, 0, 0), Reason.NOTHING_STAGED)


@check(
    "Bytes that are no group, or a group in another encoding than its one, are refused as malformed",
    "LK-05 LK-02",
    "H14 H45",
    weight=2,
)
def bytes_that_are_no_group(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    for _ in context.repeat(1_200):
        data = _spoiled(context.chance, encode_group(_deliverable(context.chance, bed, "G")))
        answer = speaker.stage_bytes(data)
        if is_group(data):
            if isinstance(answer, Staged) and answer.digest != digest(data):
                fail("the implant understood another group than the one that was staged", decode_group(data))
            continue
        is_right = isinstance(answer, RefusedReply) and answer.reason in (Reason.MALFORMED, Reason.OUT_OF_RANGE)
        expect(is_right, f"bytes that are no group ({data[:40].hex()}…) were answered with {said(answer)}")


def is_group(data: bytes) -> bool:
    """Whether these bytes are a group in its one encoding."""
    try:
        decode_group(data)
    except RemoteProtocolError:
        return False
    return True


def _spoiled(chance: Random, data: bytes) -> bytes:
    """The bytes of a group with something wrong: a bit, an end, a value, an order, a key in a longer form."""
    kind = chance.randrange(6)
    if kind == 0:
        place = chance.randrange(len(data))
        return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]
    if kind == 1:
        return data[: chance.randrange(len(data))]
    if kind == 2:
        return data + chance.randbytes(1)
    value: dict[int, Any] = cbor2.loads(data)
    if kind == 3:
        return cbor2.dumps(dict(reversed(value.items())))
    program = chance.choice(value[3])
    if kind == 4:
        program[chance.choice(list(program))] = chance.choice((-1, None, 1.0, "5 mA", True, [], {}, 2**63))
        return cbor2.dumps(value)
    program[chance.choice((0, 11, 99, "amplitude_ua"))] = 1
    return cbor2.dumps(value)


@check("A commit is all or nothing, wherever the power fails in it", "FW-23 FW-21", "H14 H17", Need.POWER_CUT, weight=2)
def power_cut_in_commit(context: Context) -> None:
    bed = context.bed()
    speaker, target = bed.speaker, context.target
    old = a_group(bed)
    new = with_program(a_group(bed, name="G2"), pulse_width_us=old.programs[0].pulse_width_us)
    speaker.write(old)
    states = {encode_group(old): "old", encode_group(new): "new"}
    seen: dict[str, int] = {"old": 0, "new": 0}
    written = 0
    for number in context.repeat(200):
        # First along the whole record byte by byte as far as the rounds go, then wherever chance says.
        written = number if number < 120 else context.chance.randrange(600)
        before = speaker.slot(0)
        group = new if before == encode_group(old) else old
        staged = speaker.stage(group)
        generation = speaker.status().generation
        target.bench("cut-after", written=written)
        order = Commit(speaker.op_id(), 0, generation, staged.digest, staged.must_acknowledge)
        mine, _ = speaker.exchange(speaker.frame(order))
        target.bench("power-cycle")
        speaker.become_writer()
        after = speaker.slot(0)
        if after not in states:
            fail(f"after the power failed {written} bytes into a commit the slot holds neither group", group)
        status = speaker.status()
        is_new = after == encode_group(group)
        expect(
            status.generation == generation + is_new,
            f"after a power failure generation {status.generation} is in force with "
            f"{'the new' if is_new else 'the old'} group; it was {generation}",
            group,
        )
        expect(is_new or not mine, "a commit was confirmed and is gone after a power failure", group)
        expect(
            (status.last_op_id == order.op_id) == is_new,
            "the last operation that the implant names is not the one that is in force",
            group,
        )
        expect(status.therapy is TherapyState.OFF, "therapy runs after a power failure", group)
        seen["new" if is_new else "old"] += 1
    context.note(f"after {seen['old'] + seen['new']} cuts the old group was in force {seen['old']} times")


IMAGE_BYTES = 300
"""About what an image with one group takes: its header, the group, the operation and the check."""


@check(
    "A stored group with a damaged bit is never delivered: the older image is in force, or none",
    "FW-21",
    "H17",
    Need.POWER_CUT,
)
def damaged_memory(context: Context) -> None:
    bed = context.bed()
    speaker, target = bed.speaker, context.target
    first, second = a_group(bed), a_group(bed, name="G2")
    speaker.write(first)
    speaker.write(second)
    allowed = (None, encode_group(first), encode_group(second))
    for _ in context.repeat(300):
        at = context.chance.randrange(IMAGE_BYTES)
        slot = context.chance.choice((0, 65_536))
        bit = context.chance.randrange(8)
        # Two bits of one word: a memory that corrects one by itself has to find this out all the same.
        for wrong in (bit, (bit + 1) % 8):
            target.bench("flip-memory", at=slot + at, bit=wrong)
        target.bench("power-cycle")
        speaker.become_writer()
        if speaker.slot(0) not in allowed:
            fail(
                f"two bits of byte {slot + at} of the memory were damaged, and another group is in force",
                first,
            )
        for wrong in (bit, (bit + 1) % 8):
            target.bench("flip-memory", at=slot + at, bit=wrong)
        target.bench("power-cycle")
        speaker.become_writer()
        expect(speaker.slot(0) == allowed[2], "the memory was mended and the group is not in force again")


CHECKS: tuple[Check, ...] = (
    reads_back_exactly, stale_generation, commit_names_what_is_staged, half_a_group, digest_of_what_arrived,
    bytes_that_are_no_group, power_cut_in_commit, damaged_memory,
)  # fmt: skip
