"""How long a battery lasts: the published figures that there are, and what must be so whatever the constants."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scs.cli.main import main
from scs.domain.longevity import Band, longevity
from scs.domain.power import Case, constants, draw, rail_mv
from scs.domain.profile import find_profile
from scs.domain.program import Cycling, Group, HighRate, Program, replaced
from tests.support.implants import a_group, a_program
from tests.support.sources import ROOT, text_of

REFERENCE, SENZA, PROCLAIM = find_profile("reference"), find_profile("senza"), find_profile("proclaim")
BIPOLE = {3: -1_000, 4: 1_000}


def ten_kilohertz(part: float = 1.0) -> Group:
    """The usual 10 kHz program, for a part of each 100 s."""
    program = a_program(amplitude_ua=2_500, width_us=30, shares=BIPOLE)
    cycling = None if part == 1 else Cycling(on_us=int(part * 1e8), off_us=int((1 - part) * 1e8))
    return a_group(replaced(program, waveform=HighRate(kind="high-rate", rate_mhz=10_000_000), cycling=cycling))


def burst() -> Program:
    """Eterna's nominal burst: 0.6 mA, 5 x 1 ms at 500 Hz, 40 Hz, 30 s on and 90 s off [F: Eterna manual p19]."""
    return a_program(amplitude_ua=600, width_us=1_000, ratio=None, burst=(5, 500_000), cycling=(30_000_000, 90_000_000),
                     shares=BIPOLE)  # fmt: skip


def minutes(group: Group) -> Band:
    found = longevity(group, SENZA).charging_minutes_per_day
    assert found is not None
    return found


@pytest.mark.req("FW-26")
@pytest.mark.parametrize(("part", "published", "spread"), [(1.0, 43.8, 10.9), (0.03, 8.3, 3.1)])
def test_ten_kilohertz_is_charged_as_long_a_day_as_patients_did(part: float, published: float, spread: float) -> None:
    """Average daily charge [F: Provenzano 2021]; both ends were used to calibrate the two constants."""
    assert abs(minutes(ten_kilohertz(part)).expected - published) < spread


def test_charging_is_affine_in_the_duty_with_a_part_that_does_not_vanish() -> None:
    at = {part: minutes(ten_kilohertz(part)).expected for part in (0.03, 0.14, 0.5)}
    slope = (at[0.14] - at[0.03]) / 0.11
    assert at[0.5] == pytest.approx(at[0.14] + 0.36 * slope, rel=0.01)
    assert at[0.03] - 0.03 * slope > 5


def test_an_hour_of_charging_carries_the_nominal_burst_for_three_weeks() -> None:
    """At 525 ohm, 24 h a day: at least 3 weeks [F: Eterna manual p19]."""
    found = longevity(a_group(burst()), REFERENCE, load_ohm=525).charging_minutes_per_day
    assert found is not None
    assert 60 / found.expected > 21


def test_five_minutes_a_day_are_an_hour_in_twelve_days() -> None:
    """As was said of one therapy on Intellis, both ways [F: fiercebiotech]: the estimate is linear, so it agrees."""
    found = longevity(a_group(), REFERENCE)
    assert found.days_per_charge is not None
    assert found.charging_minutes_per_day is not None
    known = constants("reference", "rechargeable")
    whole_charge_minutes = known.capacity_mah * known.usable / known.charge_ma * 60
    per_day = whole_charge_minutes / found.days_per_charge.expected
    assert per_day == pytest.approx(found.charging_minutes_per_day.expected, rel=0.02)


def test_the_two_published_figures_of_one_therapy_lie_in_the_bands_of_one_group() -> None:
    """DTM endurance: 5 minutes a day on a rechargeable implant, 5.5 to 7.5 years on a primary one [F: fiercebiotech].

    Its rates and widths are recalled, 50 Hz and 300 Hz of 150 to 170 µs [R, med-low]; 1 mA and a passive way back are
    assumed, so the figures have to lie in the bands and not at their middle.
    """
    signals = (("base", BIPOLE, 150, 50_000), ("prime", {10: -1_000, 11: 1_000}, 170, 300_000))
    group = a_group(
        *(
            a_program(name, shares=shares, amplitude_ua=1_000, width_us=width_us, rate_mhz=rate_mhz, ratio=None)
            for name, shares, width_us, rate_mhz in signals
        )
    )
    charged, replaced_in = longevity(group, find_profile("intellis")), longevity(group, PROCLAIM)
    assert charged.charging_minutes_per_day is not None
    assert charged.charging_minutes_per_day.best < 5 < charged.charging_minutes_per_day.worst
    assert replaced_in.years_to_replacement is not None
    assert replaced_in.years_to_replacement.worst < 5.5
    assert replaced_in.years_to_replacement.best > 7.5


