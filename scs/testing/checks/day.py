"""Windows of the day and daily doses: what a clock may do to therapy, and what it must never do.

docs/protocol.md §7.5 to §7.7.
"""

from __future__ import annotations

from scs.clock import Duration
from scs.domain.program import Group, replaced
from scs.domain.schedule import Window
from scs.domain.status import TherapyState
from scs.testing.checks.check import Bed, Check, Context, check, expect
from scs.testing.checks.ear import listening
from scs.testing.checks.groups import on_time, quick_group
from scs.testing.target import Need
from scs.wire.requests import GetDelivery, Start
from scs.wire.responses import Delivery
from scs.wire.terms import Reason

RAMP_US = 1_000_000
OPENS, CLOSES = 8 * 60, 22 * 60
"""In minutes of the day."""
BEFORE_S = 5
"""So long before an edge of the window the clock is set."""
DOSE_US = 60_000_000
"""The least there is."""


def _by_day(bed: Bed, **changes: object) -> Group:
    return replaced(quick_group(bed, rate_mhz=100_000, ramp_us=on_time(RAMP_US, bed.profile.ramp)), **changes)


@check(
    "A window ends with a soft stop that is over in time, opens softly, and starts nothing",
    "FW-51 FW-09",
    "H24 H03",
    Need.STIMULATES,
    Need.TAP,
    Need.TIME,
    weight=2,
)
def windows_are_kept(context: Context) -> None:
    bed = context.bed()
    speaker, target, step_ua = bed.speaker, context.target, bed.profile.amplitude.step_ua
    group = _by_day(bed, schedule=(Window(from_minute=OPENS, to_minute=CLOSES),))
    speaker.write(group)
    with listening(context, bed) as ear:
        speaker.set_clock(OPENS * 60 - BEFORE_S)
        speaker.keep_alive(Duration.of_s(2 * BEFORE_S))
        expect(not ear.pulses, "a window opened and started therapy that nobody had started", group)
        speaker.set_clock(CLOSES * 60 - BEFORE_S)
        closes_us = target.now_us + BEFORE_S * 1_000_000
        speaker.start()
        speaker.keep_alive(Duration.of_s(2 * BEFORE_S))
        late = ear.since(closes_us)
        expect(bool(ear.pulses), "nothing was delivered inside of the window", group)
        expect(not late, f"{len(late)} pulses left after the window", group)
        told = speaker.status().therapy
        expect(told is TherapyState.PAUSED, f"outside of the window therapy is said to be {told.name}", group)
        ear.pulses.clear()
        speaker.set_clock(OPENS * 60 - BEFORE_S)
        opens_us = target.now_us + BEFORE_S * 1_000_000
        speaker.keep_alive(Duration.of_s(2 * BEFORE_S))
        expect(bool(ear.pulses), "a window opened and therapy that had been started did not go on", group)
        expect(ear.pulses[0].start_us >= opens_us, "a pulse left before the window", group)
        before = 0
        for _, amplitude in ear.course():
            expect(amplitude - before <= step_ua, f"a window opened from {before} uA to {amplitude} uA", group)
            before = amplitude
        context.cases += len(ear.pulses)
        speaker.stop()


@check(
    "A daily dose is never passed, and neither a clock that is set nor a new start gives a second one",
    "FW-52",
    "H24",
    Need.STIMULATES,
    Need.TAP,
    Need.TIME,
    weight=2,
)
def doses_are_kept(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    group = _by_day(bed, daily_dose_us=DOSE_US)
    speaker.write(group)
    with listening(context, bed) as ear:
        speaker.start()
        speaker.keep_alive(Duration(DOSE_US + 10_000_000))
        expect(bool(ear.pulses), "nothing was delivered", group)
        lasted_us = ear.pulses[-1].start_us - ear.pulses[0].start_us
        expect(lasted_us <= DOSE_US, f"the dose of {DOSE_US} us went on for {lasted_us} us", group)
        ear.pulses.clear()
        speaker.set_clock(0)
        speaker.stop()
        speaker.become_writer()
        speaker.start()
        speaker.keep_alive(Duration.of_s(10))
        expect(not ear.pulses, f"{len(ear.pulses)} pulses beyond the dose left after the clock was set", group)
        told = speaker.ask(GetDelivery(), Delivery)
        expect(told.used_us <= told.dose_us == DOSE_US, f"{told.used_us} us of {told.dose_us} us are said to be used")
        context.cases += 2
        speaker.stop()


@check(
    "After a loss of power the clock is unset, and a group with windows is not started",
    "FW-51",
    "H24",
    Need.STIMULATES,
    Need.POWER,
)
def a_lost_clock_delivers_nothing(context: Context) -> None:
    bed = context.bed()
    speaker = bed.speaker
    speaker.write(_by_day(bed, schedule=(Window(from_minute=0, to_minute=CLOSES),)))
    context.target.bench("power-cycle")
    speaker.become_writer()
    speaker.refused(Start(speaker.op_id(), 0), Reason.CLOCK_UNSET)
    speaker.set_clock(OPENS * 60)
    speaker.start()
    speaker.stop()
    context.cases += 1


CHECKS: tuple[Check, ...] = (windows_are_kept, doses_are_kept, a_lost_clock_delivers_nothing)
