"""The closed loop: from what one pulse evoked to the amplitude of the next. Whole numbers, no clock, no chance.

    I[n+1] = I[n] + gain · (target - potential)

Never above the ceiling, never up by more than the slew from one pulse to the next, down as far as the law says. What
cannot be read makes nothing larger: an amplifier at its rail takes the current down, a lost potential holds it, and a
second later the saved amplitude stands again, in open loop [F and project: physics facts 4.3].
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware_model.sensing.ecap_channel import EcapReading
from scs.domain.status import EcapQuality, LoopState

SLEW_NA = 100_000
"""The most that the current rises from one pulse to the next: 0.1 mA [physics 4.3]."""
SLEW_UA = SLEW_NA // 1_000
LOST_US = 1_000_000
"""A potential that is missing so long where there should be one is lost [physics 4.3]."""
BACK_US = 2_000_000
"""A potential that is there so long after it was lost is back; the dwell time of a posture [project: H11]."""
GAP_US_MAX = 100_000
"""What counts of the time between two pulses, the period at 10 Hz: a pause is no lost potential."""
SURE_READINGS = 3
"""So many potentials in a row are a signal; one alone may be noise, and noise is no reason to rise above the saved
amplitude."""
FORGETS = 4
"""Each microsecond with the opposite evidence takes back so many."""
SATURATED_DIVISOR = 2
"""An amplifier at its rail halves the current from pulse to pulse [project]."""
SWINGS_MAX = 20
"""After so many swings to and fro, each by more than half of the target, the loop hunts [project: H11]."""
_OPEN, _CLOSED, _HELD = LoopState.OPEN, LoopState.CLOSED, LoopState.HELD
_FALLEN_BACK, _HUNTING = LoopState.FALLEN_BACK, LoopState.HUNTING
_GOOD, _SATURATED = EcapQuality.GOOD, EcapQuality.SATURATED
"""Asked for at each pulse: a name of this module is found five times as fast as a member of its enum."""


@dataclass(frozen=True, slots=True)
class LoopSetting:
    """What one loop is to do. Currents in µA, on the grid of `step_ua`."""

    target_nv: int
    gain_na_per_uv: int
    saved_ua: int
    """The committed amplitude: where the loop begins and what it falls back to."""
    ceiling_ua: int
    """Never above: the patient's highest, or less where a rule says so."""
    step_ua: int

    def __post_init__(self) -> None:
        assert 0 < self.step_ua <= SLEW_UA, "a step of the grid is no more than the slew"
        assert self.step_ua <= self.saved_ua <= self.ceiling_ua, "the saved amplitude is a pulse and below the ceiling"
        assert self.saved_ua % self.step_ua == 0, "the saved amplitude is on its grid"
        assert self.ceiling_ua % self.step_ua == 0, "the ceiling is on its grid"
        assert self.target_nv > 0, "a target is a potential"
        assert self.gain_na_per_uv > 0, "a gain of nothing closes no loop"


