"""For each known-bad implant that delivers, ramps, stops or listens wrongly: how it shows, in a scene of its own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from cobs import cobs

from firmware_model.tap import Departure
from scs.clock import Duration
from scs.domain.program import Group
from scs.domain.status import LogKind, Mode, TherapyState
from scs.wire.codec import encode_message
from scs.wire.framing import CRC, Frame, FrameType, encode
from scs.wire.requests import GetStatus, SetAmplitude, SoftStop, Start
from scs.wire.responses import Done, RefusedReply, Staged, Stopped
from scs.wire.terms import Role
from tests.support.bench_scene import Build, Scene, amplitude, answers, left_pc
from tests.support.implants import a_group, a_program
from tests.support.known_bad_judgement import OTHER, PLAIN, tripped
from tests.support.speaker import new_op_id

Shows = Callable[[Build], bool]
SLOWLY = a_group(a_program())
"""A ramp of two seconds."""
THIRDS = {3: -333, 4: -333, 5: -334, 7: 1_000}


def _running(group: Group, wrong: Callable[[list[Departure]], bool]) -> Shows:
    """What is wrong can be seen of the pulses of a group, from its start on, or the interlocks have seen it first."""

    def shows(build: Build) -> bool:
        scene = Scene(build)
        scene.run(group, 700)
        if scene.speaker.status().mode is Mode.SAFE:
            return True
        assert scene.seen, "the group runs"
        return wrong(scene.seen)

    return shows


def _one(**changes: object) -> Group:
    return a_group(a_program(ramp_us=0, **changes))  # type: ignore[arg-type]


def _any(wrong: Callable[[Departure], bool]) -> Callable[[list[Departure]], bool]:
    return lambda pulses: any(map(wrong, pulses))


def _spacing(pulses: list[Departure]) -> int:
    return min(then.start_us - first.start_us for first, then in pairwise(pulses))


def _overlap(pulses: list[Departure]) -> bool:
    return any(
        first.start_us + first.width_us + first.gap_us + first.recharge_us > then.start_us
        for first, then in pairwise(pulses)
    )


# -------------------------------------------------------------------------------------------------------- ramps


def _starts_in_full(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(SLOWLY)
    scene.speaker.start()
    return amplitude(scene.pulses(150)[0]) == 2_000


def _ramps_in_a_second(build: Build) -> bool:
    scene = Scene(build)
    scene.run(SLOWLY, 1_000)
    return scene.speaker.status().therapy is TherapyState.ON


def _adds(build: Build) -> bool:
    scene = Scene(build)
    scene.run(PLAIN)
    scene.speaker.start()
    return amplitude(scene.pulses(100)[-1]) > 2_000


def _jumps_back(build: Build) -> bool:
    scene = Scene(build)
    scene.run(SLOWLY, 3_000)
    scene.ask(SoftStop(new_op_id()))
    scene.bench.jump(Duration.of_s(1))
    scene.speaker.start()
    return amplitude(scene.pulses(60)[-1]) == 2_000


def _jumps_to_committed(build: Build) -> bool:
    scene = Scene(build)
    scene.run(SLOWLY, 3_000)
    scene.speaker.write(a_group(a_program(amplitude_ua=4_000)))
    return amplitude(scene.pulses(60)[-1]) == 4_000


def _ignores_lower(build: Build) -> bool:
    scene = Scene(build)
    scene.run(PLAIN)
    scene.ask(SetAmplitude(new_op_id(), 0, 500, ()))
    return amplitude(scene.pulses(60)[-1]) == 2_000


def _tries_tenfold(build: Build) -> bool:
    scene = Scene(build)
    scene.run(PLAIN)
    scene.ask(SetAmplitude(new_op_id(), 0, 500, ()))
    scene.bench.jump(Duration.of_ms(500))
    return amplitude(scene.pulses(100)[-1]) > 2_000


def _delivers_in_pause(build: Build) -> bool:
    scene = Scene(build)
    scene.run(_one(cycling=(1_000_000, 1_000_000)), 1_100)
    return bool(scene.pulses(500))


def _never_stops_softly(build: Build) -> bool:
    scene = Scene(build)
    scene.run(PLAIN)
    scene.ask(SoftStop(new_op_id()))
    scene.bench.jump(Duration.of_s(1))
    return bool(scene.pulses(200))


def _delivers_on_empty(build: Build) -> bool:
    scene = Scene(build)
    scene.run(PLAIN)
    scene.bench.set_battery(0)
    scene.speaker.keep_alive(Duration.of_s(3))
    return bool(scene.pulses(200))


def _starts_another(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(PLAIN, 0)
    scene.speaker.write(OTHER, 1)
    scene.speaker.start(1)
    return scene.speaker.status().slot == 0


def _clips_silently(build: Build) -> bool:
    scene = Scene(build)
    scene.bench.set_impedance(3, 20_000)
    scene.run(PLAIN)
    return not scene.logged(LogKind.LEAD_FAULT, "limited by compliance")


def _resumes(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(PLAIN)
    scene.restart()
    return bool(scene.pulses(500))


def _resumes_in_full(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(SLOWLY)
    scene.restart()
    pulses = scene.pulses(60)
    return bool(pulses) and amplitude(pulses[0]) == 2_000


# --------------------------------------------------------------------------------------------------- interlocks


def _lets_leave(group: Group, *, measured: bool = False) -> Shows:
    """What the interlocks alone stand against is still leaving after a second."""

    def shows(build: Build) -> bool:
        scene = Scene(build)
        for contact in (3, 4, 7):
            scene.bench.set_impedance(contact, 120)
        scene.bench.bypass_gate()
        if measured:
            scene.measure()
        scene.run(group, 1_000)
        return bool(scene.pulses(200))

    return shows


def _lets_three_leave(build: Build) -> bool:
    return bool(tripped(build).seen)


def _forgets_a_trip(build: Build) -> bool:
    return tripped(build).speaker.status().mode is not Mode.SAFE


def _starts_in_safe(build: Build) -> bool:
    return isinstance(tripped(build).ask(Start(new_op_id(), 0)), Done)


def _stop_clears(build: Build) -> bool:
    scene = tripped(build)
    scene.speaker.stop()
    return scene.speaker.status().mode is not Mode.SAFE


# ----------------------------------------------------------------------------------------------------- the link


def _believes_a_wrong_check(build: Build) -> bool:
    scene = Scene(build)
    plain = cobs.decode(encode(scene.speaker.request(GetStatus())).strip(b"\0"))
    wrong = cobs.encode(plain[: -CRC.size] + bytes([plain[-4] ^ 1]) + plain[-3:])
    return not scene.unheard(b"\0" + wrong + b"\0")


def _obeys_its_echo(build: Build) -> bool:
    scene = Scene(build)
    scene.run(PLAIN)
    scene.device.receive(encode(Frame(FrameType.STOPPED, scene.speaker.session, 1, encode_message(Stopped(1)))))
    return not scene.pulses(200)


def _is_deaf_after(noise: bytes) -> Shows:
    def shows(build: Build) -> bool:
        scene = Scene(build)
        assert scene.unheard(noise), "noise is not answered"
        return scene.unheard(encode(scene.speaker.request(GetStatus())))

    return shows


def _serves_a_repeat_anew(build: Build) -> bool:
    scene = Scene(build)
    frame = encode(scene.speaker.request(GetStatus()))
    first = answers(scene, [frame])
    scene.bench.jump(Duration.of_ms(100))
    return answers(scene, [frame]) != first


def _serves_an_older_one(build: Build) -> bool:
    scene = Scene(build)
    older = encode(scene.speaker.request(GetStatus()))
    answers(scene, [older])
    scene.speaker.status()
    return not scene.unheard(older)


def _does_twice(order: Callable[[int], SetAmplitude | Start], before: bool) -> Shows:
    """An order, a STOP, and the same order again: by its number it was done, so nothing is done."""

    def shows(build: Build) -> bool:
        scene = Scene(build)
        scene.speaker.write(PLAIN)
        if before:
            scene.speaker.start()
        request = order(new_op_id())
        assert isinstance(scene.ask(request), Done)
        scene.speaker.stop()
        again = scene.ask(request)
        return isinstance(again, RefusedReply) or scene.speaker.status().mode is Mode.THERAPY

    return shows


def _lets_two_write(build: Build) -> bool:
    other = Scene(build).a_reader(Role.WRITER)
    return other.status().role is Role.WRITER


def _reader_stages(build: Build) -> bool:
    scene = Scene(build)
    return isinstance(scene.stage(PLAIN, speaker=scene.a_reader()), Staged)


def _reader_orders(order: Callable[[], SoftStop | SetAmplitude]) -> Shows:
    def shows(build: Build) -> bool:
        scene = Scene(build)
        scene.run(PLAIN)
        return isinstance(scene.ask(order(), scene.a_reader()), Done)

    return shows


def _try_outlives(silent_s: int, *, is_writer: bool) -> Shows:
    """Something is tried, and then nothing is heard of the programmer any more."""

    def shows(build: Build) -> bool:
        scene = Scene(build)
        scene.run(PLAIN)
        scene.ask(SetAmplitude(new_op_id(), 0, 1_000, ()))
        scene.bench.jump(Duration.of_s(silent_s))
        status = scene.a_reader().status()
        another = scene.a_reader(Role.WRITER).status()
        return status.trial and (another.role is not Role.WRITER) == is_writer

    return shows


# ---------------------------------------------------------------------------------------------------------- STOP


def _goes_on_after_stop(group: Group, *, amid_pulses: bool = False) -> Shows:
    def shows(build: Build) -> bool:
        scene = Scene(build)
        scene.run(group, 3_000)
        scene.seen.clear()
        while amid_pulses and not scene.seen:
            scene.bench.jump(Duration(100))
        scene.speaker.stop()
        # Something goes on, or would if the interlocks did not hold it back.
        return bool(scene.pulses(90)) or scene.speaker.status().mode is Mode.SAFE

    return shows


def _reader_is_not_heard(build: Build) -> bool:
    scene = Scene(build)
    scene.run(PLAIN)
    scene.a_reader().stop()
    return bool(scene.pulses(200))


def _stop_waits(build: Build) -> bool:
    scene = Scene(build)
    scene.run(PLAIN)
    speaker = scene.speaker
    asked = [encode(speaker.request(GetStatus())) for _ in range(10)]
    answers(scene, [*asked, encode(Frame(FrameType.STOP, speaker.session, 1))])
    return bool(scene.pulses(100))


def _stop_is_not_answered(build: Build) -> bool:
    return not any(frame.type is FrameType.STOPPED for frame in Scene(build).speaker.stop())


def _start_outlives_stop(build: Build) -> bool:
    scene = Scene(build)
    scene.speaker.write(PLAIN)
    start = encode(scene.speaker.request(Start(new_op_id(), 0)))
    answers(scene, [start + encode(Frame(FrameType.STOP, scene.speaker.session, 1))])
    return scene.speaker.status().mode is Mode.THERAPY


def _targets_alike(build: Build) -> bool:
    scene = Scene(build)
    scene.run(a_group(a_program("a", ramp_us=0), a_program("b", ramp_us=0, amplitude_ua=1_000)))
    return amplitude(next(pulse for pulse in scene.pulses(100) if pulse.program == 1)) != 1_000


_QUARTER = a_group(a_program(ramp_us=0, ratio=4, amplitude_ua=2_050))
"""2.05 mA do not divide by four: 512 µA flow back for four times as long, and 2 µA times the width are left."""
_TWO = a_group(a_program("a", ramp_us=0), a_program("b", ramp_us=0, shares={9: -1_000, 10: 1_000}))
BURST = a_group(a_program(ramp_us=0, burst=(5, 500_000), width_us=500))

UNSENSED = (
    "recharge-missing",
    "recharge-on-wrong-contact",
    "recharge-tick-short",
    "width-plus-tick",
    "output-tenfold",
    "polarity-swapped",
    "contact-off-by-one",
    "shares-ignored",
    "burst-one-pulse-more",
)

DELIVERY: dict[str, Shows] = {
    "ramp-one-step-too-far": _running(PLAIN, _any(lambda pulse: amplitude(pulse) > 2_000)),
    "ramp-skipped": _starts_in_full,
    "ramp-in-a-tenth": _ramps_in_a_second,
    "on-while-on-adds": _adds,
    "on-while-stopping-jumps": _jumps_back,
    "commit-jumps": _jumps_to_committed,
    "lower-amplitude-ignored": _ignores_lower,
    "first-amplitude-for-all": _targets_alike,
    "tried-amplitude-tenfold": _tries_tenfold,
    "pause-delivers": _delivers_in_pause,
    "soft-stop-never-ends": _never_stops_softly,
    "period-rounded-down": _running(_one(rate_mhz=130_000), lambda pulses: _spacing(pulses) < 7_693),
    "rate-tenfold": _running(PLAIN, lambda pulses: _spacing(pulses) < 25_000),
    "programs-overlap": _running(_TWO, _overlap),
    "empty-battery-delivers": _delivers_on_empty,
    "start-ignores-slot": _starts_another,
    "recharge-missing": _running(PLAIN, _any(lambda pulse: set(pulse.recharge_ua.values()) == {0})),
    "recharge-passive-for-driven": _running(PLAIN, _any(lambda pulse: not pulse.recharge_ua)),
    "recharge-on-wrong-contact": _running(PLAIN, _any(lambda pulse: set(pulse.recharge_ua) != {3, 4, 7})),
    "recharge-tick-short": _running(PLAIN, _any(lambda pulse: pulse.recharge_us == pulse.width_us - 1)),
    "recharge-unstretched": _running(_QUARTER, _any(lambda pulse: pulse.recharge_us == pulse.width_us)),
    "recharge-rounded-up": _running(_QUARTER, _any(lambda pulse: left_pc(pulse)[7] < 0)),
    "width-plus-tick": _running(PLAIN, _any(lambda pulse: pulse.width_us != 210)),
    "output-tenfold": _running(PLAIN, _any(lambda pulse: amplitude(pulse) == 20_000)),
    "polarity-swapped": _running(PLAIN, _any(lambda pulse: pulse.currents_ua[7] < 0)),
    "contact-off-by-one": _running(PLAIN, _any(lambda pulse: set(pulse.currents_ua) != {3, 4, 7})),
    "shares-ignored": _running(PLAIN, _any(lambda pulse: pulse.currents_ua[3] == pulse.currents_ua[4])),
    "split-rounded-up": _running(_one(shares=THIRDS, amplitude_ua=2_050), _any(lambda pulse: amplitude(pulse) > 2_050)),
    "remainder-through-case": _running(
        _one(shares=THIRDS, amplitude_ua=2_050), _any(lambda pulse: 0 in pulse.currents_ua)
    ),
    "burst-one-pulse-more": _running(BURST, lambda pulses: pulses[5].start_us - pulses[4].start_us < 2_001),
    "clipping-not-told": _clips_silently,
    "interlock-deaf": _lets_leave(_one(width_us=2_000)),
    "interlock-slow": _lets_three_leave,
    "interlock-ignores-balance": _lets_leave(_one(rate_mhz=1_200_000, ratio=None, amplitude_ua=10_000)),
    "interlock-ignores-rate": _lets_leave(_one(rate_mhz=50_000_000, width_us=5, amplitude_ua=100)),
    "interlock-raised-by-self-test": _lets_leave(_one(width_us=1_000, amplitude_ua=16_000), measured=True),
    "interlock-not-latched": _forgets_a_trip,
    "start-in-safe": _starts_in_safe,
    "resumes-at-power-on": _resumes,
    "resumes-without-ramp": _resumes_in_full,
    "frame-check-ignored": _believes_a_wrong_check,
    "direction-ignored": _obeys_its_echo,
    "frame-lost-behind-noise": _is_deaf_after(b"\0noise\0"),
    "deaf-after-long-frame": _is_deaf_after(b"\0" + b"\1" * 2_000 + b"\0"),
    "repeated-counter-served": _serves_a_repeat_anew,
    "older-counter-served": _serves_an_older_one,
    "operation-done-twice": _does_twice(lambda op_id: SetAmplitude(op_id, 0, 1_000, ()), before=True),
    "start-done-twice": _does_twice(lambda op_id: Start(op_id, 0), before=False),
    "two-writers": _lets_two_write,
    "reader-may-stage": _reader_stages,
    "reader-may-soft-stop": _reader_orders(lambda: SoftStop(new_op_id())),
    "reader-may-try": _reader_orders(lambda: SetAmplitude(new_op_id(), 0, 1_000, ())),
    "lease-endless": _try_outlives(5, is_writer=True),
    "trial-outlives-lease": _try_outlives(5, is_writer=False),
    "stop-needs-role": _reader_is_not_heard,
    "stop-in-turn": _stop_waits,
    "stop-on-tick": _goes_on_after_stop(PLAIN),
    "stop-by-ramp": _goes_on_after_stop(SLOWLY),
    "stop-unanswered": _stop_is_not_answered,
    "stop-clears-fault": _stop_clears,
    "stop-finishes-burst": _goes_on_after_stop(BURST, amid_pulses=True),
    "stop-sticks": _goes_on_after_stop(PLAIN),
    "start-outlives-stop": _start_outlives_stop,
}
DELIVERY |= {f"{fault}-unsensed": DELIVERY[fault] for fault in UNSENSED}
"""Behind the sense lines nothing trips, so these are seen in the pulses themselves."""
