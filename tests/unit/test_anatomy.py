"""Where the cord lies, level by level, and what posture does to it."""

from __future__ import annotations

import pytest

from scs.body.anatomy import (
    SEGMENTS,
    Posture,
    along_mm,
    level_at,
    levels,
    segment_at,
    shift_mm,
    still_shift_mm,
    tissue,
)
from scs.body.arrays import places_mm
from scs.domain.lead import Implant, PluggedLead, find_lead
from scs.errors import BadPrescription

LEVELS = list(levels())


def test_the_levels_run_from_c2_to_l2_and_each_number_has_its_source() -> None:
    names = [f"C{n}" for n in range(2, 8)] + [f"T{n}" for n in range(1, 13)] + ["L1", "L2"]
    assert names == LEVELS
    for level in levels().values():
        assert level.csf_source
        assert level.prone_source
        assert any(label in level.csf_source for label in ("[F", "[R", "[A]", "A:"))


def test_the_distance_is_least_at_the_neck_and_most_at_t5_to_t6() -> None:
    csf = {name: level.csf for name, level in levels().items()}
    assert max(csf, key=lambda name: csf[name]) in ("T5", "T6")
    assert csf["C5"] < csf["T11"] < csf["T9"] < csf["T5"]


@pytest.mark.parametrize(("level", "more"), [("T11", 2.2), ("T12", 3.4)])
def test_prone_the_cord_lies_as_much_further_away_as_was_measured(level: str, more: float) -> None:
    assert still_shift_mm(level, Posture.PRONE) == more


def test_supine_is_nearest_and_standing_further_than_sitting() -> None:
    shifts = [still_shift_mm("T9", posture) for posture in Posture if posture is not Posture.PRONE]
    assert min(shifts) == still_shift_mm("T9", Posture.SUPINE)
    assert still_shift_mm("T9", Posture.SITTING) < still_shift_mm("T9", Posture.STANDING)


def test_rest_moves_the_cord_by_breath_and_heartbeat_only() -> None:
    shifts = [shift_mm("T9", Posture.SUPINE, at_s / 100) for at_s in range(2_000)]
    assert max(abs(shift) for shift in shifts) <= 0.15
    assert sum(shifts) / len(shifts) == pytest.approx(0, abs=0.005)
    assert max(shifts) - min(shifts) > 0.2


def test_a_cough_brings_the_cord_nearer_for_a_quarter_of_a_second() -> None:
    assert shift_mm("T9", Posture.SUPINE, 0.0, 0.12) == pytest.approx(-0.7)
    assert shift_mm("T9", Posture.SUPINE, 0.0, 0.3) == shift_mm("T9", Posture.SUPINE, 0.0)


def test_a_height_is_found_at_its_level_and_the_next() -> None:
    for name, after in zip(LEVELS, [*LEVELS[1:], None], strict=True):
        assert level_at(along_mm(name) + 0.01) == name
        if after is not None:
            assert level_at(along_mm(after) - 0.01) == name
    assert level_at(-5) == "C2"
    assert level_at(10_000) == "L2"


def test_the_cord_is_shorter_than_the_spine() -> None:
    assert SEGMENTS[int(segment_at(along_mm("C5")))] == "C5"
    assert SEGMENTS[int(segment_at(along_mm("T8")))] == "T10"
    assert SEGMENTS[int(segment_at(along_mm("T11")))] == "L2"
    places = [segment_at(at) for at in range(0, 420, 3)]
    assert places == sorted(places)


def test_leads_at_two_levels_lie_as_far_apart_as_the_levels() -> None:
    lead = find_lead("medtronic-977a2")
    implant = Implant(
        leads=(
            PluggedLead(port="A", lead=lead, level="T8", offset_um=2_000),
            PluggedLead(port="B", lead=lead, level="T9", offset_um=-2_000),
        )
    )
    places = places_mm(implant)
    assert places[9][1] - places[1][1] == pytest.approx(levels()["T8"].height)
    assert (places[1][0], places[9][0]) == (2.0, -2.0)


def test_a_lead_below_the_modelled_cord_is_refused_in_words() -> None:
    lead = find_lead("medtronic-977a2")
    with pytest.raises(BadPrescription, match="L4 is below L2"):
        places_mm(Implant(leads=(PluggedLead(port="A", lead=lead, level="L4"),)))


def test_the_medium_is_lumped_and_says_so() -> None:
    assert tissue().sigma == 1.0