def test_a_primary_cell_of_four_ampere_hours_lasts_ten_years_at_35_microamperes() -> None:
    """20 µA of therapy and 15 of housekeeping, self-discharge beside them: 10.4 years [C: physics 7.1]."""
    known = constants("proclaim", "primary")
    leak_ua = known.capacity_mah * 1_000 * known.self_discharge_percent_per_month * 12 / 100 / 8_766
    years = known.capacity_mah * known.usable * 1_000 / (20 + known.housekeeping_ua + leak_ua) / 8_766
    assert years == pytest.approx(10.4, rel=0.08)


def test_low_dose_therapy_of_a_primary_cell_reaches_ten_years() -> None:
    """Up to 10 years at low dose, half of the patients below 2 h a day [F: press, 2023]."""
    found = longevity(a_group(burst()), PROCLAIM, hours_per_day=6).years_to_replacement
    assert found is not None
    assert found.worst < 10 < found.best


def test_cycles_of_a_second_cost_more_than_going_on() -> None:
    steady = a_program(shares=BIPOLE)
    cycled = replaced(steady, cycling=Cycling(on_us=1_000_000, off_us=1_000_000))
    long_cycles = replaced(steady, cycling=Cycling(on_us=600_000_000, off_us=600_000_000))
    known = constants("reference", "rechargeable")
    costs = [draw(a_group(program), REFERENCE, known).total_ua for program in (long_cycles, steady, cycled)]
    assert costs == sorted(costs)
    assert costs[1] < costs[2]


@given(st.integers(100, 20_000), st.integers(0, 23), st.sampled_from([200, 500, 1_000, 2_000]))
def test_more_of_anything_never_lasts_longer(amplitude_ua: int, hours: int, load_ohm: int) -> None:
    less, more = a_program(amplitude_ua=amplitude_ua), a_program(amplitude_ua=amplitude_ua + 500)
    base = longevity(a_group(less), REFERENCE, hours, load_ohm).days_per_charge
    assert base is not None
    for found in (
        longevity(a_group(more), REFERENCE, hours, load_ohm),
        longevity(a_group(less), REFERENCE, hours + 1, load_ohm),
        longevity(a_group(less), REFERENCE, hours, 2 * load_ohm),
        longevity(a_group(less), REFERENCE, hours, load_ohm, is_sensing=True),
    ):
        assert found.days_per_charge is not None
        assert found.days_per_charge.expected <= base.expected
        assert found.days_per_charge.worst <= found.days_per_charge.expected <= found.days_per_charge.best


def test_the_rail_is_the_next_step_above_what_is_needed() -> None:
    known = constants("reference", "rechargeable")
    program = a_program(amplitude_ua=5_000, shares=BIPOLE)
    # 5 mA through 600 ohm are 3.0 V, the capacitors rise by 0.63 V, and 0.4 V are headroom.
    assert rail_mv(program, REFERENCE, known, 600) == 4_500
    assert rail_mv(a_program(amplitude_ua=50, shares=BIPOLE), REFERENCE, known, 600) == known.rail_least_mv


def test_every_constant_has_its_source_and_its_band_ascends() -> None:
    table = tomllib.loads(text_of("scs/domain/data/power.toml"))
    nested = ("profile", "cell")
    rows = [row for name, row in table.items() if name not in nested]
    rows += [row for name in nested for row in table[name].values()]
    for row in rows:
        assert any(name.endswith("source") for name in row)
        for value in row.values():
            if isinstance(value, list):
                assert value == sorted(value)
    assert constants("reference", "rechargeable", Case.WORST).efficiency == 0.60
    assert constants("reference", "rechargeable", Case.WORST).housekeeping_ua == 60


def test_the_command_prints_a_band_and_the_parts(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(ROOT / "examples" / "high-rate-10khz.toml")
    assert main(["longevity", file, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["profile"] == "senza"
    assert answer["charging_minutes_per_day"]["best"] < answer["charging_minutes_per_day"]["worst"]
    assert answer["draw"]["total_ua"] == pytest.approx(sum(answer["draw"].values()) / 2, abs=0.01)
    assert main(["longevity", file, "--hours-per-day", "2"]) == 0
    said = capsys.readouterr().out
    assert "minutes of charging a day" in said
    assert "assumed constants" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--hours-per-day", "25"], "none of 0 to 24"),
        (["--load", "0ohm"], "not above 0"),
        (["--load", "12"], "no resistance"),
        (["--profile", "nobody"], "choose one of"),
    ],
)
def test_what_makes_no_sense_is_refused(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["longevity", str(ROOT / "examples" / "tonic-default.toml"), *options]) == 2
    assert words in capsys.readouterr().err
