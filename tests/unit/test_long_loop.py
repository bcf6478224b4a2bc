"""Days of a closed loop: stretches side by side are one long run, and the loop does what a loop is for."""

from __future__ import annotations

import json

import numpy as np
import pytest

from scs.body.anatomy import Posture, restless_mm, shift_mm, sway_mm
from scs.body.day import DAY
from scs.body.ecap import growth, heights_uv
from scs.body.long_loop import RATE_HZ, live
from scs.body.sensation import person
from scs.cli.main import main

SHORT = ((Posture.STANDING, 0.02), (Posture.SUPINE, 0.03), (Posture.WALKING, 0.02), (Posture.SITTING, 23.93))
"""Every turn within minutes."""
SHORT_DAYS = 0.005


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_stretches_side_by_side_are_one_long_run(seed: int) -> None:
    one = live(person(seed), "T9", SHORT, SHORT_DAYS, stretches=1)
    many = live(person(seed), "T9", SHORT, SHORT_DAYS, stretches=37)
    assert sum(held.pulses for held in one.closed.values()) == round(SHORT_DAYS * 86_400 * RATE_HZ)
    assert set(one.closed) == set(many.closed) == {Posture.STANDING, Posture.SUPINE, Posture.WALKING, Posture.SITTING}
    for posture, held in one.closed.items():
        assert many.closed[posture].pulses == held.pulses
        assert many.closed[posture].off_percent == pytest.approx(held.off_percent, rel=1e-6)
        assert many.closed[posture].mean_ma == pytest.approx(held.mean_ma, rel=1e-6)
        assert many.closed[posture].inside_percent == pytest.approx(held.inside_percent, abs=1e-6)
        assert many.opened[posture].off_percent == pytest.approx(one.opened[posture].off_percent)


def test_closed_is_nearer_in_every_posture_and_less_current_lying_down() -> None:
    found = live(person(2), "T9", SHORT, SHORT_DAYS)
    for posture, held in found.closed.items():
        assert held.off_percent < found.opened[posture].off_percent
    assert found.closed[Posture.SUPINE].mean_ma < found.closed[Posture.STANDING].mean_ma
    set_ma = found.opened[Posture.SITTING].mean_ma
    assert [held.mean_ma for held in found.opened.values()] == pytest.approx([set_ma] * len(found.opened))


def test_many_moments_are_as_each_by_itself() -> None:
    at_s, since_s = np.array([0.0, 1.3, 7.77]), np.array([0.1, 0.2, 50.0])
    mean, swing, hertz = sway_mm(Posture.WALKING, "T9")
    many = mean + swing * np.sin(2 * np.pi * hertz * at_s) + restless_mm(at_s, since_s)
    for index in range(3):
        alone = shift_mm("T9", Posture.WALKING, float(at_s[index]), float(since_s[index]))
        assert many[index] == pytest.approx(alone)
    heights, thresholds = heights_uv(np.array([3.0, 4.5]), np.array([5.0, 9.0]))
    for index, (csf_mm, ma) in enumerate(((3.0, 5.0), (4.5, 9.0))):
        assert heights[index] == pytest.approx(growth(csf_mm).height_uv(ma))
        assert thresholds[index] == pytest.approx(growth(csf_mm).threshold_ma)


def test_a_day_of_other_hours_is_refused() -> None:
    with pytest.raises(ValueError, match="24 together"):
        live(person(1), "T9", DAY[:2], 1)


def test_the_command_shows_both_loops_by_posture(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["body", "week", "--days", "0.6", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {(row["posture"], row["loop"]) for row in answer["rows"]} >= {("sitting", "open"), ("walking", "closed")}
    assert "predicts nobody" in answer["note"]
    assert main(["body", "week", "--level", "T99"]) == 2
    assert "choose from C2" in capsys.readouterr().err
    assert main(["body", "week", "--days", "0"]) == 2
    assert "0.01 to" in capsys.readouterr().err
