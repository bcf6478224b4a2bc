"""Days of a closed loop in a body that turns, breathes, walks and coughs, every pulse of them, beside the open loop.

A loop that is stable forgets where it began within seconds. So the days are cut into thousands of stretches that are
lived side by side, each from a little before its beginning; what comes out is that of one long run (a test compares).
The law is the published one (physics 4.3), on a potential without noise; the implant's own, with its channel, lives
through the same body where scs/studies/implant_loop.py hands it in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scs.body.anatomy import Floats, Posture, levels, restless_mm, sway_mm
from scs.body.day import HOURS_PER_DAY
from scs.body.ecap import growth, heights_uv
from scs.body.sensation import Person

SECONDS_PER_DAY = 86_400
SECONDS_PER_HOUR = 3_600
RATE_HZ = 40
STRETCHES = 8_192
FORGETS_S = 20.0
"""How long before its beginning a stretch is begun: eight hundred pulses, each of which takes back a tenth or more."""
LOOP_GAIN = 0.3
"""Part of the error that one pulse takes back at the slope lying on the back [C: physics 4.3, 0.2 to 0.5]."""
SLEW_MA = 0.1
"""The most that the current rises from one pulse to the next [physics 4.3]."""
COUGHS_A_DAY = 60
"""Of a healthy person, and more of others [A]."""
LEAST_GAP_MM = 0.3
"""The cord comes no nearer to the dura [A]."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a loop did in one posture."""

    pulses: int
    off_percent: float
    """Mean deviation of the potential from its target, in percent of the target."""
    inside_percent: float
    """Pulses between the thresholds of perception and discomfort."""
    mean_ma: float


@dataclass(frozen=True, slots=True)
class Meant:
    """What a loop is set to, comfortably while standing."""

    set_ma: float
    target_uv: float
    gain_ma_per_uv: float
    discomfort_ma: float
    """While standing: what a patient lets be raised to."""


class Law(Protocol):
    """Sets the amplitude of many loops side by side, from what each pulse evoked."""

    @property
    def currents_ma(self) -> Floats:
        """Of the next pulse of each."""

    def take(self, height_uv: Floats, is_alive: NDArray[np.bool_]) -> None:
        """What each pulse evoked; whoever is not alive stays as he is."""


LawOf = Callable[[Meant, int], Law]
"""So many loops that are set to this."""


@dataclass(frozen=True, slots=True)
class LongLoop:
    """Some days, by posture."""

    opened: dict[Posture, Held]
    closed: dict[Posture, Held]
    others: dict[str, dict[Posture, Held]]
    """The same days under other laws."""


class PublishedLaw:
    """The law of physics 4.3 on a potential without noise: the error times a gain, never up by more than the slew."""

    def __init__(self, meant: Meant, count: int) -> None:
        self._meant = meant
        self._currents_ma = np.full(count, meant.set_ma)

    @property
    def currents_ma(self) -> Floats:
        return self._currents_ma

    def take(self, height_uv: Floats, is_alive: NDArray[np.bool_]) -> None:
        change = np.minimum(SLEW_MA, self._meant.gain_ma_per_uv * (self._meant.target_uv - height_uv))
        self._currents_ma = np.where(is_alive, np.maximum(0.0, self._currents_ma + change), self._currents_ma)


