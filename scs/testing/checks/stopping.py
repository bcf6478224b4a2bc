"""STOP: from every state, by everybody, before everything else, and for good (docs/protocol.md §4)."""

from __future__ import annotations

from collections.abc import Callable

from scs.clock import Duration
from scs.domain.program import Burst, Cycling
from scs.domain.status import LogKind, Mode, TherapyState
from scs.testing.checks.check import Bed, Check, Context, check, expect
from scs.testing.checks.ear import listening
from scs.testing.checks.groups import a_group, a_program, on_band, on_step, on_time
from scs.testing.checks.speaker import Speaker, message_of, said
from scs.testing.target import Need
from scs.wire.framing import Frame, FrameType, encode
from scs.wire.messages import Request
from scs.wire.requests import Commit, EnterMri, EnterStorage, GetStatus, MeasureImpedance, Read, SetAmplitude, Start
from scs.wire.responses import Done, RefusedReply, Status, Stopped
from scs.wire.terms import Object, Role

LONG = Duration.of_s(3)
"""Long enough for any ramp of the groups used here, so that output that goes on is seen."""


def _off(bed: Bed, context: Context, group_time: Duration = LONG) -> Status:
    """Fail unless nothing is delivered now, and nothing leaves later."""
    status = bed.speaker.status()
    expect(status.therapy is TherapyState.OFF, f"after STOP therapy is {status.therapy.name}")
    expect(not any(status.delivered_ua), f"after STOP {status.delivered_ua} uA is delivered")
    expect(not any(status.targets_ua), f"after STOP the target is {status.targets_ua} uA")
    expect(status.mode not in (Mode.THERAPY, Mode.MEASURING), f"after STOP the implant is in {status.mode.name}")
    if not context.can(Need.TAP):
        return bed.speaker.keep_alive(group_time)
    with listening(context, bed) as ear:
        status = bed.speaker.keep_alive(group_time)
        expect(not ear.pulses, f"{len(ear.pulses)} pulses left in the {group_time.seconds:g} s after STOP")
    return status


def _ramping_up(bed: Bed) -> None:
    bed.speaker.write(a_group(bed, ramp_us=on_time(2_000_000, bed.profile.ramp)))
    bed.speaker.start()
    bed.speaker.target.let_pass(Duration.of_ms(700))


def _on(bed: Bed) -> None:
    bed.speaker.write(a_group(bed))
    bed.speaker.start()
    bed.speaker.keep_alive(Duration.of_s(2))


def _ramping_down(bed: Bed) -> None:
    _on(bed)
    bed.speaker.soft_stop()
    bed.speaker.target.let_pass(Duration.of_ms(300))


