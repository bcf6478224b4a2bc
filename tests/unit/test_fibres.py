"""The fibre models: how well they fit, what arrays do, and that what is said of them is so."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from dataclasses import astuple

import numpy as np
import pytest

from scs.body import level
from scs.body.cable import TOGETHER, Fibres, Responses, array_thresholds_ma
from scs.body.constants import cable_constants, level_constants, reference, split
from scs.body.fitting import cable_model, document, level_model, residuals
from scs.body.validation.fibres import ANODES, MULTIPOLES, Ratio, ratio
from scs.cli.main import main
from tests.support.sources import ROOT, text_of


def test_the_constants_are_what_the_fit_finds_and_its_residuals_stand_beside_them() -> None:
    assert document() == text_of("scs/body/data/fibres.toml"), "run python -m scs.body.fitting"


def test_the_rows_held_out_are_none_of_the_fit_and_of_every_width() -> None:
    fitted, held_out = split()
    assert set(fitted).isdisjoint(held_out)
    assert set(fitted) | set(held_out) == set(reference())
    assert {row.width_ms for row in held_out} == {row.width_ms for row in reference()}
    assert len(held_out) == 20


def test_the_closed_form_is_within_three_percent_on_rows_that_it_has_never_seen() -> None:
    seen = residuals(level_model, astuple(level_constants()), split()[1])
    assert seen.rms_percent < 3
    assert seen.worst_percent < 10.5


def test_the_cable_is_within_six_percent_on_rows_that_it_has_never_seen() -> None:
    seen = residuals(cable_model, astuple(cable_constants()), split()[1])
    assert seen.rms_percent < 6
    assert seen.worst_percent < 13


def test_thresholds_are_proportional_to_the_conductivity() -> None:
    assert level.threshold_ma(10, 3, 0.2, 0.6) == pytest.approx(2 * level.threshold_ma(10, 3, 0.2, 0.3))
    fibre = Fibres.of(10.0, 0.0, 3.0)
    thin, thick = (array_thresholds_ma(fibre, [(0, 0), (0, 7)], [-1, 1], 0.2, sigma)[0] for sigma in (0.3, 0.6))
    assert thick == pytest.approx(2 * thin)


@pytest.mark.parametrize("of", [*MULTIPOLES, *ANODES])
def test_an_array_compares_with_one_cathode_as_in_the_double_cable_model(of: Ratio) -> None:
    """The fit saw single cathodes only, so every one of these is held out."""
    assert ratio(of) == pytest.approx(of.published, rel=0.12)


def test_thresholds_of_an_array_are_the_level_times_the_ratio() -> None:
    """The quick way in single precision is the slow way, contact by contact, in double."""
    fibres = Fibres.of([6.0, 10.0, 14.0], [0.5, -1.0, 0.0], [3.0, 4.0, 5.0])
    contacts, shares = [(0.0, -4.0), (0.0, 0.0), (1.0, 4.0)], [0.5, -1.0, 0.5]
    above = Fibres.of(fibres.diameter_um, 0.0, fibres.distance_mm)
    alone = Responses(above, [(0.0, 0.0)], 0.2, 1.0).thresholds_ma([-1.0])
    array = Responses(fibres, contacts, 0.2, 1.0).thresholds_ma(shares)
    slow = level.threshold_ma(fibres.diameter_um, fibres.distance_mm, 0.2, 1.0) * array / alone
    assert array_thresholds_ma(fibres, contacts, shares, 0.2, 1.0) == pytest.approx(slow, rel=1e-5)


def test_a_thicker_a_nearer_fibre_and_a_longer_pulse_need_less() -> None:
    thresholds = level.threshold_ma(np.array([6.0, 8.0, 10.0, 12.0, 14.0]), 3.0, 0.2)
    assert (np.diff(thresholds) < 0).all()
    assert (np.diff(level.threshold_ma(10.0, np.linspace(2, 6, 9), 0.2)) > 0).all()
    assert (np.diff(level.threshold_ma(10.0, 3.0, np.linspace(0.06, 1, 9))) < 0).all()


def test_fibres_together_are_as_fibres_alone() -> None:
    together = Fibres.of([6.0, 10.0, 13.0], [0.0, 1.5, -2.0], [2.5, 3.0, 4.0])
    contacts, shares = [(0.0, 0.0), (0.0, 7.0), (2.0, 3.0)], [-0.6, 1.0, -0.4]
    whole = array_thresholds_ma(together, contacts, shares, 0.3)
    for index, found in enumerate(whole):
        one = Fibres.of(*(float(values[index]) for values in astuple(together)))
        assert array_thresholds_ma(one, contacts, shares, 0.3)[0] == pytest.approx(found)


def test_many_fibres_are_worked_out_in_lots_that_fit_together() -> None:
    count = 2 * TOGETHER + 7
    values = np.linspace(5, 15, count), np.linspace(-2, 2, count), np.linspace(6, 3, count)
    contacts, shares = [(0.5, 0.0), (-1.0, 7.0)], [-1.0, 1.0]
    whole = array_thresholds_ma(Fibres.of(*values), contacts, shares, 0.2)
    assert len(whole) == count
    for index in (0, TOGETHER - 1, TOGETHER, 2 * TOGETHER - 1, 2 * TOGETHER, count - 1):
        alone = Fibres.of(*(float(each[index]) for each in values))
        assert whole[index] == pytest.approx(array_thresholds_ma(alone, contacts, shares, 0.2)[0], rel=1e-5)


def test_no_fibres_have_no_thresholds() -> None:
    assert len(array_thresholds_ma(Fibres.of([], [], []), [(0.0, 0.0)], [-1.0], 0.2)) == 0


def test_where_nothing_is_depolarised_no_current_is_enough() -> None:
    fibre = Fibres.of(10.0, 0.0, 3.0)
    assert np.isinf(Responses(fibre, [(0.0, 0.0)], 0.2).thresholds_ma([0.0])).all()
    assert np.isinf(array_thresholds_ma(fibre, [(0.0, 0.0)], [0.0], 0.2)).all()


def test_the_command_says_the_threshold_and_what_it_is_fitted_to(capsys: pytest.CaptureFixture[str]) -> None:
    said = ["body", "threshold", "--diameter", "10um", "--distance", "3mm", "--width", "200us", "--json"]
    assert main([*said, "--conductivity", "0.3"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["threshold_ma"] == pytest.approx(0.741, rel=0.03), "the reference's own row"
    assert answer["is_inside_the_fit"]
    assert "predicts nobody" in answer["note"]


def test_the_command_takes_the_array_from_a_program_file(capsys: pytest.CaptureFixture[str]) -> None:
    said = ["body", "threshold", "--diameter", "10um", "--distance", "4mm", "--width", "250us", "--json"]
    assert main([*said, "--array", str(ROOT / "examples" / "paddle-5-6-5.toml")]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer["contacts"]) == {"E2", "E3", "E4", "E8", "E9", "E13", "E14"}
    assert answer["threshold_ma"] > answer["point_cathode_ma"], "a transverse tripole costs current"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--diameter", "10"], "write a number and a unit"),
        (["--distance", "0mm"], "not above 0"),
        (["--conductivity", "wet"], "no conductivity"),
        (["--array", "examples/tonic-default.toml", "--program", "nobody"], "choose from both legs"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    change: list[str], words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    said = ["body", "threshold", "--diameter", "10um", "--distance", "3mm", "--width", "200us"]
    assert main([*said, *change]) == 2
    assert words in capsys.readouterr().err


def test_the_reference_travels_with_the_package() -> None:
    code = "from scs.body.constants import reference; print(len(reference()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "100\n"
    assert "**/*.csv" in tomllib.loads(text_of("pyproject.toml"))["tool"]["setuptools"]["package-data"]["*"]
