"""The body's validation: no target is missed, what is off is said to be off, and a worse model would be found."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from scs.body.validation.everything import figures, missed
from scs.body.validation.figure import Comparison, Figure, Standing, comparisons
from scs.body.validation.loops import values as loop_values
from scs.cli.main import main

ROW = Comparison("a", "a figure", "%", 0.0, 5.0, "C", "somewhere")


@pytest.mark.slow
def test_no_target_is_missed_and_what_is_off_is_told() -> None:
    found = figures()
    assert not missed(found)
    off = {figure.comparison.id for figure in found if figure.standing is Standing.OFF}
    assert off == {"cable-rms", "chronaxie-off", "level-size", "tonic-promise"}


def test_every_figure_has_a_label_and_a_source_and_bounds_in_order() -> None:
    assert len({row.id for row in comparisons()}) == len(comparisons()) >= 25
    for row in comparisons():
        assert row.label[0] in "FRCA", row.id
        assert len(row.source) > 10, row.id
        assert row.low < row.high, row.id


@pytest.mark.parametrize(
    ("value", "is_target", "standing"),
    [
        (5.0, True, Standing.PASS),
        (5.01, True, Standing.MISSED),
        (-0.01, True, Standing.MISSED),
        (5.01, False, Standing.OFF),
        (float("nan"), True, Standing.MISSED),
    ],
)
def test_a_target_is_missed_and_a_comparison_is_off(value: float, is_target: bool, standing: Standing) -> None:
    assert Figure(replace(ROW, is_target=is_target), value).standing is standing


def test_only_a_recalled_figure_may_be_no_more_than_told_or_fitted() -> None:
    """What is recalled proves nothing, so that no target hangs on it alone."""
    for row in comparisons():
        if row.label.startswith("R"):
            assert not row.is_target or row.is_calibrated, row.id


def test_the_loop_that_is_closed_keeps_patients_within_their_window() -> None:
    found = loop_values()
    assert found["loop-window"] > found["loop-window-open"] + 10
    assert found["loop-closer"] > 3


@pytest.mark.slow
def test_the_command_says_each_figure_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["body", "validate", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["missed"] == []
    assert [figure["id"] for figure in said["figures"]] == [row.id for row in comparisons()]
    assert {"value", "low", "high", "standing", "label", "source"} <= set(said["figures"][0])
    assert main(["body", "validate"]) == 0
    out = capsys.readouterr().out
    assert "Yearwood" in out
    assert "predicts nobody" in out


def test_a_missed_target_is_exit_code_one(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    worse = tuple(Figure(row, row.high * 2 + 1) for row in comparisons())
    monkeypatch.setattr("scs.body.validation.everything.figures", lambda: worse)
    assert main(["body", "validate"]) == 1
    assert "missed" in capsys.readouterr().out
