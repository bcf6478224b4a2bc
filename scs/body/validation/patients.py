"""Modelled patients against published ones: strength and duration, posture, level, evoked potential, 10 kHz."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from statistics import median

import numpy as np

from scs.body.anatomy import Posture, still_shift_mm
from scs.body.cable import Floats
from scs.body.ecap import growth
from scs.body.sensation import Sense, person, sensation_data
from scs.domain.lead import Implant, PluggedLead, find_lead
from scs.domain.program import ActiveRecharge, ElectrodeConfig, Program, Tonic

PATIENTS = range(1, 10)
"""Seeds; the medians of a hundred differ from those of these by less than a tenth."""
WIDTHS_US = (60, 100, 210, 400, 1_000)
TYPICAL_US = 210
LEAD = "medtronic-977a2"
"""Eight contacts, 7 mm from one to the next, the common percutaneous lead."""
POSTURES = (Posture.SUPINE, Posture.SITTING, Posture.STANDING)
LINEAR = (1.4, 2.0)
"""Where growth is called linear, over the first fibre's threshold [C: physics 3.5]."""


def bipole(width_us: int = TYPICAL_US) -> Program:
    """One cathode and the anode below it, 40 Hz."""
    return Program(
        name="bipole",
        contacts=ElectrodeConfig.of({3: -1_000, 4: 1_000}),
        amplitude_ua=3_000,
        pulse_width_us=width_us,
        recharge=ActiveRecharge(kind="active", ratio=1),
        waveform=Tonic(kind="tonic", rate_mhz=40_000),
    )


def lead_at(level: str, offset_um: int = 0) -> Implant:
    """One lead, its top at the upper edge of this vertebra."""
    row = {"port": "A", "lead": find_lead(LEAD), "level": level, "offset_um": offset_um}
    return Implant(leads=(PluggedLead.model_validate(row),))


@cache
def sense(level: str, seed: int, posture: Posture = Posture.SUPINE, width_us: int = TYPICAL_US) -> Sense:
    """A patient with that lead and that bipole."""
    return Sense(person(seed), lead_at(level), bipole(width_us), posture)


def values() -> Mapping[str, float]:
    """Medians over PATIENTS; see data/validation.toml for each."""
    rheobase_ma, chronaxie_us = _strength_duration(("T8", "T9", "T10"))
    neck = _perception_ma(("C4", "C5", "C6"))
    between = _perception_ma(("T4", "T5", "T6", "T7", "T8")) / neck
    low = ("T8", "T10", "T12")
    first_fibre_ma = median(float(sense("T8", seed, width_us=200).thresholds_ma.min()) for seed in PATIENTS)
    return {
        "rheobase": rheobase_ma,
        "chronaxie": chronaxie_us,
        "chronaxie-off": 100 * (chronaxie_us / 295 - 1),
        "supine-lower": 100 * (1 - _perception_ma(low) / _perception_ma(low, Posture.STANDING)),
        "prone-further": still_shift_mm("T11", Posture.PRONE) - still_shift_mm("T11", Posture.SUPINE),
        "level-direction": between,
        "level-size": between,
        "usage-range": median(s.discomfort_ma / s.perception_ma for s in _each(low)),
        "khz-unfelt": first_fibre_ma * sensation_data()["rate"]["high_rate_over"],
        "recruitment-foot": median(_foot(s.thresholds_ma, s.fibres.fibres.diameter_um) for s in _each(("T8",))),
        **_evoked(),
    }


def _each(where: Iterable[str], posture: Posture = Posture.SUPINE) -> list[Sense]:
    return [sense(level, seed, posture) for level in where for seed in PATIENTS]


def _perception_ma(where: Iterable[str], posture: Posture = Posture.SUPINE) -> float:
    return median(s.perception_ma for s in _each(where, posture))


def _strength_duration(where: Iterable[str]) -> tuple[float, float]:
    """Median rheobase in mA and chronaxie in us, each patient's by a line through threshold charge over width."""
    rheobases, chronaxies = [], []
    for level in where:
        for seed in PATIENTS:
            charges = [sense(level, seed, width_us=width).perception_ma * width for width in WIDTHS_US]
            slope, start = np.polyfit(WIDTHS_US, charges, 1)
            rheobases.append(float(slope))
            chronaxies.append(float(start / slope))
    return median(rheobases), median(chronaxies)


def _foot(thresholds_ma: Floats, diameter_um: Floats) -> float:
    """Where the straight part of the population's growth meets zero, over the first fibre's threshold."""
    first = float(thresholds_ma.min())
    currents = np.linspace(*LINEAR, 13) * first
    weight = diameter_um**2
    grown = [float(weight[thresholds_ma <= current].sum()) for current in currents]
    slope, start = np.polyfit(currents, grown, 1)
    return float(-start / slope / first)


def _evoked() -> dict[str, float]:
    """How the threshold of the evoked potential goes with that of perception, over patients, postures and widths."""
    evoked, felt, errors = [], [], []
    for seed in PATIENTS:
        own = [sense("T8", seed, posture, width) for posture in POSTURES for width in (100, TYPICAL_US, 400)]
        theirs = [growth(s.gap_mm, s.program.pulse_width_us).threshold_ma for s in own]
        felt += [s.perception_ma for s in own]
        evoked += theirs
        # Each person's own factor is taken from one setting, as it is in a clinic; the others are then predicted.
        factor = own[0].perception_ma / theirs[0]
        pairs = zip(own, theirs, strict=True)
        errors += [abs(factor * threshold / s.perception_ma - 1) for s, threshold in pairs][1:]
    return {
        "ecap-correlation": float(np.corrcoef(np.log(evoked), np.log(felt))[0, 1]),
        "ecap-predicts": 100 * median(errors),
    }
