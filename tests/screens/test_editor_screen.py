"""The program editor: keys make the group that was meant, the verdict is live, and nothing is sent unasked."""

from __future__ import annotations

import pytest
from textual.widgets import Button, Checkbox, Input

from programmer_tui.screens.editor import EditorScreen
from programmer_tui.screens.review import ReviewScreen
from programmer_tui.widgets.lead_picture import LeadPicture
from programmer_tui.widgets.program_editor import ProgramEditor
from scs.domain.program import Group, PatientLimits
from scs.domain.verdict import Outcome
from scs.wire.prescription import decode_group
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group, a_program
from tests.support.screen_story import LARGE, SMALL, Person, story
from tests.support.sources import ROOT


def editor(person: Person) -> ProgramEditor:
    return person.app.screen.query_one(ProgramEditor)


def field(person: Person, name: str) -> Input:
    return person.app.screen.query_one(f"#field-{name}", Input)


async def open_editor(person: Person) -> None:
    await person.press("f4")
    await person.until(lambda: isinstance(person.app.screen, EditorScreen), "the editor")


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
def test_keys_on_the_leads_make_a_guarded_cathode(size: tuple[int, int]) -> None:
    async def tell(person: Person) -> None:
        await open_editor(person)
        await person.press("down", "down", "g")
        group = editor(person).group
        assert group is not None
        assert group.programs[0].contacts.shares == ((2, 500), (3, -1000), (4, 500))
        seen = await person.until_seen("[ 3-100]", "[ 2+50]", "PASS: no rule objects", "never for clinical use")
        assert "not evaluated: compliance" in seen

    story(tell, size=size)


def test_space_makes_a_contact_a_cathode_an_anode_and_off() -> None:
    async def tell(person: Person) -> None:
        await open_editor(person)
        for expected in ({1: -1000}, {1: 1000}, {}):
            await person.press("space")
            assert dict(editor(person).program.shares) == expected
        assert editor(person).group is None
        await person.until_seen("No verdict")

    story(tell)


@pytest.mark.hazard("H04")
@pytest.mark.req("PR-03")
def test_the_verdict_follows_what_is_typed() -> None:
    async def tell(person: Person) -> None:
        await open_editor(person)
        await person.press("b")
        field(person, "pulse_width").value = "1000 us"
        for amplitude, outcome in (("1 mA", Outcome.PASS), ("4 mA", Outcome.CONFIRM), ("9 mA", Outcome.BLOCK)):
            field(person, "amplitude").value = amplitude
            await person.press("f24")
            verdict = editor(person).verdict
            assert verdict is not None
            assert verdict.outcome is outcome
        await person.until_seen("BLOCK", "charge-density", "3.65 mA")

    story(tell, size=LARGE)


def test_a_text_without_a_unit_is_refused_beside_its_field() -> None:
    async def tell(person: Person) -> None:
        await open_editor(person)
        await person.press("b")
        field(person, "rate").value = "40"
        await person.until_seen('"40" is no rate', "No verdict")
        await person.press("ctrl+z")
        assert editor(person).group is not None

    story(tell, size=LARGE)


@pytest.mark.hazard("H01")
@pytest.mark.req("PR-03")
def test_another_polarity_zeroes_the_amplitude_and_undo_brings_it_back() -> None:
    limits = PatientLimits(lowest_ua=0, highest_ua=3_000)

    async def tell(person: Person) -> None:
        await person.until(lambda: person.app.link.groups, "the group that was read back")
        await open_editor(person)
        assert field(person, "amplitude").value == "2 mA"
        await person.press("down", "down", "down", "down", "space")
        assert field(person, "amplitude").value == "0 mA"
        assert field(person, "patient").value == ""
        await person.press("ctrl+z")
        assert field(person, "amplitude").value == "2 mA"
        assert field(person, "patient").value == "0 mA / 3 mA"

    with LiveImplant(a_group(a_program(amplitude_ua=2_000, patient=limits))) as implant:
        story(tell, implant)


def test_review_shows_the_change_with_cancel_in_front_and_sends_what_was_acknowledged() -> None:
    async def tell(person: Person) -> None:
        await person.press("f3", "f4")
        await person.until(lambda: isinstance(person.app.screen, EditorScreen), "the editor")
        await person.press("b")
        field(person, "amplitude").value = "4 mA"
        field(person, "pulse_width").value = "1000 us"
        await person.press("ctrl+s")
        await person.until(lambda: isinstance(person.app.screen, ReviewScreen), "the review")
        review = person.app.screen
        assert person.app.focused is review.query_one("#cancel", Button)
        assert review.query_one("#send", Button).disabled
        for box in review.query(Checkbox):
            box.value = True
        await person.until(lambda: not review.query_one("#send", Button).disabled, "leave to send")
        review.query_one("#send", Button).press()
        await person.until_seen("Confirmed by the implant: slot 0, generation 1, equal")
        held = decode_group(implant.device.parts.store.image.groups[0].data)
        assert held.programs[0].amplitude_ua == 4_000

    with LiveImplant() as implant:
        story(tell, implant, size=LARGE)


def test_cancel_sends_nothing() -> None:
    async def tell(person: Person) -> None:
        await person.press("f3", "f4")
        await person.until(lambda: isinstance(person.app.screen, EditorScreen), "the editor")
        await person.press("b", "ctrl+s")
        await person.until(lambda: isinstance(person.app.screen, ReviewScreen), "the review")
        await person.press("enter")
        await person.until_seen("Nothing was sent.")

    with LiveImplant() as implant:
        story(tell, implant)
        assert implant.device.parts.store.image.generation == 0


