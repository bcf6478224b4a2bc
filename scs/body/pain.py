"""Pain by region, and what stimulation does to it over hours and years: a patient who answers on a scale of 0 to 10.

One seed is one patient: baseline, how much each mechanism can do, placebo, whether it is lost in the end. Relief comes
and goes exponentially, in closed form, so that an hour costs what a year does. Constants and their labels stand in
data/pain.toml. It is not known why 10 kHz acts; the model is empirical there. It predicts nobody.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from math import exp, log
from random import Random
from typing import Any

from scs.body.anatomy import along_mm, levels
from scs.body.sensation import Sense
from scs.domain.program import Burst, HighRate, Program

HOURS_PER_DAY = 24
DAYS_PER_YEAR = 365.25
SCALE_MOST = 10.0
RESPONDS_FROM = 0.5
"""Half of the pain gone is what trials call a responder."""


@cache
def pain_data() -> dict[str, Any]:
    """The tables of data/pain.toml."""
    return tomllib.loads(resources.files("scs.body").joinpath("data/pain.toml").read_text(encoding="utf-8"))


def indications() -> dict[str, str]:
    """Id to name."""
    return {row["id"]: row["name"] for row in pain_data()["indication"]}


@dataclass(frozen=True, slots=True)
class Sufferer:
    """What one patient brings along."""

    seed: int
    indication: str
    baseline: Mapping[str, float]
    """Region of the body to pain without treatment, 5 to 10."""
    relief: Mapping[str, float]
    """Mechanism to the part of pain that it takes away at its best, 0 to 1."""
    placebo: float
    """Points that expecting relief takes away at first."""
    loses_after_days: float
    """When relief begins to be lost; infinite for most."""


def sufferer(indication: str, seed: int) -> Sufferer:
    """The patient of a seed; raises KeyError for an indication that there is not."""
    rows = {row["id"]: row for row in pain_data()["indication"]}
    row, base, chance = rows[indication], pain_data()["baseline"], Random(f"pain {indication} {seed}")
    shift = chance.gauss(0.0, base["sd"])
    baseline = {name: min(base["most"], max(base["least"], mean + shift)) for name, mean in row["regions"].items()}
    relief = {
        name: 1 / (1 + exp(-chance.gauss(mechanism["mu"], mechanism["sd"])))
        for name, mechanism in pain_data()["mechanism"].items()
    }
    placebo, lost = pain_data()["placebo"], pain_data()["habituation"]
    spread = (log(1 + (placebo["sd"] / placebo["mean"]) ** 2)) ** 0.5
    points = exp(chance.gauss(log(placebo["mean"]) - spread**2 / 2, spread))
    days = chance.expovariate(1 / (lost["years"] * DAYS_PER_YEAR))
    is_lost = chance.random() < lost["part"]
    return Sufferer(seed, indication, baseline, relief, points, days if is_lost else float("inf"))


def mechanism_of(program: Program) -> str:
    """The way by which a program acts: `tonic`, `burst` or `high-rate`."""
    waveform = program.waveform
    return "high-rate" if isinstance(waveform, HighRate) else "burst" if isinstance(waveform, Burst) else "tonic"


def drive(sense: Sense, amplitude_ma: float, regions: tuple[str, ...]) -> dict[str, float]:
    """How much of its best a program does in each region, 0 to 1: by coverage, or by place where nothing is felt."""
    data, mechanism = pain_data()["drive"], mechanism_of(sense.program)
    if mechanism == "high-rate":
        off_mm = sense.along_mm - (along_mm(data["sweet_level"]) + levels()[data["sweet_level"]].height / 2)
        near = exp(-((off_mm / data["sweet_sd_mm"]) ** 2) / 2)
        inside = data["high_rate_from"] <= amplitude_ma <= data["high_rate_most"]
        window = amplitude_ma**4 / (amplitude_ma**4 + data["high_rate_half"] ** 4) if inside else 0.0
        return dict.fromkeys(regions, near * window)
    over = amplitude_ma / sense.perception_ma
    if mechanism == "burst":
        window = _between(over, data["burst_from"], data["burst_full"])
        covered = sense.feel(sense.comfortable_ma).regions
    else:
        window = _between(over, 1.0, data["tonic_full_at"])
        covered = sense.feel(amplitude_ma).regions
    return {name: window * covered.get(name, 0.0) for name in regions}


def _between(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


@dataclass
class Pain:
    """The course of one patient's pain. Time runs through `pass_time`; nothing else moves it."""

    sufferer: Sufferer
    hours: float = 0.0
    analgesia: dict[str, float] = field(default_factory=dict)
    """Region to the part of pain that is gone now."""
    _mechanism: str = "tonic"
    _day: int = -1
    _mood: float = 0.0
    _chance: Random = field(default_factory=Random, repr=False)

    def __post_init__(self) -> None:
        self.analgesia = dict.fromkeys(self.sufferer.baseline, 0.0)
        self._chance = Random(f"days {self.sufferer.indication} {self.sufferer.seed}")

    def pass_time(self, hours: float, drives: Mapping[str, float] | None = None, mechanism: str = "tonic") -> None:
        """Let time pass under a drive in each region, or without stimulation when None."""
        if drives:
            self._mechanism = mechanism
        row = pain_data()["mechanism"][self._mechanism]
        # Loss of relief is slow beside a wash-in, so it may be taken at the middle of a span of days.
        best = self.sufferer.relief[self._mechanism] * self._kept(self.hours + hours / 2)
        for name, now in self.analgesia.items():
            goal = best * (drives or {}).get(name, 0.0)
            tau_h = row["on_h"] if goal > now else row["off_h"]
            self.analgesia[name] = goal + (now - goal) * exp(-hours / tau_h)
        self.hours += hours
        self._live_through_days()

    def score(self, *, believes: bool = True) -> dict[str, float]:
        """What the patient says for each region when asked, in halves of a point; asking again may give another."""
        data = pain_data()["day"]
        scores = {}
        for name, pain in self.true_score(believes=believes).items():
            said = pain + self._mood + self._chance.gauss(0.0, data["answer_sd"])
            scores[name] = round(2 * min(SCALE_MOST, max(0.0, said))) / 2
        return scores

    def true_score(self, *, believes: bool = True) -> dict[str, float]:
        """The same without the day's mood and without the noise of an answer."""
        expected = self._expected() if believes else 0.0
        return {
            name: min(SCALE_MOST, max(0.0, pain * (1 - self.analgesia[name]) - expected))
            for name, pain in self.sufferer.baseline.items()
        }

    def relief(self, region: str) -> float:
        """The part of the baseline that is gone, -1 to 1."""
        return 1 - self.true_score()[region] / self.sufferer.baseline[region]

    def _expected(self) -> float:
        data = pain_data()["placebo"]
        left = data["floor"] + (1 - data["floor"]) * exp(-self.hours / HOURS_PER_DAY / data["days"])
        return float(self.sufferer.placebo * left)

    def _kept(self, hours: float) -> float:
        """The part of the best relief that is left by then."""
        data, late = pain_data()["habituation"], hours / HOURS_PER_DAY - self.sufferer.loses_after_days
        if late <= 0:
            return 1.0
        return float(1 - data["loses"] * (1 - exp(-late / (data["within_years"] * DAYS_PER_YEAR))))

    def _live_through_days(self) -> None:
        """A mood that is much like that of the day before; a long span ends in one drawn anew."""
        data, today = pain_data()["day"], int(self.hours / HOURS_PER_DAY)
        for _ in range(min(30, today - self._day)):
            step = data["sd"] * (1 - data["keeps"] ** 2) ** 0.5
            self._mood = data["keeps"] * self._mood + self._chance.gauss(0.0, step)
        self._day = today
