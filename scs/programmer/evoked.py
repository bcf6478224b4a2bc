"""Measuring what pulses evoke: the growth curve of a program, and the same program in open and in closed loop.

Both deliver: they try amplitudes of a running program on the lease, within the patient's range and never above it, and
go back to the committed one. STOP ends them like everything that could raise the output; a lost link soft-stops.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from scs.clock import Duration
from scs.domain.program import Program
from scs.domain.status import EcapQuality, LoopState, TherapyState
from scs.domain.units import CURRENT, format_quantity
from scs.errors import BadPrescription, Refused
from scs.programmer.changing import set_amplitude
from scs.programmer.reading import read_group, read_sensing, status
from scs.programmer.steps import Pause, Procedure, Progress
from scs.wire.terms import Reason

POINTS = 12
"""Amplitudes of a growth curve, if the grid has so many between the patient's lowest and highest [project]."""
READINGS = 4
"""Potentials that are read at each of them; their median is the point [project]."""
BETWEEN = Duration.of_ms(60)
"""From one reading to the next: longer than a period at 20 Hz, so that they are of different pulses [project]."""
LOOK = Duration.of_ms(100)
"""How often it is looked whether a ramp has ended."""
LOOKS_MAX = 150
"""Then it is given up: a ramp takes 10 s at most, and what rests in its cycle or window is not waited for."""
SAMPLE = Duration.of_ms(200)
"""From one reading of a comparison to the next [project]."""
SETTLE = Duration.of_s(2)
"""So long after a loop has closed it may still be on its way [project]."""
IN_TARGET_PERCENT = 25
"""A potential counts as in the target when it is not farther from it than this [project]; two samples of the channel's
noise make about 8 percent of a target of 50 uV."""
LINE_POINTS = 3
"""A line through fewer points is no measurement."""
MANAGED = (LoopState.CLOSED, LoopState.HELD, LoopState.FALLEN_BACK, LoopState.HUNTING)


@dataclass(frozen=True, slots=True)
class GrowthPoint:
    """What was read at one amplitude. `height_nv` is the median of the readings that said something."""

    amplitude_ua: int
    height_nv: int
    quality: EcapQuality
    """Of most of the readings."""


@dataclass(frozen=True, slots=True)
class GrowthLine:
    """The straight part of a growth curve."""

    threshold_ua: int
    """Where it meets zero."""
    slope_nv_per_ma: int


