"""Patient, clinician, engineer: what a role does not have is not drawn, and its key does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Button, OptionList

from programmer_tui.actions import UserRole, may, may_show
from programmer_tui.app import ProgrammerApp
from programmer_tui.forms import beyond_patient
from programmer_tui.screens.base import PLACES, ProgrammerScreen
from programmer_tui.screens.question import Question
from programmer_tui.screens.review import ReviewScreen
from programmer_tui.screens.therapy import AMPLITUDE, STEP_PAUSE
from programmer_tui.session_link import SessionLink
from scs.clock import WallClock
from scs.domain.program import PatientLimits
from scs.domain.safety import judge
from scs.errors import Refused
from scs.programmer.recording import SessionRecord
from scs.programmer.telling import line_words
from scs.programmer.worker_events import JobFailed
from scs.records.book import Book
from scs.records.entry import Kind
from scs.records.recorder import Recorder
from scs.wire.terms import Reason
from tests.support.books import OPENING
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import DEFAULT, REFERENCE, a_group, a_program, an_implant
from tests.support.screen_story import LARGE, MovableClock, Person, story

FROM_3_TO_6_MA = PatientLimits(lowest_ua=3_000, highest_ua=6_000)


def shown(person: Person) -> str:
    assert isinstance(person.app.screen, ProgrammerScreen)
    return person.app.screen.NAME


@pytest.mark.req("PR-20")
@pytest.mark.hazard("H02")
@pytest.mark.parametrize("role", UserRole)
def test_each_role_sees_its_screens_and_reaches_no_others(role: UserRole) -> None:
    async def tell(person: Person) -> None:
        for key, name, word in PLACES:
            await person.press("f3")
            await person.press(key.lower())
            is_there = may_show(role, name)
            assert (shown(person) == name) is is_there or name == "therapy"
            assert (f"{key} {word}" in person.sees().splitlines()[0]) is is_there
        await person.press("f8")
        listed = {option.id for option in person.app.screen.query_one("#further", OptionList).options}
        assert listed == {name for name in listed if name is not None and may_show(role, name)}
        assert ("usage" in listed) is (role is not UserRole.PATIENT)

        await person.press("f3")
        assert ("Up/Down 1 step" in person.said("#explained")) is may(role, "therapy.up")
        for name in (name for name in ProgrammerApp.SCREENS if not may_show(role, name)):
            person.app.action_show(name)
            assert shown(person) == "therapy"

    story(tell, role=role)


def test_a_patient_has_no_screen_that_programs() -> None:
    patients = {name for name in ProgrammerApp.SCREENS if may_show(UserRole.PATIENT, name)}
    assert patients.isdisjoint({"editor", "impedance", "log", "trace", "sessions"})
    assert {"therapy", "battery", "help", "connect", "settings"} <= patients


@pytest.mark.req("PR-06", "PR-20")
@pytest.mark.hazard("H38")
@pytest.mark.parametrize("role", UserRole)
def test_stop_is_there_for_every_role(role: UserRole) -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the groups")
        person.app.link.submit("start", lambda client, show: client.start(0))
        await person.until(lambda: implant.is_delivering, "the first pulse")
        await person.press("f12")
        await person.until(lambda: not implant.is_delivering, "no output")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, role=role)


@pytest.mark.req("PR-20")
def test_a_patient_cannot_take_back_a_fault_by_key_or_button() -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the groups")
        assert "Clear fault" not in person.sees()
        hidden = [str(button.label) for button in person.app.screen.query(Button) if not button.display]
        assert hidden == ["Clear fault"]
        await person.press("c")
        assert not person.app.link.is_doing("clear fault")
        assert not await person.app.run_action("clear_fault", person.app.screen)
        person.app.set_role(UserRole.CLINICIAN)
        await person.until_seen("Clear fault")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE, role=UserRole.PATIENT)


@pytest.mark.parametrize(
    ("patient", "wanted_ua", "word"),
    [
        (FROM_3_TO_6_MA, 3_000, ""),
        (FROM_3_TO_6_MA, 6_000, ""),
        (FROM_3_TO_6_MA, 6_050, "outside 3 mA to 6 mA"),
        (FROM_3_TO_6_MA, 2_950, "outside 3 mA to 6 mA"),
        (None, 3_000, "no range"),
    ],
)
def test_a_patient_moves_the_amplitude_within_the_range_of_the_program(
    patient: PatientLimits | None, wanted_ua: int, word: str
) -> None:
    said = beyond_patient(a_program(patient=patient), wanted_ua)
    assert word in said
    assert bool(said) is bool(word)
    assert "not read back" in beyond_patient(None, wanted_ua)


@pytest.mark.req("PR-04", "PR-20")
@pytest.mark.hazard("H02")
def test_a_patient_is_told_where_the_range_ends() -> None:
    clock = MovableClock()

    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the groups")
        await person.press("s")
        await person.until_seen("therapy on")
        await person.press("up")
        await person.until_seen("Not sent.", "5.25 mA is outside 3 mA to 5.2 mA")
        clock.advance(STEP_PAUSE)
        await person.press("down")
        await person.until_seen("5.15 mA")

    narrow = PatientLimits(lowest_ua=3_000, highest_ua=5_200)
    with LiveImplant(a_group(patient=narrow)) as implant:
        story(tell, implant, size=LARGE, role=UserRole.PATIENT, clock=clock)


@pytest.mark.req("PR-20")
@pytest.mark.hazard("H02")
@pytest.mark.parametrize("role", [UserRole.PATIENT, UserRole.CLINICIAN])
def test_what_a_rule_wants_acknowledged_is_no_patient_s_to_acknowledge(role: UserRole) -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until_seen("No implant has been heard")
        refused = Refused("a rule objects", reason=Reason.MUST_ACKNOWLEDGE.word, rules=("shannon",))
        screen = person.app.screen
        assert isinstance(screen, ProgrammerScreen)
        screen.hear(JobFailed(1, AMPLITUDE, refused))
        await person.press()
        if role is UserRole.PATIENT:
            assert "a clinician has to acknowledge shannon" in person.sees()
        assert isinstance(person.app.screen, Question) is (role is UserRole.CLINICIAN)

    story(tell, size=LARGE, role=role)


@pytest.mark.req("PR-20")
@pytest.mark.hazard("H02")
def test_a_patient_keeps_nothing_that_a_rule_wants_acknowledged() -> None:
    strong = a_group(amplitude_ua=10_500, pulse_width_us=300)
    rules = judge(strong, an_implant(), REFERENCE, DEFAULT).must_acknowledge

    async def tell(person: Person) -> None:
        link = person.app.link
        await person.press("f3")
        link.write_group(0, strong, rules, 0)
        await person.until(lambda: link.groups, "the group")
        await person.press("s")
        await person.until_seen("therapy on")
        link.submit("amplitude", lambda client, show: client.set_amplitude(0, 10_450, rules))
        await person.until_seen("TRIAL")
        person.app.set_role(UserRole.PATIENT)
        await person.press("k")
        await person.until_seen("Not kept: a clinician has to acknowledge", rules[0])
        assert not isinstance(person.app.screen, ReviewScreen)

    assert rules
    with LiveImplant() as implant:
        story(tell, implant, size=LARGE)


def test_more_than_a_patient_has_is_asked_about_first() -> None:
    async def tell(person: Person) -> None:
        assert "as patient" in person.sees()
        person.app.action_show("settings")
        await person.until_seen("(now) patient")
        await person.press("down", "enter")
        await person.until(lambda: isinstance(person.app.screen, Question), "the question")
        await person.press("enter")
        assert person.app.role is UserRole.PATIENT
        await person.press("enter")
        await person.until(lambda: isinstance(person.app.screen, Question), "the question")
        await person.press("tab", "enter")
        await person.until_seen("(now) clinician", "F4 Program")
        assert "as patient" not in person.sees()
        await person.press("f4", "f8")
        person.app.action_show("settings")
        await person.press("up", "enter")
        await person.until_seen("(now) patient")
        assert "F4 Program" not in person.sees()

    story(tell, role=UserRole.PATIENT)


def test_whoever_becomes_a_patient_leaves_the_screen_that_programs() -> None:
    async def tell(person: Person) -> None:
        await person.press("f4")
        person.app.set_role(UserRole.PATIENT)
        await person.until_seen("[F3 Therapy]", "No implant has been heard")

    story(tell)


def test_help_says_only_what_the_role_has() -> None:
    async def tell(person: Person) -> None:
        await person.press("f1")
        said = str(person.app.screen.query_one("#keys").render())
        assert "Soft-start" in said
        assert "Take back a latched fault" not in said

    story(tell, role=UserRole.PATIENT)


@pytest.mark.req("PR-09")
def test_the_record_says_who_sat_there(tmp_path: Path) -> None:
    url, troubles = f"sqlite:///{tmp_path / 'records.sqlite'}", list[str]()

    def record(_address: str) -> SessionRecord:
        recorder = Recorder(url, OPENING, WallClock(), troubles.append)
        recorder.start()
        return SessionRecord(recorder)

    link = SessionLink(WallClock(), lambda _number, _event: None, record)
    link.seat(UserRole.PATIENT)
    with LiveImplant(a_group()) as implant:
        link.connect_through("emulated", implant.connect)
        link.seat(UserRole.CLINICIAN)
        link.close()
    with Book(url) as book:
        told = [line_words(line) for line in book.entries(1) if line.kind is Kind.ROLE]
    assert told == ["a patient sits at the programmer", "a clinician sits at the programmer"]
    assert not troubles
