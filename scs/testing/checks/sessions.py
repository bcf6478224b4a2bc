"""Sessions: who may speak, who may write, what a repeated request does, and what no message may do.

docs/protocol.md §5 and §6.3: a repeated counter is answered from memory, an older one is ignored, an operation number
is carried out once, whatever session and whatever restart lies between.
"""

from __future__ import annotations

from random import Random

import cbor2

from scs.clock import Duration
from scs.domain.status import Mode, TherapyState
from scs.testing.checks.check import Check, Context, check, expect, fail
from scs.testing.checks.frames import Still, acting
from scs.testing.checks.groups import a_group, on_step, with_program
from scs.testing.checks.speaker import Speaker, message_of, said
from scs.testing.target import Need
from scs.wire.codec import encode_message
from scs.wire.framing import Direction, Frame, FrameType, encode
from scs.wire.requests import (
    Commit,
    GetImpedance,
    GetLog,
    GetStatus,
    Identify,
    MeasureImpedance,
    Open,
    Read,
    SetAmplitude,
    SoftStop,
    Start,
    Watch,
)
from scs.wire.responses import Done, Identity, Opened, RefusedReply, Status
from scs.wire.schema import CODES, DIRECTIONS
from scs.wire.terms import LEASE_MS, Object, Reason, Role
from scs.wire.words import wire_words


@check(
    "The implant says who it is, and its leads and limits can be read and are those that were asked for",
    "LK-02",
    "H12 H04",
)
def identity(context: Context) -> None:
    bed = context.bed()
    who = bed.identity
    expect(bool(who.serial), "the implant gives no serial number")
    expect(
        who.contacts == len(bed.implant.contacts),
        f"it names {who.contacts} contacts, its leads have {len(bed.implant.contacts)}",
    )
    expect(who.profile == bed.profile.id, f"it calls its profile {who.profile}, the limits read are {bed.profile.id}'s")
    expect(who.groups == bed.profile.counts.groups, f"it names {who.groups} slots, its limits name others")
    if context.expected_profile is not None:
        expect(
            bed.profile == context.expected_profile,
            f"its limits are not those of {context.expected_profile.id}, the profile that was named",
        )
    for _ in context.repeat(50):
        again = bed.speaker.ask(Identify(), Identity)
        expect(again == who, "it does not say the same of itself twice")
    context.note(f"{who.serial}, {who.model}, firmware {who.firmware}, {who.profile}, {who.policy}")


@check("A body that cannot be read is refused as malformed and changes nothing", "LK-02", "H45", weight=3)
def malformed_body(context: Context) -> None:
    bed = context.bed()
    bed.speaker.write(a_group(bed))
    good = [encode_message(request) for request in [*acting(bed), GetStatus(), GetLog(0), Read(Object.GROUP, 0, 0)]]
    before = Still.of(bed.speaker.status())
    for _ in context.repeat(6_000):
        body = _spoiled(context.chance, good)
        bed.speaker.counter += 1
        frame = Frame(FrameType.REQUEST, bed.speaker.session, bed.speaker.counter, body)
        mine, others = bed.speaker.exchange(frame)
        expect(
            len(mine) == 1 and not others, f"a body that cannot be read was answered {len(mine) + len(others)} times"
        )
        answer = message_of(mine[0], "a malformed body")
        if not isinstance(answer, RefusedReply) or answer.reason is not Reason.MALFORMED:
            fail(f"a body that cannot be read ({body.hex()}) was answered with {said(answer)}")
    moved = before.moved(Still.of(bed.speaker.status()))
    expect(not moved, f"bodies that cannot be read changed something: {moved}")