class ClosedLoop:
    """One program's loop while it is closed. The floor is one step of the grid, so that there is a pulse to read."""

    def __init__(self, setting: LoopSetting) -> None:
        self.setting = setting
        self.state = LoopState.OPEN
        self.latest = EcapReading(EcapQuality.NONE)
        self.fallbacks = 0
        """How often the saved amplitude had to stand in since the loop was made."""
        self._amplitude_ua = setting.saved_ua
        self._current_na = setting.saved_ua * 1_000
        """What the law works with: the part of a step that is not delivered yet is kept."""
        self._at_us: int | None = None
        self._sure = 0
        self._evidence_us = 0
        self._swing = 0
        self._swings = 0

    @property
    def amplitude_ua(self) -> int:
        """Of the next pulse."""
        return self._amplitude_ua

    def close(self) -> None:
        """Take over at the saved amplitude."""
        self._amplitude_ua, self._current_na = self.setting.saved_ua, self.setting.saved_ua * 1_000
        self._sure, self._at_us = 0, None
        self._become(LoopState.CLOSED)

    def open(self) -> None:
        """Somebody else sets the amplitude from now on."""
        self.state = LoopState.OPEN

    def next_ua(self, reading: EcapReading, at_us: int) -> int:
        """The amplitude of the next pulse, from the reading of the one that began at `at_us`."""
        state = self.state
        assert state is not _OPEN, "an open loop sets nothing"
        before_us, self._at_us, self.latest = self._at_us, at_us, reading
        quality = reading.quality
        is_there = quality is _GOOD or quality is _SATURATED
        self._sure = self._sure + 1 if is_there else 0
        if state is not _CLOSED or not is_there or self._evidence_us:
            # A closed loop that hears what it should, and missed nothing, has nothing to count.
            elapsed_us = GAP_US_MAX if before_us is None else at_us - before_us
            if not 0 <= elapsed_us <= GAP_US_MAX:
                elapsed_us = GAP_US_MAX if elapsed_us > 0 else 0
            self._weigh(is_there, elapsed_us)
        wanted_na, highest_na = self._wanted_na(quality, reading.height_nv), self._current_na + SLEW_NA
        self._take(wanted_na if wanted_na < highest_na else highest_na)
        return self._amplitude_ua

    def _weigh(self, is_there: bool, elapsed_us: int) -> None:
        """Count the time with and without a potential: a lost one is given up, and one that is back is taken up."""
        if self.state is not _FALLEN_BACK:
            self._watch_for_loss(is_there, elapsed_us)
            return
        self._evidence_us = max(0, self._evidence_us + (elapsed_us if is_there else -FORGETS * elapsed_us))
        if self._evidence_us >= BACK_US:
            self._become(LoopState.CLOSED)

    def _wanted_na(self, quality: EcapQuality, height_nv: int) -> int:
        setting, state = self.setting, self.state
        saved_na = setting.saved_ua * 1_000
        if state is _FALLEN_BACK or state is _HUNTING:
            # The saved amplitude stands in.
            return saved_na
        if quality is _SATURATED:
            self._swing = 0
            return self._current_na // SATURATED_DIVISOR
        if quality is not _GOOD:
            # Up to where the potential should be seen, and there it waits.
            return max(self._current_na, min(saved_na, self._current_na + SLEW_NA))
        error_nv = setting.target_nv - height_nv
        if self._is_hunting(error_nv):
            self.fallbacks += 1
            self._become(LoopState.HUNTING)
            return saved_na
        wanted_na = self._current_na + setting.gain_na_per_uv * error_nv // 1_000
        if self._sure < SURE_READINGS:
            return min(wanted_na, max(self._current_na, saved_na))
        return wanted_na

    def _watch_for_loss(self, is_there: bool, elapsed_us: int) -> None:
        """Count the time without a potential, but only where there should be one."""
        if self.state is _HUNTING:
            return
        if is_there:
            evidence_us = self._evidence_us - FORGETS * elapsed_us
            self._evidence_us = evidence_us if evidence_us > 0 else 0
        elif self._amplitude_ua >= self.setting.saved_ua:
            self._evidence_us += elapsed_us
        if self._evidence_us >= LOST_US:
            self.fallbacks += 1
            self._become(LoopState.FALLEN_BACK)
        else:
            is_held = not is_there and self._amplitude_ua >= self.setting.saved_ua
            self.state = _HELD if is_held else _CLOSED

    def _is_hunting(self, error_nv: int) -> bool:
        is_large = 2 * abs(error_nv) > self.setting.target_nv
        has_turned = (error_nv > 0) != (self._swing > 0) and self._swing != 0
        self._swing = error_nv
        if is_large and has_turned:
            self._swings += 1
        else:
            self._swings -= self._swings > 0
        return self._swings >= SWINGS_MAX

    def _become(self, state: LoopState) -> None:
        self.state, self._evidence_us, self._swings, self._swing = state, 0, 0, 0

    def _take(self, wanted_na: int) -> None:
        setting, before_ua = self.setting, self._amplitude_ua
        step_ua, ceiling_ua = setting.step_ua, setting.ceiling_ua
        least_na, most_na = step_ua * 1_000, ceiling_ua * 1_000
        if not least_na <= wanted_na <= most_na:
            wanted_na = least_na if wanted_na < least_na else most_na
        self._current_na = wanted_na
        amplitude_ua = wanted_na // least_na * step_ua
        # A remainder below a step may have gathered before: on the grid, too, nothing rises by more than the slew.
        highest_ua = before_ua + SLEW_UA // step_ua * step_ua
        if amplitude_ua > highest_ua:
            amplitude_ua = highest_ua
        # If this is not true, a body that misleads the sensor gets more than anybody agreed to.
        assert amplitude_ua <= ceiling_ua, "a loop is never above its ceiling"
        assert amplitude_ua - before_ua <= SLEW_UA, "a loop never rises faster than its slew"
        assert amplitude_ua >= step_ua, "a loop keeps a pulse to read by"
        self._amplitude_ua = amplitude_ua