def live(
    who: Person,
    level: str,
    day: Sequence[tuple[Posture, float]],
    days: float,
    *,
    stretches: int = STRETCHES,
    laws: Mapping[str, LawOf] = MappingProxyType({}),
) -> LongLoop:
    """Live so many days, each of them these (posture, hours) in turn, 24 hours together; set comfortably standing.

    `stretches` 1 lives them in one run; the same person gives the same coughs. `laws` live through the same body beside
    the published one. Raises ValueError for another day.
    """
    if abs(sum(hours for _, hours in day) - HOURS_PER_DAY) > 1e-9:
        raise ValueError(f"a day of {sum(hours for _, hours in day):g} hours; its hours are 24 together")
    course = _Course(who, level, day, days)
    pulses = round(days * SECONDS_PER_DAY * RATE_HZ)
    stretches = min(stretches, pulses)
    starts = np.arange(stretches) * pulses // stretches
    lengths = np.diff(np.append(starts, pulses))
    running = {name: law(course.meant, stretches) for name, law in {"": PublishedLaw, **laws}.items()}
    sums = {name: _Sums(len(course.postures), course) for name in ("open", *running)}
    before = round(FORGETS_S * RATE_HZ) if stretches > 1 else 0
    for step in range(-before, int(lengths.max())):
        at = starts + step
        # The first stretch has no time before it: it waits at the amplitude that was set.
        is_alive = (at >= 0) & (step < lengths)
        posture, csf_mm = course.at(np.maximum(at, 0) / RATE_HZ)
        if step >= 0:
            height_uv, threshold_ma = heights_uv(csf_mm, course.meant.set_ma)
            sums["open"].add(is_alive, posture, height_uv, threshold_ma, np.full(stretches, course.meant.set_ma))
        for name, law in running.items():
            currents_ma = law.currents_ma
            height_uv, threshold_ma = heights_uv(csf_mm, currents_ma)
            if step >= 0:
                sums[name].add(is_alive, posture, height_uv, threshold_ma, currents_ma)
            law.take(height_uv, is_alive)
    held = {name: one.result() for name, one in sums.items()}
    return LongLoop(held.pop("open"), held.pop(""), held)


class _Course:
    """The body through the days, and what the loop is set to."""

    def __init__(self, who: Person, level: str, day: Sequence[tuple[Posture, float]], days: float) -> None:
        self.postures = tuple(dict.fromkeys(posture for posture, _ in day))
        self._csf_mm = levels()[level].csf * who.csf
        self._sways = np.asarray([sway_mm(posture, level) for posture in self.postures])
        self._ends_s = np.cumsum([hours * SECONDS_PER_HOUR for _, hours in day])
        self._which = np.asarray([self.postures.index(posture) for posture, _ in day])
        chance = Random(f"coughs {who.seed}")
        count = round(COUGHS_A_DAY * days)
        # One long ago, so that there always was one.
        drawn = sorted(chance.uniform(0, days * SECONDS_PER_DAY) for _ in range(count))
        self._coughs_s = np.asarray([-SECONDS_PER_DAY, *drawn])
        standing = growth(self._csf_mm + sway_mm(Posture.STANDING, level)[0])
        set_ma = standing.threshold_ma * who.comfortable
        gain = LOOP_GAIN / growth(self._csf_mm).slope_uv_per_ma
        self.meant = Meant(set_ma, standing.height_uv(set_ma), gain, standing.threshold_ma * who.discomfort)
        self.discomfort = who.discomfort

    def at(self, at_s: Floats) -> tuple[Floats, Floats]:
        """The posture's number and the distance from dura to cord, at each moment."""
        spell = np.searchsorted(self._ends_s, at_s % SECONDS_PER_DAY, side="right")
        posture = self._which[np.minimum(spell, len(self._which) - 1)]
        shift, swing, hertz = self._sways[posture].T
        since_s = at_s - self._coughs_s[np.searchsorted(self._coughs_s, at_s, side="right") - 1]
        moved = shift + swing * np.sin(2 * np.pi * hertz * at_s) + restless_mm(at_s, since_s)
        return posture, np.maximum(LEAST_GAP_MM, self._csf_mm + moved)


class _Sums:
    """Sums by posture over all pulses of one law."""

    def __init__(self, postures: int, course: _Course) -> None:
        self._course, self._postures = course, postures
        self._sums = np.zeros((4, postures))

    def add(
        self, is_alive: NDArray[np.bool_], posture: Floats, height_uv: Floats, threshold_ma: Floats, ma: Floats
    ) -> None:
        course, highest_ma = self._course, threshold_ma * self._course.discomfort
        which = posture[is_alive].astype(np.int64)
        columns = (
            np.ones_like(ma),
            np.abs(height_uv - course.meant.target_uv),
            (threshold_ma <= ma) & (ma <= highest_ma),
            ma,
        )
        for index, column in enumerate(columns):
            self._sums[index] += np.bincount(which, column[is_alive], self._postures)

    def result(self) -> dict[Posture, Held]:
        found = {}
        for index, posture in enumerate(self._course.postures):
            pulses, off, inside, ma = (float(value) for value in self._sums[:, index])
            if pulses:
                scale = 100 / pulses
                off_percent = off * scale / self._course.meant.target_uv
                found[posture] = Held(round(pulses), off_percent, inside * scale, ma / pulses)
        return found
