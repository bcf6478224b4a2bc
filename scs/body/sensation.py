"""What a patient would feel of a program: thresholds in mA, how strong, and where on the body.

Fibres of the dorsal columns give paraesthesia in the dermatomes that they come from; dorsal roots give bands that hurt
soon. Distances follow posture and the person; impedances never do. Every constant stands in data/sensation.toml with
its label. The models are fitted to another model and assumed: they predict nobody.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import resources
from random import Random

import numpy as np

from scs.body.anatomy import SEGMENTS, Posture, along_mm, level_at, levels, segment_at, still_shift_mm, tissue
from scs.body.arrays import Array, array_of
from scs.body.body_map import regions
from scs.body.cable import Fibres, Floats, array_thresholds_ma
from scs.body.coverage import Coverage
from scs.body.population import LEFT, RIGHT, Population, population
from scs.domain.lead import Implant
from scs.domain.program import Burst, HighRate, Program

MILLI = 1_000
ROOTS_AROUND = 3
"""Segments above and below the strongest cathode whose roots can be reached: beyond, the threshold is tenfold."""
STRENGTHS = (0.0, 2.0, 5.0, 8.0, 10.0)
"""How strong it is at nothing, perception, comfortable, discomfort and half as much again: a scale of 0 to 10 [A]."""


@cache
def sensation_data() -> dict[str, dict[str, float]]:
    """The tables of data/sensation.toml."""
    return tomllib.loads(resources.files("scs.body").joinpath("data/sensation.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Person:
    """What is this patient's own and does not change with posture or program."""

    seed: int
    csf: float
    """Thickness of the fluid over that of the mean patient."""
    midline_mm: float
    """Where the cord's midline lies beside that of the spine, to the left positive."""
    root: float
    """Threshold of a dorsal root over that of the columns 3 mm beside the midline."""
    comfortable: float
    """Over the perception threshold, as the next two."""
    discomfort: float
    motor: float


def person(seed: int) -> Person:
    """The patient of a seed: the same seed is the same person."""
    chance, spread = Random(f"person {seed}"), sensation_data()["spread"]
    csf = min(spread["csf_most"], max(spread["csf_least"], chance.gauss(1.0, spread["csf_sd"])))
    is_off = chance.random() < spread["off_midline_part"]
    most = spread["off_midline_most"]
    discomfort = chance.triangular(spread["discomfort_least"], spread["discomfort_most"], spread["discomfort_mode"])
    comfortable = chance.uniform(spread["comfortable_least"], spread["comfortable_most"])
    return Person(
        seed,
        csf,
        chance.uniform(-most, most) if is_off else 0.0,
        chance.uniform(spread["root_least"], spread["root_most"]),
        # Who hurts early is comfortable below that.
        min(comfortable, (1 + discomfort) / 2),
        discomfort,
        max(discomfort, chance.uniform(spread["motor_least"], spread["motor_most"])),
    )


def typical() -> Person:
    """Nobody: the middle of what persons are drawn from, for what a program does to an average body."""
    spread = sensation_data()["spread"]
    return Person(
        0,
        1.0,
        0.0,
        (spread["root_least"] + spread["root_most"]) / 2,
        (spread["comfortable_least"] + spread["comfortable_most"]) / 2,
        spread["discomfort_mode"],
        (spread["motor_least"] + spread["motor_most"]) / 2,
    )


@dataclass(frozen=True, slots=True)
class Root:
    """One dorsal root in reach of the contacts."""

    segment: int
    side: int
    threshold_ma: float


@dataclass(frozen=True, slots=True)
class Felt:
    """What is felt at one amplitude."""

    strength: float
    """0 to 10: 2 at the perception threshold, 5 comfortable, 8 at discomfort."""
    regions: Mapping[str, float]
    """Region to 0…1, the ones that somebody would name."""
    bands: Mapping[str, float]
    """The same for what comes from roots: bands around the trunk, or pulls in a limb."""
    is_painful: bool
    is_motor: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """All that the fibres below a lead depend on."""

    level: str
    along_mm: float
    seed: int
    gap_mm: float
    midline_mm: float


@lru_cache(maxsize=16)
def _columns_ma(place: _Place, array: Array, width_ms: float) -> Floats:
    """Thresholds of the fibres, kept for whoever asks at another amplitude, rate or posture of the same distance."""
    below = population(place.level, place.along_mm, place.seed).below(place.gap_mm)
    fibres = Fibres(below.diameter_um, below.beside_mm + place.midline_mm, below.distance_mm)
    found = array_thresholds_ma(fibres, array.places_mm, array.shares, width_ms, tissue().sigma)
    found.flags.writeable = False
    return found