@pytest.mark.hazard("H01")
@pytest.mark.req("PR-03")
def test_what_blocks_cannot_be_sent_and_says_why() -> None:
    async def tell(person: Person) -> None:
        await person.press("f3", "f4")
        await person.until(lambda: isinstance(person.app.screen, EditorScreen), "the editor")
        await person.press("b")
        field(person, "amplitude").value = "9 mA"
        field(person, "pulse_width").value = "1000 us"
        await person.press("ctrl+s")
        await person.until(lambda: isinstance(person.app.screen, ReviewScreen), "the review")
        for box in person.app.screen.query(Checkbox):
            box.value = True
        await person.press("f24")
        assert person.app.screen.query_one("#send", Button).disabled
        await person.until_seen("BLOCKED by charge-density", "above 50 µC/cm²", "use at most 3.65 mA")

    with LiveImplant() as implant:
        story(tell, implant, size=LARGE)


def test_a_program_file_is_opened_and_a_bad_one_says_why() -> None:
    async def tell(person: Person) -> None:
        await open_editor(person)
        for path, words in (
            (str(ROOT / "examples/guarded-cathode.toml"), "guarded-cathode.toml:"),
            ("nowhere.toml", "Not opened"),
        ):
            await person.press("ctrl+o")
            person.app.screen.query_one("#path", Input).value = path
            await person.press("enter")
            await person.until_seen(words)
        group: Group | None = editor(person).group
        assert group is not None

    story(tell, size=LARGE)


def test_a_group_is_named_and_programs_are_added_and_removed() -> None:
    async def tell(person: Person) -> None:
        await open_editor(person)
        await person.press("b", "ctrl+n", "down", "b")
        field(person, "group").value = "Evening"
        await person.until(lambda: editor(person).history.present.name == "Evening", "the new name")
        group = editor(person).group
        assert group is not None
        assert (group.name, len(group.programs)) == ("Evening", 2)
        await person.until_seen("Program 2 of 2, interleaved")
        await person.press("ctrl+d")
        await person.until_seen("Program 1 of 1")
        assert editor(person).program.shares == {1: -1000, 2: 1000}

    story(tell)


def test_the_chosen_contact_is_named_with_its_share() -> None:
    async def tell(person: Person) -> None:
        await open_editor(person)
        await person.press("b")
        await person.until_seen("E1: cathode 100 %")
        await person.press("down")
        await person.until_seen("E2: anode 100 %")

    story(tell)


def test_keys_steer_the_cathode_and_move_the_whole_field_and_say_where_it_ends() -> None:
    async def tell(person: Person) -> None:
        await open_editor(person)
        await person.press("m", "shift+right")
        assert editor(person).program.shares == {0: 1000, 1: -900, 9: -100}
        await person.press("shift+left", "ctrl+down")
        assert editor(person).program.shares == {0: 1000, 2: -1000}
        await person.press("ctrl+up", "ctrl+up")
        assert editor(person).program.shares == {0: 1000, 1: -1000}
        await person.until_seen("no room that way")
        await person.press("t")
        assert editor(person).program.shares == {0: 1000, 1: -1000}

    story(tell)


def test_battery_life_and_the_timeline_of_the_group_follow_what_is_typed() -> None:
    async def tell(person: Person) -> None:
        await open_editor(person)
        await person.press("b", "ctrl+n", "down", "down", "b")
        shown = person.app.screen.query_one("#group")
        before = person.said("#group")
        assert "minutes of charging a day" in before
        assert "25 ms from a common start" in before
        assert before.count("█") == 3, "the second waits for the first, and ends in the next cell"
        field(person, "amplitude").value = "3 mA"
        await person.until(lambda: person.said("#group") != before, "another estimate")
        shown.scroll_visible(animate=False)
        await person.until_seen("days a charge", "assumed constants")

    story(tell, size=LARGE)


def test_that_there_is_no_room_stays_said_while_telemetry_arrives() -> None:
    async def tell(person: Person) -> None:
        await open_editor(person)
        await person.press("b", "ctrl+up")
        await person.until_seen("no room that way")
        status = person.app.link.status
        assert status is not None
        heard_us = status.at_us
        await person.until(lambda: _newest_us(person) > heard_us + 500_000, "telemetry twice")
        assert "no room that way" in person.sees()
        await person.press("down")
        assert "no room that way" not in person.sees()

    with LiveImplant() as implant:
        story(tell, implant, size=LARGE)


def _newest_us(person: Person) -> int:
    status = person.app.link.status
    return 0 if status is None else status.at_us


def test_a_large_terminal_has_the_verdict_beside_the_form_and_longer_leads() -> None:
    async def tell(person: Person) -> None:
        await person.press("f4")
        await person.until_seen("Arrows choose", "New group")
        screen = person.app.screen
        form, judged, shape = (screen.query_one(name).region for name in ("#form", "#judged", "#shape"))
        assert judged.x >= form.right
        assert judged.height > 2 * form.height
        assert (shape.x, shape.y) == (form.x, form.bottom)
        picture = screen.query_one(LeadPicture)
        rows = [picture.layout_of_leads.cell(contact).row for contact in (1, 2, 8)]
        assert [row - rows[0] for row in rows] == [0, 2, 14]
        await person.click("#picture", (2, rows[1]))
        await person.until_seen("E2: cathode")

    story(tell, size=(200, 60))
