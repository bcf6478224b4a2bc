"""The lead catalogue against published areas and spans, and against the spans that a table of facts gives."""

from __future__ import annotations

import re

import pytest

from scs.domain.lead import catalogue, find_lead
from scs.errors import BadPrescription

LABEL = re.compile(r"\[(found|found2|recalled)[:,] ?[^]]+\]")


@pytest.mark.parametrize(
    ("lead_id", "published_um2", "within_um2"),
    [("saluda-evoke-12c", 12_440_000, 5_000), ("nevro-senza-8-gap1", 12_700_000, 50_000)],
)
def test_a_computed_area_agrees_with_the_published_one_to_its_last_printed_digit(
    lead_id: str, published_um2: int, within_um2: int
) -> None:
    lead = find_lead(lead_id)
    assert lead.published_area_um2 == published_um2
    assert abs(lead.area_um2 - published_um2) <= within_um2


def test_every_published_area_agrees_with_the_shape() -> None:
    published = {lead.id: lead for lead in catalogue().values() if lead.published_area_um2 is not None}
    assert set(published) == {"saluda-evoke-12c", "nevro-senza-8-gap1", "nevro-senza-8-gap9"}
    for lead in published.values():
        assert lead.published_area_um2 is not None
        assert abs(lead.area_um2 - lead.published_area_um2) * 200 < lead.published_area_um2, lead.id


@pytest.mark.parametrize(
    ("lead_id", "contacts", "span_um", "area_um2"),
    [
        ("saluda-evoke-12c", 12, 80_000, 12_440_706),
        ("nevro-senza-8-gap1", 8, 31_000, 12_723_450),
        ("nevro-senza-8-gap9", 8, 87_000, 12_723_450),
        ("medtronic-977a1", 8, 34_500, 12_252_211),
        ("medtronic-977a2", 8, 52_000, 12_252_211),
        ("medtronic-3778", 8, 66_000, 12_252_211),
        ("medtronic-3487a", 4, 30_000, 11_969_468),
        ("medtronic-3887", 4, 24_000, 11_969_468),
        ("medtronic-3888", 4, 60_000, 23_938_936),
        ("medtronic-39565", 16, 46_500, 6_000_000),
        ("medtronic-resume", 4, 34_000, 12_566_370),
        ("boston-linear-st", 8, 31_000, 12_252_211),
        ("boston-linear-3-4", 8, 52_000, 12_252_211),
        ("boston-linear-3-6", 8, 66_000, 12_252_211),
        ("boston-infinion-16", 16, 63_000, 12_252_211),
        ("boston-artisan-2x8", 16, 31_000, 6_000_000),
        ("abbott-octrode", 8, 52_000, 13_194_689),
        ("abbott-quattrode-gap4", 4, 24_000, 13_194_689),
        ("abbott-quattrode-gap6", 4, 30_000, 13_194_689),
        ("abbott-lamitrode-s8", 8, 53_000, 10_000_000),
    ],
)
def test_a_lead_has_the_contacts_the_span_and_the_area_of_its_sizes(
    lead_id: str, contacts: int, span_um: int, area_um2: int
) -> None:
    lead = find_lead(lead_id)
    assert (lead.count, lead.span_um, lead.area_um2) == (contacts, span_um, area_um2)


def test_the_side_columns_of_a_5_6_5_paddle_are_shorter_and_half_a_pitch_lower() -> None:
    positions = find_lead("medtronic-39565").positions_um
    left, middle, right = positions[:5], positions[5:11], positions[11:]
    assert max(down for _, down in middle) + 4_000 == 46_500
    assert max(down for _, down in left) - min(down for _, down in left) + 4_000 == 38_000
    assert left[0] == (2_500, 4_250)
    assert middle[0] == (0, 0)
    assert right[0] == (-2_500, 4_250)


def test_every_lead_says_how_well_its_numbers_are_known() -> None:
    for lead in catalogue().values():
        assert LABEL.search(lead.source), f"{lead.id}: {lead.source}"


def test_an_unknown_lead_is_answered_with_the_ones_there_are() -> None:
    with pytest.raises(BadPrescription, match="medtronic-977a2"):
        find_lead("medtronic-977")