@dataclass(frozen=True)
class Sense:
    """One person with one program in one posture; thresholds are worked out once."""

    person: Person
    implant: Implant
    program: Program
    posture: Posture = Posture.SUPINE
    extra_gap_mm: float = 0.0
    """What a breath, a heartbeat or a cough adds to the distance just now; negative is nearer."""

    @cached_property
    def along_mm(self) -> float:
        """The height of the strongest cathode below the upper edge of C2."""
        array = array_of(self.implant, self.program.contacts)
        known = [along_mm(lead.level) for lead in self.implant.leads if lead.level is not None]
        return min(known, default=along_mm("T8")) + array.places_mm[array.strongest_cathode][1]

    @property
    def level(self) -> str:
        """The vertebra at that height."""
        return level_at(self.along_mm)

    @cached_property
    def gap_mm(self) -> float:
        """From the dura to the cord in this posture."""
        still = levels()[self.level].csf * self.person.csf + still_shift_mm(self.level, self.posture)
        return max(0.3, still + self.extra_gap_mm)

    @cached_property
    def fibres(self) -> Population:
        return population(self.level, self.along_mm, self.person.seed)

    @cached_property
    def thresholds_ma(self) -> Floats:
        """Of each fibre of the population, in mA of the program's amplitude."""
        place = _Place(self.level, self.along_mm, self.person.seed, self.gap_mm, self.person.midline_mm)
        array = array_of(self.implant, self.program.contacts)
        return self._at_rate(_columns_ma(place, array, self._width_ms))

    @cached_property
    def roots(self) -> tuple[Root, ...]:
        """The dorsal roots in reach, of both sides."""
        data = sensation_data()["root"]
        here = segment_at(self.along_mm)
        distance = self.gap_mm + tissue().lead_radius
        sides = (LEFT, RIGHT)
        beside = np.asarray([side * tissue().root + self.person.midline_mm for side in sides])
        reached = self._array_ma(Fibres.of(data["diameter_um"], beside, distance)) * self.person.root
        found = []
        for segment in range(max(0, round(here) - ROOTS_AROUND), min(len(SEGMENTS), round(here) + ROOTS_AROUND + 1)):
            # A segment of the cord is about as high as its reach; further roots are further away.
            off_mm = (segment - here) * data["reach_mm"]
            local = 1 + (off_mm / data["reach_mm"]) ** 2
            found += [Root(segment, side, float(ma) * local) for side, ma in zip(sides, reached, strict=True)]
        return tuple(found)

    @cached_property
    def perception_ma(self) -> float:
        """The amplitude from which something is felt; infinite where the rate lets nothing be felt."""
        if self._is_unfelt:
            return float("inf")
        return float(self.thresholds_ma.min()) * sensation_data()["perception"]["over_first_fibre"]

    @property
    def comfortable_ma(self) -> float:
        return self.perception_ma * self.person.comfortable

    @cached_property
    def discomfort_ma(self) -> float:
        """Where it becomes too strong, or the first root hurts."""
        if self._is_unfelt:
            return float("inf")
        hurting = min(root.threshold_ma for root in self.roots) * sensation_data()["root"]["hurts_over"]
        return max(self.perception_ma, min(self.perception_ma * self.person.discomfort, hurting))

    @property
    def motor_ma(self) -> float:
        return self.perception_ma * self.person.motor

    def feel(self, amplitude_ma: float) -> Felt:
        """What is felt at an amplitude in mA."""
        if amplitude_ma < self.perception_ma:
            return Felt(0.0, {}, {}, is_painful=False, is_motor=False)
        named_from, full = sensation_data()["region"]["named_from"], sensation_data()["region"]["full_part"]
        fired = self._coverage.parts(amplitude_ma)
        rows = zip(regions().items(), fired, strict=True)
        covered = {name: min(1.0, float(part) * region.fibres / full) for (name, region), part in rows}
        bands = {name: min(1.0, max(0.0, amplitude_ma / ma - 1) / 0.5) for name, ma in self._band_ma.items()}
        return Felt(
            self._strength(amplitude_ma),
            {name: part for name, part in covered.items() if part >= named_from},
            {name: part for name, part in bands.items() if part >= named_from},
            is_painful=amplitude_ma >= self.discomfort_ma,
            is_motor=amplitude_ma >= self.motor_ma,
        )

    # ------------------------------------------------------------------------------------------------------ within

    @property
    def _is_unfelt(self) -> bool:
        return self.program.waveform.rate_mhz / MILLI >= sensation_data()["rate"]["unfelt_hz"]

    @property
    def _width_ms(self) -> float:
        """Of one pulse: a burst's threshold is that of its single pulse [C: physics 3.6]."""
        return self.program.pulse_width_us / MILLI

    def _array_ma(self, fibres: Fibres) -> Floats:
        array = array_of(self.implant, self.program.contacts)
        return self._at_rate(array_thresholds_ma(fibres, array.places_mm, array.shares, self._width_ms, tissue().sigma))

    def _at_rate(self, thresholds_ma: Floats) -> Floats:
        return thresholds_ma * sensation_data()["rate"]["high_rate_over"] if self._is_unfelt else thresholds_ma

    @cached_property
    def _coverage(self) -> Coverage:
        return Coverage(self.fibres, self.thresholds_ma)

    @cached_property
    def _band_ma(self) -> Mapping[str, float]:
        """Region to the lowest threshold of a root that reaches it."""
        found: dict[str, float] = {}
        for name, region in regions().items():
            own = [r for r in self.roots if r.segment in region.segments and region.side in (0, r.side)]
            if own:
                found[name] = min(root.threshold_ma for root in own)
        return found

    def _strength(self, amplitude_ma: float) -> float:
        edges = (0.0, self.perception_ma, self.comfortable_ma, self.discomfort_ma, 1.5 * self.discomfort_ma)
        plain = float(np.interp(amplitude_ma, edges, STRENGTHS))
        return min(STRENGTHS[-1], plain * self._rate_gain)

    @property
    def _rate_gain(self) -> float:
        data, waveform = sensation_data()["rate"], self.program.waveform
        rate_hz = waveform.rate_mhz / MILLI
        if isinstance(waveform, Burst | HighRate) or rate_hz <= data["flat_hz"]:
            return 1.0
        part = min(1.0, (rate_hz - data["flat_hz"]) / (data["top_hz"] - data["flat_hz"]))
        return 1 + part * (data["top_gain"] - 1)