def _in_a_trial(bed: Bed) -> None:
    _on(bed)
    row = bed.profile.amplitude
    tried = on_step(a_group(bed).programs[0].amplitude_ua // 2, row)
    bed.speaker.ask(SetAmplitude(bed.speaker.op_id(), 0, tried, ()), Done)


def _paused(bed: Bed) -> None:
    on_row, off_row = bed.profile.cycle_on, bed.profile.cycle_off
    if on_row is None or off_row is None:
        _on(bed)
        return
    cycling = Cycling(on_us=on_time(1_000_000, on_row), off_us=max(off_row.step_us, on_time(2_000_000, off_row)))
    bed.speaker.write(a_group(bed, cycling=cycling, ramp_us=bed.profile.ramp.min_us))
    bed.speaker.start()
    bed.speaker.keep_alive(Duration(cycling.on_us + 200_000))


def _measuring(bed: Bed) -> None:
    bed.speaker.ask(MeasureImpedance(bed.speaker.op_id()), Done)
    bed.speaker.target.let_pass(Duration.of_ms(30))


def _half_staged(bed: Bed) -> None:
    _on(bed)
    bed.speaker.stage(a_group(bed, name="G2"))


def _at_rest(bed: Bed) -> None:
    bed.speaker.write(a_group(bed))


def _in_mri(bed: Bed) -> None:
    bed.speaker.ask(EnterMri(bed.speaker.op_id()), Done)


def _in_storage(bed: Bed) -> None:
    bed.speaker.ask(EnterStorage(bed.speaker.op_id()), Done)


def _nothing(bed: Bed) -> None:
    """As it was found."""


STATES: dict[str, Callable[[Bed], None]] = {
    "as it was found": _nothing,
    "idle": _at_rest,
    "ramping up": _ramping_up,
    "on": _on,
    "ramping down": _ramping_down,
    "in a trial": _in_a_trial,
    "in the off part of a cycle": _paused,
    "measuring": _measuring,
    "while a group is staged": _half_staged,
    "in MRI mode": _in_mri,
    "in storage": _in_storage,
}
STAYS = {"in MRI mode": (Mode.MRI,), "in storage": (Mode.STORAGE,)}
"""The states that a STOP does not end."""


def _by_writer(context: Context, bed: Bed) -> None:
    bed.speaker.stop()


def _by_reader(context: Context, bed: Bed) -> None:
    context.second(Role.READER).stop(counter=77)


def _by_nobody(context: Context, bed: Bed) -> None:
    Speaker(context.target, context.chance).stop(session=0, counter=0)


def _by_a_stranger(context: Context, bed: Bed) -> None:
    Speaker(context.target, context.chance).stop(session=54_321, counter=2**32 - 1)


def _on_another_link(context: Context, bed: Bed) -> None:
    link = 1 if context.can(Need.NEW) else 0
    Speaker(context.target, context.chance, link).stop(session=0, counter=5)


HANDS = (_by_writer, _by_reader, _by_nobody, _by_a_stranger, _on_another_link)


@check(
    "STOP takes the output to zero at once, from every state and by everybody, and it stays there",
    "FW-31",
    "H38",
    Need.STIMULATES,
    weight=2,
)
def stop_from_everywhere(context: Context) -> None:
    for state, reach in STATES.items():
        for press in HANDS:
            if context.is_late:
                return
            context.cases += 1
            bed = context.bed()
            reach(bed)
            context.target.note(f"STOP while {state}")
            press(context, bed)
            status = _off(bed, context)
            wanted = STAYS.get(state, (Mode.UNPROGRAMMED, Mode.IDLE))
            expect(status.mode in wanted, f"after STOP while {state} the implant is in {status.mode.name}")


@check(
    "STOP overtakes what was asked for before it: a start, an amplitude, a commit behind which it came",
    "FW-31",
    "H38",
    Need.STIMULATES,
)
def stop_overtakes(context: Context) -> None:
    for number in context.repeat(40):
        bed = context.bed()
        speaker, group = bed.speaker, a_group(bed)
        speaker.write(group)
        if number % 2:
            speaker.start()
            speaker.keep_alive(Duration.of_s(2))
        staged = speaker.stage(group)
        commit = Commit(speaker.op_id(), 0, staged.generation, staged.digest, staged.must_acknowledge)
        raising: list[Request] = [
            Start(speaker.op_id(), 0),
            SetAmplitude(speaker.op_id(), 0, group.programs[0].amplitude_ua, ()),
            commit,
            MeasureImpedance(speaker.op_id()),
        ]
        context.chance.shuffle(raising)
        queued = [speaker.frame(request) for request in raising]
        reading = [speaker.frame(Read(Object.GROUP, 0, 0)) for _ in range(5)]
        stop = Frame(FrameType.STOP, speaker.session, 900 + number)
        heard = speaker.say(b"".join(encode(f) for f in [*queued, *reading, stop]), speaker.target.patience[-1])
        if context.can(Need.NEW):
            first = heard[0].type if heard else None
            expect(first is FrameType.STOPPED, "STOP was answered behind requests that had come before it", group)
            told = [message_of(f, "what was overtaken") for f in heard if f.counter in {q.counter for q in queued}]
            done = [said(answer) for answer in told if not isinstance(answer, RefusedReply)]
            expect(not done, f"a request that a STOP had overtaken was carried out: {done}", group)
        _off(bed, context, Duration.of_s(1))


@check("Each STOP is answered under its own counter, however often it comes", "FW-31", "H38")
def every_stop_is_answered(context: Context) -> None:
    bed = context.bed()
    for _ in context.repeat(300):
        session = context.chance.choice((0, bed.speaker.session, context.chance.randrange(65_536)))
        counter = context.chance.choice((0, 1, 5, 2**32 - 1, context.chance.getrandbits(32)))
        for _again in range(2):
            frame = Frame(FrameType.STOP, session, counter)
            mine, others = bed.speaker.exchange(frame)
            expect(len(mine) == 1 and not others, f"STOP with counter {counter} was answered {len(mine)} times")
            answer = message_of(mine[0], "STOP")
            expect(isinstance(answer, Stopped), f"STOP was answered with {said(answer)}")
    newest = bed.speaker.status().log_newest
    bed.speaker.stop()
    kinds = [kind for _, _, kind, _ in bed.speaker.log(newest)]
    expect(LogKind.EMERGENCY_STOP in kinds or not kinds, "the log does not know a STOP")


@check(
    "STOP in the middle of a burst begins no other pulse, and the one in flight is recharged",
    "FW-10 FW-31",
    "H07 H38",
    Need.STIMULATES,
    Need.TAP,
    weight=2,
)
def stop_in_mid_pulse(context: Context) -> None:
    bed = context.bed()
    burst = bed.profile.burst
    for number in context.repeat(150):
        bed = context.bed()
        program = a_program(bed, ramp_us=bed.profile.ramp.min_us)
        if burst is not None and number % 3:
            waveform = Burst(
                kind="burst",
                rate_mhz=on_band(40_000, burst.rate),
                pulses=burst.pulses_max,
                intra_rate_mhz=on_band(500_000, burst.intra_rate),
            )
            program = a_program(bed, waveform=waveform, ramp_us=bed.profile.ramp.min_us)
        group = a_group(bed, program)
        bed.speaker.write(group)
        with listening(context, bed) as ear:
            bed.speaker.start()
            bed.speaker.keep_alive(Duration.of_ms(400))
            context.target.let_pass(Duration(context.chance.randrange(60_000)))
            bed.speaker.stop()
            stopped = context.target.now_us
            bed.speaker.keep_alive(Duration.of_s(1))
            late = ear.since(stopped)
            expect(not late, f"a pulse began {late[0].start_us - stopped if late else 0} us after STOP", group)
            left = {contact: charge for contact, charge in ear.delivered.net_pc().items() if charge}
            expect(not left, f"after STOP {left} pC is left on the contacts", group)
            ear.object_to(group)


@check(
    "After STOP therapy starts again only by a start, softly, with what is committed",
    "FW-31 FW-09",
    "H08 H03",
    Need.STIMULATES,
)
def start_after_stop(context: Context) -> None:
    bed = context.bed()
    speaker, group = bed.speaker, a_group(bed)
    row, full = bed.profile.amplitude, group.programs[0].amplitude_ua
    speaker.write(group)
    speaker.start()
    speaker.keep_alive(Duration.of_s(2))
    speaker.ask(SetAmplitude(speaker.op_id(), 0, on_step(full // 2, row), ()), Done)
    speaker.stop()
    answer = speaker.answer(SetAmplitude(speaker.op_id(), 0, full, ()))
    expect(isinstance(answer, RefusedReply), f"an amplitude after STOP was answered with {said(answer)}", group)
    speaker.start()
    status = speaker.ask(GetStatus(), Status)
    expect(status.targets_ua == (full,), f"a start after STOP goes to {status.targets_ua} uA, not {full}", group)
    first = status.delivered_ua[0]
    expect(first <= row.step_ua, f"a start after STOP began at {first} uA", group)
    speaker.stop()
    context.cases += 2


CHECKS: tuple[Check, ...] = (
    stop_from_everywhere, stop_overtakes, every_stop_is_answered, stop_in_mid_pulse, start_after_stop,
)  # fmt: skip