def _spoiled(chance: Random, good: list[bytes]) -> bytes:
    """A body that is near to one that can be read, and cannot be."""
    body = chance.choice(good)
    value = cbor2.loads(body)
    kind = chance.randrange(9)
    if kind == 0:
        return body[: chance.randrange(len(body))]
    if kind == 1:
        return body + chance.randbytes(chance.randint(1, 4))
    if kind == 2:
        return cbor2.dumps({**value, chance.choice((23, 24, -1, "x", 1.5)): 0})
    if kind == 3 and len(value) > 1:
        value.pop(chance.choice([key for key in value if key]))
        return cbor2.dumps(value)
    if kind == 4:
        return cbor2.dumps({**value, 0: chance.choice((0, 16 + chance.randrange(200) + 300, -1, "1", None, 2**64))})
    if kind == 5 and len(value) > 1:
        key = chance.choice([key for key in value if key])
        return cbor2.dumps({**value, key: chance.choice((-1, 2**64, 1.5, None, {}, [[]] * 99, "x" * 200, True))})
    if kind == 6:
        # The same map with a key in two bytes: not its one encoding.
        return bytes([body[0], 0x18]) + body[1:]
    if kind == 7:
        return b"\x81" * chance.randint(9, 400) + b"\x00"
    return chance.choice(
        (b"", b"\xff", b"\xa0", b"\xbf\x00\x04\xff", b"\xc1\x00", b"\xf6", b"\x9f\xff", b"\xa1\x00\x00")
    )


@check("A message that is none of this version, or travels the other way, is refused", "LK-02", "H45")
def unknown_message(context: Context) -> None:
    bed = context.bed()
    known = {code for cls, code in CODES.items() if DIRECTIONS[cls] is Direction.TO_IMPLANT}
    for code in range(256):
        if code in known:
            continue
        context.cases += 1
        bed.speaker.counter += 1
        frame = Frame(FrameType.REQUEST, bed.speaker.session, bed.speaker.counter, cbor2.dumps({0: code}))
        mine, _ = bed.speaker.exchange(frame)
        answer = message_of(mine[0], f"message {code}") if mine else None
        is_refused = isinstance(answer, RefusedReply) and answer.reason in (Reason.MALFORMED, Reason.UNSUPPORTED)
        expect(is_refused, f"message {code}, which is none of this version, was answered with {said(answer)}")


