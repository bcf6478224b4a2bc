"""How fast the modelled body is: recruitment, a week of closed loop, sweeps, cohorts and how those grow.

A row that misses its target says so. A week of closed loop is measured three times: every pulse of it under the
published law and under the twin of the implant's loop, and by the implant itself, for five minutes that are multiplied.
A cohort grows from 100 to 1,000 where each patient is set by what he feels, and to 10,000 at 10 kHz.
"""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from statistics import median

from bench.pairing import BenchRow, seconds
from firmware_model.bench import Bench
from firmware_model.device import Device, DeviceConfig
from firmware_model.store import RamMemory
from scs.body.arrays import array_of
from scs.body.cable import Fibres, Recruited, array_thresholds_ma
from scs.body.constants import reference
from scs.body.day import DAY
from scs.body.long_loop import live
from scs.body.mrg import geometry, threshold_ma
from scs.body.population import COUNT
from scs.body.sensation import Sense, person
from scs.clock import Duration, Instant
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program_file import ProgramFile, parse_program_file
from scs.domain.units import CURRENT, TIME
from scs.programmer.client import Client
from scs.studies.cohort import Arm, Cohort
from scs.studies.delivery import Setting
from scs.studies.implant_loop import implant_law
from scs.studies.runner import processes
from scs.studies.runner import run as run_parts
from scs.studies.space import Axis, parse_axis
from scs.studies.sweep import Sweep
from scs.testing.direct_link import DeviceClock, DirectLink
from scs.testing.neuron_axon import is_installed, neuron_threshold_ma

EXAMPLES = Path(__file__).parents[1] / "examples"
WEEK_S = 7 * 86_400
LOOP_S = 300
MONTH_DAYS = 30
FEW, MANY, MOST = 100, 1_000, 10_000
FEW_TIMES = 3
AXON_ROW = 47


def run(repeats: int) -> list[BenchRow]:
    """Ten rows; what takes many seconds is done once."""
    file = _file("tonic-default")
    setting = _setting(file)
    sense = Sense(person(1), setting.implant, file.group.programs[0])
    array = array_of(setting.implant, sense.program.contacts)
    below = sense.fibres.below(sense.gap_mm)
    prepared = Recruited(below, 0.21, 1.0)
    again = range(max(20, repeats))
    next_ms = 1_000 * min(seconds(lambda: prepared.thresholds_ma(array.places_mm, array.shares)) for _ in again)
    first_ms = 1_000 * min(seconds(lambda: _recruited(below, sense)) for _ in again)
    high = _file("high-rate-10khz")
    growth, high_growth = _growth(setting, file, MANY), _growth(_setting(high), high, MOST)
    week_s = seconds(lambda: live(person(1), "T9", DAY, 7))
    twin_s = seconds(lambda: live(person(1), "T9", DAY, 7, laws={"implant": implant_law(1)}))
    cohort_s = seconds(lambda: _live(setting, file, 400, 2))
    return [
        _at_most(f"{COUNT:,} fibres, one more electrode configuration", "5 ms", next_ms, 5, "ms"),
        _at_most(f"{COUNT:,} fibres, another width or distance", "5 ms", first_ms, 5, "ms"),
        _at_most("a patient-week of closed loop, every pulse", "60 s", week_s, 60, "s"),
        _at_most("the same beside the implant's own loop, in arrays", "60 s", twin_s, 60, "s"),
        _at_most("a week of closed loop by the implant, from five minutes", "60 s", _week_of_loop_s(), 60, "s"),
        _at_most("a cohort of 400 for a month, two cores", "60 s", cohort_s, 60, "s"),
        _at_most("a sweep of 100,000 programs, one core", "60 s", seconds(lambda: _sweep(setting, file)), 60, "s"),
        _at_most(f"a patient of {MANY:,}", f"a patient of {FEW}", growth, 1.1, "x"),
        _at_most(f"a patient of {MOST:,}, 10 kHz", f"a patient of {FEW}", high_growth, 1.1, "x"),
        _against_axon(first_ms),
    ]


def _against_axon(first_ms: float) -> BenchRow:
    """Beside the double-cable axon: in NEURON where it is installed, else integrated in numpy."""
    row = reference()[AXON_ROW]
    fibre, solve = geometry(row.diameter_um, row.internode_um), threshold_ma
    peer = "the MRG axon in numpy, NEURON being absent"
    if is_installed():
        solve, peer = neuron_threshold_ma, "the MRG axon in NEURON"
    theirs_s = seconds(lambda: solve(fibre, row.distance_mm, row.width_ms, row.threshold_ma))
    ratio = theirs_s / (first_ms / 1_000 / COUNT)
    ours, theirs = COUNT * 1_000 / first_ms, 1 / theirs_s
    return BenchRow("thresholds of fibres", peer, ours, theirs, "fibres/s", ratio, 10_000, higher_is_better=True)


def _file(name: str) -> ProgramFile:
    return parse_program_file(name, (EXAMPLES / f"{name}.toml").read_text(encoding="utf-8"))


def _setting(file: ProgramFile) -> Setting:
    assert file.implant is not None
    return Setting(file.implant, find_profile(file.profile_id or "reference"))


def _recruited(below: Fibres, sense: Sense) -> None:
    array = array_of(sense.implant, sense.program.contacts)
    array_thresholds_ma(below, array.places_mm, array.shares, 0.21, 1.0)


def _live(setting: Setting, file: ProgramFile, patients: int, workers: int | None) -> None:
    parts = Cohort((Arm("arm", file.group, setting),), "fbss", patients, MONTH_DAYS).parts()
    run_parts(parts, processes(workers) if workers else None, workers or 1, lambda _rows: None)


def _growth(setting: Setting, file: ProgramFile, patients: int) -> float:
    """How many times as long one of so many patients takes as one of few.

    The few are timed as often before as after, and what is usual of them counts: the best of them would be that of the
    machine's best moment, which a long run has not.
    """

    def few_s() -> list[float]:
        return [seconds(partial(_live, setting, file, FEW, None)) for _ in range(FEW_TIMES)]

    _live(setting, file, FEW, None)
    before = few_s()
    all_s = seconds(partial(_live, setting, file, patients, None))
    return all_s / patients / (median(before + few_s()) / FEW)


def _sweep(setting: Setting, file: ProgramFile) -> None:
    amplitudes = parse_axis("--amplitude", "0.05..10mA/0.05mA", CURRENT, 50)
    widths = parse_axis("--width", "60..1060us/2us", TIME, 10)
    sweep = Sweep(
        setting, file.group.programs[0], amplitudes, Axis("width", widths.values[:500]), Axis("rate", (40_000,))
    )
    assert sweep.size == 100_000
    run_parts(sweep.parts(), None, 1, lambda _rows: None)


def _week_of_loop_s() -> float:
    file = _file("closed-loop")
    setting = _setting(file)
    config = DeviceConfig("SCS-000001", setting.profile, find_policy("default"), setting.implant)
    device = Device(config, RamMemory(), random.Random(1), Instant(0))
    with Client.open(DirectLink(device), DeviceClock(device), chance=random.Random(1)) as client:
        client.write_group(0, file.group)
        client.start(0)
    bench = Bench(device)
    bench.jump(Duration.of_s(10))
    return seconds(lambda: bench.jump(Duration.of_s(LOOP_S))) * WEEK_S / LOOP_S


def _at_most(name: str, peer: str, value: float, allowed: float, unit: str) -> BenchRow:
    return BenchRow(name, peer, value, allowed, unit, value / allowed, 1.0, higher_is_better=False)
