"""The field along the cord: where a fibre is driven, which fibres fire, and the picture of both on a small terminal."""

from __future__ import annotations

import pytest

from programmer_tui.presentation_field import activating_lines, field_lines
from scs.body.anatomy import Posture
from scs.body.field import AlongTheCord, Recruited, along_the_cord, recruited
from scs.body.sensation import Sense, typical
from scs.body.validation.patients import bipole, lead_at
from scs.domain.program import HighRate, Program, replaced


def sense(program: Program | None = None, posture: Posture = Posture.SUPINE) -> Sense:
    return Sense(typical(), lead_at("T8"), program or bipole(), posture)


def test_a_fibre_is_driven_most_below_the_cathode_and_held_back_below_the_anode() -> None:
    along = along_the_cord(sense(), 4.0)
    place = {name: where for name, where, _ in along.contacts}
    most = along.places_mm[along.activating_mv.index(max(along.activating_mv))]
    least = along.places_mm[along.activating_mv.index(min(along.activating_mv))]
    assert abs(most - place["E3"]) < 2.0
    assert abs(least - place["E4"]) < 2.0
    assert min(along.potential_mv) < 0 < max(along.potential_mv)


def test_the_field_is_linear_in_the_amplitude_and_weaker_while_standing() -> None:
    weak, strong = (along_the_cord(sense(), ma) for ma in (2.0, 4.0))
    assert max(strong.activating_mv) == pytest.approx(2 * max(weak.activating_mv))
    assert max(along_the_cord(sense(posture=Posture.STANDING), 2.0).activating_mv) < max(weak.activating_mv)


def test_more_fibres_fire_with_more_current_and_each_is_counted_where_it_lies() -> None:
    here = sense()
    assert recruited(here, 0.5 * here.perception_ma).fired == 0
    found = recruited(here, here.discomfort_ma)
    assert found.fired == int((here.thresholds_ma <= here.discomfort_ma).sum()) > 0
    parts = [part for row in found.cells for part in row if part is not None]
    assert 0 < sum(parts) / len(parts) < 1
    assert recruited(here, 100.0).fired == found.of
    assert list(found.grown) == sorted(found.grown)
    assert found.segments[0][1] >= found.segments[-1][1] > 0


def test_at_ten_kilohertz_the_picture_says_that_nothing_is_felt() -> None:
    high = replaced(bipole(30), waveform=HighRate(kind="high-rate", rate_mhz=10_000_000))
    here = sense(high)
    found = recruited(here, 2.5)
    assert found.fired == 0
    assert "nothing is felt" in "\n".join(field_lines(here, 2.5, along_the_cord(here, 2.5), found))


@pytest.mark.parametrize("amplitude_ma", [0.0, 4.0, 25.5])
def test_the_whole_picture_fits_on_a_small_terminal(amplitude_ma: float) -> None:
    here = sense()
    lines = field_lines(here, amplitude_ma, along_the_cord(here, amplitude_ma), recruited(here, amplitude_ma))
    assert len(lines) <= 18
    assert max(map(len, lines)) <= 78


def test_contacts_and_vertebrae_stand_where_they_lie_with_their_sign() -> None:
    places = tuple(float(mm) for mm in range(9))
    driven = (0.0, -0.1, 0.4, -0.1, 0.0, -0.1, -0.3, -0.1, 0.0)
    along = AlongTheCord(places, (0.0,) * 9, driven, (("E3", 2.0, -1.0), ("E4", 6.0, 1.0)), (("T9", 5.0),))
    lines = activating_lines(along)
    assert lines[0].endswith("+0.40 mV |  █")
    assert lines[4].endswith("+──3-──4+─")
    assert lines[-1].endswith("       |T9")


def test_where_no_fibre_fires_no_dermatome_is_named() -> None:
    found = Recruited(0, 10, ((0.0, None),), 2.5, 0.3, (), (), (0.0, 0.0), 5.0)
    assert any("no dermatome" in line for line in field_lines(sense(), 0.0, along_the_cord(sense(), 1.0), found))