@check("A request that is sent again is answered with the same bytes and done once", "LK-03", "H16")
def repeated_counter(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    group = a_group(bed)
    staged = speaker.stage(group)
    order = Commit(speaker.op_id(), 0, staged.generation, staged.digest, staged.must_acknowledge)
    for request in (order, GetStatus(), Read(Object.GROUP, 0, 0), GetLog(0), MeasureImpedance(speaker.op_id())):
        context.cases += 1
        frame = speaker.frame(request)
        first, _ = speaker.exchange(frame)
        speaker.target.let_pass(Duration.of_ms(20))
        again, _ = speaker.exchange(frame)
        name = type(request).__name__
        expect(len(first) == 1 and len(again) == 1, f"{name} sent twice was not answered twice")
        expect(first == again, f"{name} sent again was answered otherwise: {_words(first)} and then {_words(again)}")
        expect(not isinstance(message_of(first[0], name), RefusedReply), f"{name} was refused: {_words(first)}")
    generation = speaker.status().generation
    expect(generation == staged.generation + 1, "a commit that was sent twice was counted twice")


def _words(frames: list[Frame]) -> str:
    return "; ".join(line for frame in frames for line in wire_words(encode(frame), Direction.TO_PROGRAMMER))


@check("A request older than the last one is not answered and not done", "LK-03", "H15")
def older_counter(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    speaker.write(a_group(bed))
    speaker.status()
    for request in [*acting(bed), GetStatus()]:
        for back in (1, 2, speaker.counter):
            context.cases += 1
            old = Frame(FrameType.REQUEST, speaker.session, speaker.counter - back, encode_message(request))
            before = Still.of(speaker.status())
            old_counter = Frame(old.type, old.session, speaker.counter - back, old.body)
            mine, others = speaker.exchange(speaker.frame(GetStatus()), before=encode(old_counter))
            expect(not others, f"{type(request).__name__} with an older counter was answered: {_words(others)}")
            expect(bool(mine), "the request behind an older one was not answered")
            status = message_of(mine[0], "GetStatus")
            moved = before.moved(Still.of(status)) if isinstance(status, Status) else said(status)
            expect(not moved, f"{type(request).__name__} with an older counter was carried out: {moved}")


@check(
    "An operation number is carried out once, in whatever session it comes again",
    "LK-04",
    "H15 H16 H02",
    Need.STIMULATES,
)
def repeated_operation(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    group = a_group(bed)
    committed = speaker.write(group)
    other = with_program(group, amplitude_ua=on_step(group.programs[0].amplitude_ua // 2, bed.profile.amplitude))
    staged = speaker.stage(other)
    again = speaker.answer(Commit(committed.op_id, 0, staged.generation, staged.digest, staged.must_acknowledge))
    expect(again == committed, f"a commit under a number that was used was answered with {said(again)}")
    expect(speaker.status().generation == committed.generation, "a commit under a number that was used was done again")
    start = Start(speaker.op_id(), 0)
    speaker.ask(start, Done)
    speaker.stop()
    _nothing_starts(speaker, start, "under a number that was used")
    low_ua = on_step(0, bed.profile.amplitude)
    order = SetAmplitude(speaker.op_id(), 0, low_ua, ())
    speaker.start()
    speaker.ask(order, Done)
    louder = SetAmplitude(order.op_id, 0, group.programs[0].amplitude_ua, ())
    speaker.ask(louder, Done)
    expect(speaker.status().targets_ua[0] == low_ua, "an amplitude under a number that was used was set again")
    context.cases += 4


@check("An operation number that was carried out is known after a restart too", "LK-04", "H15", Need.POWER)
def repeated_after_restart(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    committed = speaker.write(a_group(bed))
    start = Start(speaker.op_id(), 0)
    speaker.ask(start, Done)
    context.target.bench("power-cycle")
    speaker.become_writer()
    expect(speaker.status().last_op_id == start.op_id, "the last operation is not known after a restart")
    _nothing_starts(speaker, start, "that was carried out before the restart")
    staged = speaker.stage(a_group(bed, name="G2"))
    again = speaker.answer(Commit(committed.op_id, 0, staged.generation, staged.digest, staged.must_acknowledge))
    expect(again == committed, f"a commit from before a restart, sent again, was answered with {said(again)}")
    expect(speaker.status().generation == committed.generation, "a commit from before a restart was done again")
    context.cases += 2


def _nothing_starts(speaker: Speaker, start: Start, which: str) -> None:
    answer = speaker.answer(start)
    expect(answer == Done(start.op_id), f"a start {which} was answered with {said(answer)}")
    expect(speaker.status().therapy is TherapyState.OFF, f"a start {which} began therapy again")


@check("An operation number of 0 is refused, for it could not be told from none", "LK-04", "H16")
def operation_zero(context: Context) -> None:
    bed = context.bed()
    for request in (SoftStop(0), MeasureImpedance(0), Commit(0, 0, 0, bytes(32), ())):
        context.cases += 1
        bed.speaker.refused(request)
    expect(bed.speaker.status().mode is not Mode.MEASURING, "a measurement without a number was begun")


@check("Open is answered once a nonce, and nothing else is heard without a session", "LK-03 FW-36", "H32")
def sessions_are_opened(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    seen = {speaker.session}
    for _ in context.repeat(300):
        nonce = context.chance.getrandbits(64) ^ context.target.salt
        frame = Frame(FrameType.REQUEST, 0, 0, encode_message(Open(nonce, Role.READER)))
        answers = [
            message_of(mine[0], "Open") for mine, _ in (speaker.exchange(frame), speaker.exchange(frame)) if mine
        ]
        expect(len(answers) == 2 and answers[0] == answers[1], "Open sent again was not answered with the same session")
        opened = answers[0]
        if not isinstance(opened, Opened):
            fail(f"Open was answered with {said(opened)}")
        expect(opened.session not in seen, f"session {opened.session} was given to two programmers")
        expect(opened.role is Role.READER, "who asked to read was given the right to write")
        seen.add(opened.session)
        speaker.status()
    for request in acting(bed):
        for session in (0, 1 + max(seen) % 65_535):
            context.cases += 1
            mine, _ = speaker.exchange(Frame(FrameType.REQUEST, session, 1, encode_message(request)))
            answer = message_of(mine[0], "a request without a session") if mine else None
            is_refused = isinstance(answer, RefusedReply) and answer.reason is Reason.NO_SESSION
            expect(is_refused, f"{type(request).__name__} without a session was answered with {said(answer)}")


@check("One programmer writes: every other may read, and is refused whatever would change anything", "FW-36", "H32")
def one_writer(context: Context) -> None:
    bed = context.bed()
    bed.speaker.write(a_group(bed))
    for role in (Role.READER, Role.WRITER):
        other = context.second(role)
        expect(other.role is Role.READER, "two programmers were given the right to write at the same time")
        expect(other.status().role is Role.READER, "the implant calls a second programmer a writer")
        before = Still.of(other.status())
        for request in acting(bed):
            context.cases += 1
            other.refused(request, Reason.NOT_WRITER)
        for question in (Identify(), GetStatus(), GetLog(0), GetImpedance(), Read(Object.GROUP, 0, 0), Watch(0)):
            context.cases += 1
            answer = other.answer(question)
            expect(
                not isinstance(answer, RefusedReply), f"a reader was refused {type(question).__name__}: {said(answer)}"
            )
        moved = before.moved(Still.of(other.status()))
        expect(not moved, f"a programmer that may only read changed something: {moved}")
    bed.speaker.write(a_group(bed, name="G2"))


@check("The right to write is free once its lease of 2 s has ended, and not before", "FW-36 FW-30", "H32")
def writer_lease(context: Context) -> None:
    bed = context.bed()
    target = context.target
    for early_ms, is_free in ((1_500, False), (LEASE_MS + 50, True)):
        context.cases += 1
        bed.speaker.status()
        target.let_pass(Duration.of_ms(early_ms))
        other = context.second(Role.WRITER)
        word = "already" if not is_free else "still not"
        expect(
            (other.role is Role.WRITER) == is_free,
            f"the right to write was {word} free {early_ms} ms after the writer was last heard",
        )
    bed.speaker.refused(SoftStop(bed.speaker.op_id()), Reason.NOT_WRITER)


@check("A session that was silent for 60 s is forgotten", "FW-36 LK-03", "H15", Need.TIME)
def silent_session(context: Context) -> None:
    bed = context.bed()
    context.target.let_pass(Duration.of_s(59))
    bed.speaker.status()
    context.target.let_pass(Duration.of_s(61))
    frame = Frame(FrameType.REQUEST, bed.speaker.session, bed.speaker.counter + 1, encode_message(GetStatus()))
    mine, _ = bed.speaker.exchange(frame)
    answer = message_of(mine[0], "a forgotten session") if mine else None
    is_refused = isinstance(answer, RefusedReply) and answer.reason is Reason.NO_SESSION
    expect(is_refused, f"a session that was silent for 61 s was answered with {said(answer)}")
    context.cases += 2


@check("Who watches gets the status as often as asked for, and each new log entry", "FW-38", "H13")
def watching(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    speaker.refused(Watch(1), Reason.OUT_OF_RANGE)
    speaker.ask(Watch(100), Done)
    speaker.target.let_pass(Duration.of_ms(1_050))
    heard = speaker.target.frames(link=speaker.link)
    notices = [message_of(frame, "a notice") for frame in heard if frame.type is FrameType.NOTICE]
    statuses = [notice for notice in notices if isinstance(notice, Status)]
    expect(9 <= len(statuses) <= 11, f"{len(statuses)} statuses came in a second instead of 10")
    speaker.measure()
    speaker.target.let_pass(Duration.of_ms(100))
    heard = [*speaker.notices, *speaker.target.frames(link=speaker.link)]
    kinds = {type(message_of(frame, "a notice")).__name__ for frame in heard}
    expect("LogNotice" in kinds, "a programmer that watches was not told of a new log entry")
    speaker.ask(Watch(0), Done)
    speaker.target.frames(link=speaker.link)
    speaker.target.let_pass(Duration.of_ms(500))
    expect(not speaker.target.frames(link=speaker.link), "notices go on after they were ended")
    context.cases += len(notices)


CHECKS: tuple[Check, ...] = (
    identity, malformed_body, unknown_message, repeated_counter, older_counter, repeated_operation,
    repeated_after_restart, operation_zero, sessions_are_opened, one_writer, writer_lease, silent_session, watching,
)  # fmt: skip
