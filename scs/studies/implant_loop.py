"""The implant's closed loop for thousands of stretches at once: its channel and its law in arrays, number for number.

A twin of firmware_model/sensing/ecap_channel.py and firmware_model/closed_loop.py with their constants. Given the same
potentials and the same noise it sets the same amplitude as the firmware after every pulse (a test compares). It is here
because a week has 24 million pulses, and the firmware delivers each with its interlocks and its accounts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from firmware_model.closed_loop import (
    BACK_US,
    FORGETS,
    GAP_US_MAX,
    LOST_US,
    SATURATED_DIVISOR,
    SLEW_NA,
    SLEW_UA,
    SURE_READINGS,
    SWINGS_MAX,
    LoopSetting,
)
from firmware_model.sensing.ecap_channel import (
    N1_PART,
    NOISE_UV,
    P2_PART,
    RANGE_NV,
    SIGNAL_NV_MIN,
    STEP_NV,
    artefact_of,
)
from scs.body.cable import Floats
from scs.body.long_loop import RATE_HZ, LawOf, Meant
from scs.domain.profile import find_profile
from scs.domain.status import LoopState

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
UA_PER_MA, NA_PER_UA, NV_PER_UV, US_PER_S = 1_000, 1_000, 1_000, 1_000_000
PROFILE = "evoke"
"""Whose grid of amplitudes the loop keeps: the system with a closed loop of which most is published."""
WIDTH_US = 210
"""Of the pulse, active recharge 1:1 beside it: the width that potentials are modelled for."""
CLOSED, HELD, FALLEN, HUNTING = (
    int(state) for state in (LoopState.CLOSED, LoopState.HELD, LoopState.FALLEN_BACK, LoopState.HUNTING)
)


class ImplantLoops:
    """So many loops of one setting side by side, each closed at the saved amplitude; a pulse each for every `take`."""

    def __init__(self, setting: LoopSetting, count: int, period_us: int, width_us: int, occupation_us: int) -> None:
        artefact = artefact_of(width_us, occupation_us)
        if artefact is None:
            raise ValueError(f"a pulse of {occupation_us} us blanks its own potential; shorten it")
        self.setting, self._artefact, self._period_us = setting, artefact, period_us
        self.amplitude_ua = np.full(count, setting.saved_ua, dtype=np.int64)
        self.fallbacks = np.zeros(count, dtype=np.int64)
        self.state = np.full(count, CLOSED, dtype=np.int64)
        self._current_na = self.amplitude_ua * NA_PER_UA
        self._sure, self._evidence_us, self._swing, self._swings = np.zeros((4, count), dtype=np.int64)
        self._elapsed_us = GAP_US_MAX

    @property
    def currents_ma(self) -> Floats:
        """Of the next pulse of each."""
        return np.asarray(self.amplitude_ua / UA_PER_MA)

    def take(self, height_uv: Floats, noise: Floats, is_alive: Booleans | None = None) -> None:
        """What each pulse evoked, and two draws of the standard normal for each; those not alive stay as they are."""
        kept = None if is_alive is None or is_alive.all() else (~is_alive, self._all())
        height_nv, is_good, is_saturated = self._read(height_uv, noise)
        is_there = is_good | is_saturated
        self._sure = np.where(is_there, self._sure + 1, 0)
        self._watch(is_there)
        self._take(self._wanted_na(height_nv, is_good, is_saturated))
        self._elapsed_us = min(GAP_US_MAX, self._period_us)
        if kept is not None:
            for now, before in zip(self._all(views=True), kept[1], strict=True):
                now[kept[0]] = before[kept[0]]

    def _all(self, *, views: bool = False) -> tuple[Integers, ...]:
        """Everything that a pulse changes; copies unless `views`."""
        rows = (self.amplitude_ua, self.fallbacks, self.state, self._current_na, self._sure, self._evidence_us,
                self._swing, self._swings)  # fmt: skip
        return rows if views else tuple(row.copy() for row in rows)

    def _read(self, height_uv: Floats, noise: Floats) -> tuple[Integers, Booleans, Booleans]:
        """Height in nV, whether it is a signal, whether the amplifier was at its rail."""
        current_ma = self.currents_ma
        n1_nv = _sample_nv(self._artefact.n1 * current_ma - height_uv * N1_PART + NOISE_UV * noise[0])
        p2_nv = _sample_nv(self._artefact.p2 * current_ma + height_uv * P2_PART + NOISE_UV * noise[1])
        is_saturated = (np.abs(n1_nv) == RANGE_NV) | (np.abs(p2_nv) == RANGE_NV)
        height_nv = np.where(is_saturated, 0, p2_nv - n1_nv)
        return height_nv, ~is_saturated & (height_nv >= SIGNAL_NV_MIN), is_saturated

    def _watch(self, is_there: Booleans) -> None:
        """Who has lost the potential, who has it back, who waits."""
        more, less = self._elapsed_us, FORGETS * self._elapsed_us
        is_fallen, is_hunting = self.state == FALLEN, self.state == HUNTING
        backing = np.maximum(0, self._evidence_us + np.where(is_there, more, -less))
        is_up = self.amplitude_ua >= self.setting.saved_ua
        waiting = np.where(is_up, self._evidence_us + more, self._evidence_us)
        losing = np.where(is_there, np.maximum(0, self._evidence_us - less), waiting)
        self._evidence_us = np.where(is_hunting, self._evidence_us, np.where(is_fallen, backing, losing))
        is_back = is_fallen & (backing >= BACK_US)
        is_watched = ~is_fallen & ~is_hunting
        is_lost = is_watched & (losing >= LOST_US)
        self.fallbacks += is_lost
        stays = np.where(~is_there & is_up, HELD, CLOSED)
        self.state = np.where(is_watched, stays, self.state)
        self._become(is_back, CLOSED)
        self._become(is_lost, FALLEN)

    def _wanted_na(self, height_nv: Integers, is_good: Booleans, is_saturated: Booleans) -> Integers:
        saved_na, now_na = self.setting.saved_ua * NA_PER_UA, self._current_na
        has_given_up = (self.state == FALLEN) | (self.state == HUNTING)
        error_nv = self.setting.target_nv - height_nv
        is_steered = is_good & ~has_given_up
        has_turned = ((error_nv > 0) != (self._swing > 0)) & (self._swing != 0)
        swings = has_turned & (2 * np.abs(error_nv) > self.setting.target_nv)
        counted = np.where(swings, self._swings + 1, np.maximum(0, self._swings - 1))
        self._swings = np.where(is_steered, counted, self._swings)
        self._swing = np.where(is_steered, error_nv, np.where(is_saturated & ~has_given_up, 0, self._swing))
        hunts = is_steered & (self._swings >= SWINGS_MAX)
        self.fallbacks += hunts
        self._become(hunts, HUNTING)
        steered_na = now_na + self.setting.gain_na_per_uv * error_nv // NA_PER_UA
        unsure_na = np.minimum(steered_na, np.maximum(now_na, saved_na))
        by_law_na = np.where(self._sure < SURE_READINGS, unsure_na, steered_na)
        searching_na = np.maximum(now_na, np.minimum(saved_na, now_na + SLEW_NA))
        unread_na = np.where(is_saturated, now_na // SATURATED_DIVISOR, searching_na)
        return np.where(has_given_up | hunts, saved_na, np.where(is_good, by_law_na, unread_na))

    def _take(self, wanted_na: Integers) -> None:
        setting, before_ua = self.setting, self.amplitude_ua
        wanted_na = np.minimum(wanted_na, self._current_na + SLEW_NA)
        self._current_na = np.clip(wanted_na, setting.step_ua * NA_PER_UA, setting.ceiling_ua * NA_PER_UA)
        grid_ua = self._current_na // (NA_PER_UA * setting.step_ua) * setting.step_ua
        highest_ua = before_ua + SLEW_UA // setting.step_ua * setting.step_ua
        self.amplitude_ua = np.minimum(grid_ua, highest_ua)

    def _become(self, which: Booleans, state: int) -> None:
        if which.any():
            self.state = np.where(which, state, self.state)
            for row in (self._evidence_us, self._swings, self._swing):
                row[which] = 0


class ImplantLaw:
    """The same as a law of scs.body.long_loop, with noise from a seed."""

    def __init__(self, meant: Meant, count: int, seed: int) -> None:
        profile = find_profile(PROFILE)
        step_ua = profile.amplitude.step_ua

        def on_grid(ma: float) -> int:
            """Rounded towards less."""
            return max(1, int(ma * UA_PER_MA) // step_ua) * step_ua

        saved_ua = on_grid(meant.set_ma)
        target_nv = max(1, round(meant.target_uv)) * NV_PER_UV
        gain_na_per_uv = max(1, round(meant.gain_ma_per_uv * UA_PER_MA * NA_PER_UA))
        ceiling_ua = max(saved_ua, on_grid(meant.discomfort_ma))
        setting = LoopSetting(target_nv, gain_na_per_uv, saved_ua, ceiling_ua, step_ua)
        self.loops = ImplantLoops(setting, count, US_PER_S // RATE_HZ, WIDTH_US, 2 * WIDTH_US)
        self._chance = np.random.Generator(np.random.PCG64(seed))

    @property
    def currents_ma(self) -> Floats:
        return self.loops.currents_ma

    def take(self, height_uv: Floats, is_alive: Booleans) -> None:
        self.loops.take(height_uv, self._chance.standard_normal((2, len(height_uv))), is_alive)


def implant_law(seed: int) -> LawOf:
    """The implant's own loop, as scs.body.long_loop.live asks for a law."""
    return lambda meant, count: ImplantLaw(meant, count, seed)


def _sample_nv(value_uv: Floats) -> Integers:
    """The rail comes first, then the converter's step; halves go to the even step, as in the firmware."""
    steps = np.rint(value_uv * (1_000 / STEP_NV)).astype(np.int64) * STEP_NV
    return np.where(value_uv * 1_000 >= RANGE_NV, RANGE_NV, np.where(value_uv * 1_000 <= -RANGE_NV, -RANGE_NV, steps))