@dataclass(frozen=True, slots=True)
class Growth:
    """The growth curve of one program, measured upwards."""

    program: int
    name: str
    points: tuple[GrowthPoint, ...]
    ended: str
    """Why it ended below the highest amplitude; empty when it did not."""

    @property
    def line(self) -> GrowthLine | None:
        """Least squares through the points that show a potential; None where they are too few or do not rise."""
        seen = [point for point in self.points if point.quality is EcapQuality.GOOD]
        if len(seen) < LINE_POINTS:
            return None
        count, sum_x, sum_y = len(seen), sum(p.amplitude_ua for p in seen), sum(p.height_nv for p in seen)
        sum_xx = sum(p.amplitude_ua**2 for p in seen)
        sum_xy = sum(p.amplitude_ua * p.height_nv for p in seen)
        rise, run = count * sum_xy - sum_x * sum_y, count * sum_xx - sum_x**2
        if rise <= 0 or run <= 0:
            return None
        # nV = rise/run · uA + rest; it meets zero at -rest · run/rise, in whole numbers up to the last division.
        return GrowthLine((sum_x * rise - sum_y * run) // (count * rise), 1_000 * rise // run)


@dataclass(frozen=True, slots=True)
class LoopPart:
    """The readings of one way to set the amplitude."""

    heights_nv: tuple[int, ...]
    """Of every reading that showed a potential."""
    lost: int
    """Readings without one."""
    target_nv: int

    @property
    def median_nv(self) -> int:
        return round(median(self.heights_nv)) if self.heights_nv else 0

    @property
    def spread_nv(self) -> int:
        """From the tenth to the ninetieth percentile: where eight of ten potentials were."""
        ranked = sorted(self.heights_nv)
        last = len(ranked) - 1
        return ranked[round(0.9 * last)] - ranked[round(0.1 * last)] if ranked else 0

    @property
    def in_target_percent(self) -> int:
        """Of all readings, also of those that showed nothing."""
        within_nv = self.target_nv * IN_TARGET_PERCENT // 100
        near = sum(abs(height - self.target_nv) <= within_nv for height in self.heights_nv)
        return 100 * near // max(1, len(self.heights_nv) + self.lost)


@dataclass(frozen=True, slots=True)
class LoopComparison:
    """The same program in open and in closed loop, one after the other."""

    program: int
    name: str
    open_ua: int
    """What was delivered in open loop."""
    open_part: LoopPart
    closed_part: LoopPart


def growth_amplitudes(program: Program, step_ua: int, highest_ua: int | None = None) -> tuple[int, ...]:
    """The amplitudes of a growth curve in µA, rising, on the grid of `step_ua` and within the patient's range.

    `highest_ua` may end it earlier. Raises BadPrescription when there is no range to go through.
    """
    limits = program.patient
    if limits is None:
        raise BadPrescription(
            f"{program.name!r} has no patient's range, so nothing says how far to go; give it one in the editor"
        )
    top_ua = min(limits.highest_ua, limits.highest_ua if highest_ua is None else highest_ua) // step_ua * step_ua
    low_ua = -(-max(limits.lowest_ua, step_ua) // step_ua) * step_ua
    if top_ua <= low_ua:
        low, top = format_quantity(low_ua, CURRENT), format_quantity(top_ua, CURRENT)
        raise BadPrescription(f"from {low} to {top} there is no curve; raise the patient's highest amplitude")
    steps = (top_ua - low_ua) // step_ua
    wanted = min(POINTS - 1, steps)
    return tuple(low_ua + steps * index // wanted * step_ua for index in range(wanted + 1))


def measure_growth(
    op_ids: tuple[int, ...], index: int, step_ua: int, highest_ua: int | None = None
) -> Procedure[Growth]:
    """Try amplitudes from low to high and read what they evoke; then the committed one again.

    BadPrescription when there is nothing to measure, Refused when the implant refuses the first amplitude, Overtaken
    after a STOP. `op_ids` are POINTS + 1 numbers.
    """
    program = yield from _running_program(index)
    try:
        return (yield from _climb(op_ids, index, program, growth_amplitudes(program, step_ua, highest_ua)))
    except BadPrescription:
        yield from _go_back(op_ids[-1], index, program)
        raise


def _climb(op_ids: tuple[int, ...], index: int, program: Program, amplitudes_ua: tuple[int, ...]) -> Procedure[Growth]:
    points: list[GrowthPoint] = []
    ended = ""
    for op_id, amplitude_ua in zip(op_ids, amplitudes_ua, strict=False):
        yield Progress("measuring the growth curve", len(points), len(amplitudes_ua))
        try:
            yield from set_amplitude(op_id, index, amplitude_ua)
        except Refused as refused:
            if not points or refused.reason == Reason.WRONG_MODE.word:
                raise
            ended = f"the implant refused {format_quantity(amplitude_ua, CURRENT)}: {refused}"
            break
        yield from _reach(index, amplitude_ua)
        point = yield from _point(index, amplitude_ua)
        points.append(point)
        if point.quality is EcapQuality.SATURATED:
            ended = "the amplifier is at its rail"
            break
    yield from set_amplitude(op_ids[-1], index, program.amplitude_ua)
    yield Progress("measuring the growth curve", len(amplitudes_ua), len(amplitudes_ua))
    return Growth(index, program.name, tuple(points), ended)


def compare_loops(
    op_ids: tuple[int, int, int], index: int, step_ua: int, duration: Duration
) -> Procedure[LoopComparison]:
    """Read for `duration` in open loop, then for `duration` in closed loop; the loop is closed in the end.

    The open loop delivers one step of the grid less than what is committed, because at the committed amplitude the
    loop takes over. BadPrescription for a program without a closed loop.
    """
    program = yield from _running_program(index)
    if program.closed_loop is None:
        raise BadPrescription(f"{program.name!r} has no closed loop to compare with; give it one in the editor")
    open_ua, target_nv = program.amplitude_ua - step_ua, program.closed_loop.target_uv * 1_000
    if open_ua < step_ua:
        raise BadPrescription(f"{program.name!r} has an amplitude of one step; there is no open loop below it")
    count = max(1, duration.us // SAMPLE.us)
    try:
        open_part, closed_part = yield from _both(op_ids, index, program, open_ua, count, target_nv)
    except BadPrescription:
        yield from _go_back(op_ids[2], index, program)
        raise
    return LoopComparison(index, program.name, open_ua, open_part, closed_part)


def _both(
    op_ids: tuple[int, int, int], index: int, program: Program, open_ua: int, count: int, target_nv: int
) -> Procedure[tuple[LoopPart, LoopPart]]:
    yield from set_amplitude(op_ids[0], index, open_ua)
    yield from _reach(index, open_ua)
    open_part = yield from _part(index, "open loop", count, target_nv)
    yield from set_amplitude(op_ids[1], index, program.amplitude_ua)
    yield from _until_closed(index)
    yield Pause(SETTLE)
    return open_part, (yield from _part(index, "closed loop", count, target_nv))


def _go_back(op_id: int, index: int, program: Program) -> Procedure[None]:
    """To the committed amplitude, where one is still being tried."""
    if (yield from status()).trial:
        yield from set_amplitude(op_id, index, program.amplitude_ua)


def _running_program(index: int) -> Procedure[Program]:
    now = yield from status()
    if now.therapy is TherapyState.OFF:
        raise BadPrescription("therapy is off, so nothing is evoked; start the group first")
    if now.trial:
        raise BadPrescription("an amplitude is being tried; keep it or take it back first, to know where to return to")
    programs = (yield from read_group(now.slot)).group.programs
    if index >= len(programs):
        raise BadPrescription(f"program {index} is none of 0 to {len(programs) - 1}")
    if not (yield from read_sensing()).loops:
        raise BadPrescription("this device has no channel that hears what a pulse evokes")
    return programs[index]


def _reach(index: int, amplitude_ua: int) -> Procedure[None]:
    """Wait until this amplitude is delivered."""
    for _ in range(LOOKS_MAX):
        now = yield from status()
        if now.therapy is TherapyState.OFF:
            raise BadPrescription("therapy was stopped while it was measured")
        if now.delivered_ua[index] == amplitude_ua:
            return
        yield Pause(LOOK)
    wanted = format_quantity(amplitude_ua, CURRENT)
    raise BadPrescription(f"{wanted} is not delivered: the program rests, waits for its window, or the rail is too low")


def _until_closed(index: int) -> Procedure[None]:
    for _ in range(LOOKS_MAX):
        rows = (yield from read_sensing()).loops
        if not rows:
            raise BadPrescription("therapy was stopped while it was measured")
        if any(row[0] == index and row[1] in MANAGED for row in rows):
            return
        yield Pause(LOOK)
    raise BadPrescription("the loop does not close: the program rests, waits for its window, or therapy was stopped")


def _point(index: int, amplitude_ua: int) -> Procedure[GrowthPoint]:
    qualities: list[EcapQuality] = []
    heights: list[int] = []
    for _ in range(READINGS):
        yield Pause(BETWEEN)
        for row in (yield from read_sensing()).loops:
            if row[0] == index:
                qualities.append(row[2])
                heights.append(row[3])
    if not qualities:
        raise BadPrescription("therapy ended while the growth curve was measured")
    quality = max(set(qualities), key=lambda one: (qualities.count(one), one))
    return GrowthPoint(amplitude_ua, round(median(heights)), quality)


def _part(index: int, doing: str, count: int, target_nv: int) -> Procedure[LoopPart]:
    heights: list[int] = []
    lost = 0
    for done in range(count):
        yield Progress(f"reading in {doing}", done, count)
        yield Pause(SAMPLE)
        rows = [row for row in (yield from read_sensing()).loops if row[0] == index]
        if not rows:
            raise BadPrescription(f"therapy ended while the {doing} was read")
        if rows[0][2] is EcapQuality.GOOD:
            heights.append(rows[0][3])
        else:
            lost += 1
    yield Progress(f"reading in {doing}", count, count)
    return LoopPart(tuple(heights), lost, target_nv)
