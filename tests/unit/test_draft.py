"""The editor's draft: nothing is lost, nothing is assumed, and what was found for something else is cleared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmer_tui.draft import GroupDraft, History, ProgramDraft
from programmer_tui.presentation_program import difference, pulse_picture, verdict_lines
from programmer_tui.widgets.lead_geometry import layout
from scs.domain.lead import CASE
from scs.domain.program import (
    ActiveRecharge,
    Burst,
    ClosedLoop,
    Cycling,
    HighRate,
    PassiveRecharge,
    PatientLimits,
    Program,
    replaced,
)
from scs.domain.safety import judge
from scs.domain.schedule import Window
from tests.support.prescriptions import DEFAULT, REFERENCE, a_group, a_program, an_implant

PROGRAMS = [
    a_program(),
    a_program(recharge=PassiveRecharge(kind="passive"), cycling=Cycling(on_us=30_000_000, off_us=90_000_000)),
    a_program(waveform=Burst(kind="burst", rate_mhz=40_000, pulses=5, intra_rate_mhz=500_000), amplitude_ua=600),
    a_program(waveform=HighRate(kind="high-rate", rate_mhz=10_000_000), pulse_width_us=30),
    a_program(recharge=ActiveRecharge(kind="active", ratio=4), patient=PatientLimits(lowest_ua=0, highest_ua=6_000)),
    a_program(closed_loop=ClosedLoop(target_uv=50, gain_na_per_uv=3_000)),
]


@pytest.mark.parametrize("program", PROGRAMS, ids=["tonic", "passive", "burst", "high rate", "patient", "closed loop"])
def test_a_draft_gives_back_the_program_it_was_made_of(program: Program) -> None:
    group = a_group(program)
    assert GroupDraft.of(group).group() == (group, ())


def test_a_new_draft_says_what_is_missing() -> None:
    group, problems = GroupDraft().group()
    assert group is None
    assert [field for field, _ in problems] == ["0.contacts"]


@pytest.mark.parametrize(
    ("field", "text", "word"),
    [
        ("rate", "40", "40 Hz"),
        ("amplitude", "five", "5.2 mA"),
        ("amplitude", "5.00001 mA", "finer"),
        ("pulse_width", "", "210 us"),
        ("recharge", "active 0", "1"),
        ("patient", "3 mA", "5.2 mA"),
        ("name", "", "1 character"),
    ],
)
def test_a_text_that_cannot_be_read_is_said_of_its_own_field(field: str, text: str, word: str) -> None:
    draft = ProgramDraft.of(a_program()).typed(field, text)
    group, problems = GroupDraft(programs=(draft,)).group()
    assert group is None
    ((where, said),) = problems
    assert where == f"0.{field}"
    assert word in said


@pytest.mark.hazard("H01")
@pytest.mark.req("PR-03")
def test_another_polarity_zeroes_the_amplitude_and_forgets_the_patients_limits() -> None:
    draft = ProgramDraft.of(PROGRAMS[4])
    assert draft.cycled(1).texts["amplitude"] == "0 mA"
    assert draft.cycled(5).texts["patient"] == ""
    assert draft.weighed(1, -900).texts["amplitude"] == "5.2 mA"


@pytest.mark.hazard("H01")
@pytest.mark.req("PR-03")
def test_another_width_forgets_the_patients_limits() -> None:
    draft = ProgramDraft.of(PROGRAMS[4])
    assert draft.typed("pulse_width", "300 us").texts["patient"] == ""
    assert draft.typed("pulse_width", "210 us").texts["patient"] == "0 mA / 6 mA"


CONTACTS = st.integers(CASE, 16)


@given(st.lists(CONTACTS, max_size=20))
def test_cycling_contacts_keeps_shares_whole(pressed: list[int]) -> None:
    draft = ProgramDraft()
    for contact in pressed:
        draft = draft.cycled(contact)
    for sign in (-1, 1):
        shares = [share for share in draft.shares.values() if share * sign > 0]
        assert sum(shares) in (0, sign * 1000)
        assert max(shares, default=0) - min(shares, default=0) <= 1


@given(st.lists(st.tuples(CONTACTS, st.sampled_from([-100, -50, 50, 100])), max_size=20))
def test_steering_keeps_the_total(steps: list[tuple[int, int]]) -> None:
    draft = ProgramDraft().cycled(1).cycled(2).cycled(3).cycled(3).cycled(4).cycled(4).cycled(4)
    for contact, permille in steps:
        draft = draft.steered(contact, permille)
        group, problems = GroupDraft(programs=(draft,)).group()
        assert group is not None, problems


@given(st.lists(st.sampled_from(["cycle", "type", "undo", "redo"]), max_size=30))
def test_undo_and_redo_are_exact(moves: list[str]) -> None:
    history = History(GroupDraft())
    trail, place = [history.present], 0
    for count, move in enumerate(moves):
        if move == "undo":
            assert history.undo() is (place > 0)
            place = max(place - 1, 0)
        elif move == "redo":
            assert history.redo() is (place < len(trail) - 1)
            place = min(place + 1, len(trail) - 1)
        else:
            program = history.present.programs[0]
            changed = program.cycled(count % 8 + 1) if move == "cycle" else program.typed("name", f"name {count}")
            history.change(history.present.with_program(0, changed))
            trail, place = [*trail[: place + 1], history.present], place + 1
        assert history.present == trail[place]


@pytest.mark.parametrize("name", ["bipole", "guarded", "monopole"])
def test_a_template_gives_a_whole_configuration(name: str) -> None:
    implant = an_implant()
    draft = ProgramDraft().templated(name, 3, implant)
    group, problems = GroupDraft(programs=(draft,)).group()
    assert group is not None, problems
    assert group.programs[0].contacts.cathodes == ((3, 1000),)


def test_a_template_does_not_reach_past_the_end_of_its_lead() -> None:
    implant = an_implant()
    draft = ProgramDraft()
    assert draft.templated("bipole", 8, implant) == draft
    assert draft.templated("guarded", 9, implant) == draft


def test_a_difference_names_every_field_that_changes() -> None:
    old, new = a_group(amplitude_ua=2_000), a_group(amplitude_ua=2_500)
    assert difference(old, new) == [("program 1 amplitude", "2 mA", "2.5 mA")]
    assert ("program 1 amplitude", "-", "2.5 mA") in difference(None, new)
    assert difference(new, new) == []


@pytest.mark.hazard("H46")
@pytest.mark.req("PR-07")
def test_every_finding_carries_its_tier_as_a_word() -> None:
    told = judge(a_group(amplitude_ua=25_500, pulse_width_us=1000), an_implant(), REFERENCE, DEFAULT)
    lines = [line for tier, line in verdict_lines(told) if tier is not None]
    assert len(lines) == len(told.findings)
    assert all(line.startswith(finding.tier.name) for line, finding in zip(lines, told.findings, strict=True))


def test_a_pulse_is_drawn_to_scale() -> None:
    slow = a_program(pulse_width_us=100, interphase_gap_us=100, recharge=ActiveRecharge(kind="active", ratio=2))
    above, line, below = pulse_picture(slow, 40)
    assert below == "█" * 10
    assert above == " " * 20 + "▄" * 20
    assert len(line) == 40


@pytest.mark.parametrize("leads", [("medtronic-977a2", "medtronic-977a2"), ("medtronic-39565",)])
def test_every_contact_has_its_own_cell_and_can_be_reached(leads: tuple[str, ...]) -> None:
    implant = an_implant(*leads)
    drawn = layout(implant)
    places = {(cell.row, cell.column) for cell in drawn.cells}
    assert len(places) == len(drawn.cells) == len(implant.contacts) + 1
    reached, frontier = {1}, [1]
    while frontier:
        here = frontier.pop()
        for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            there = drawn.next_from(here, across, down)
            if there not in reached:
                reached.add(there)
                frontier.append(there)
    assert reached == {cell.contact for cell in drawn.cells}


def test_a_group_with_windows_and_a_dose_keeps_them_through_the_form() -> None:
    windows = (Window(from_minute=480, to_minute=1_320), Window(from_minute=1_380, to_minute=30))
    group = replaced(a_group(a_program()), schedule=windows, daily_dose_us=21_600_000_000)
    assert ("daily dose", "-", "6 h") in difference(a_group(a_program()), group)
    assert ("schedule", "-", "08:00 to 22:00 and 23:00 to 00:30") in difference(a_group(a_program()), group)
    assert GroupDraft.of(group).group() == (group, ())
