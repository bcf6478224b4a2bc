"""The test bench on a screen: an engineer breaks and mends an emulator, and nobody else sees that it can be done."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList

from programmer_tui.actions import UserRole
from programmer_tui.app import ProgrammerApp
from programmer_tui.forms import read_order
from programmer_tui.presentation_faults import bench_line, happened_lines
from scs.errors import BadPrescription
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import Person, story


def listed(person: Person) -> set[str | None]:
    return {option.id for option in person.app.screen.query_one("#further", OptionList).options}


async def open_faults(person: Person) -> None:
    await person.press("f3")
    person.app.action_show("faults")
    await person.until_seen("lead-open", "the implant itself: mode")


def test_a_contact_is_broken_measured_as_open_and_mended() -> None:
    async def tell(person: Person) -> None:
        await open_faults(person)
        await person.press("enter")
        await person.type("E3")
        await person.press("enter")
        await person.until_seen("Broken: a conductor breaks", "BROKEN  lead-open contact=E3")
        assert implant.order({"do": "happened"})["happened"][0]["told"] == {"contact": "E3"}
        await person.press("f5", "m")
        await person.until_seen("OPEN")
        person.app.action_show("faults")
        await person.until_seen("the implant itself")
        await person.press("m")
        await person.until_seen("Mended: lead-open", "mended  lead-open contact=E3")
        await person.press("f5", "m")
        await person.until(lambda: "OPEN" not in person.sees(), "every contact to be well")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, role=UserRole.ENGINEER)


def test_what_the_bench_does_not_understand_is_said_and_nothing_is_broken() -> None:
    async def tell(person: Person) -> None:
        await open_faults(person)
        await person.press("b")
        await person.type("E99")
        await person.press("enter")
        await person.until_seen("Not done:", "Nothing was broken yet")
        assert not implant.order({"do": "happened"})["happened"]

    with LiveImplant(a_group()) as implant:
        story(tell, implant, role=UserRole.ENGINEER)


def test_a_magnet_and_time_are_a_key_each() -> None:
    async def tell(person: Person) -> None:
        await open_faults(person)
        began_us = implant.order({"do": "state"})["at_us"]
        await person.press("g")
        await person.until_seen("A magnet was held over the implant")
        await person.press("j")
        await person.type("2h")
        await person.press("enter")
        await person.until_seen("Time passed: 2h")
        assert implant.order({"do": "state"})["at_us"] - began_us > 7_200_000_000

    with LiveImplant(a_group()) as implant:
        story(tell, implant, role=UserRole.ENGINEER)


@pytest.mark.req("PR-20")
@pytest.mark.parametrize("role", UserRole)
def test_only_an_engineer_has_the_bench(role: UserRole) -> None:
    async def tell(person: Person) -> None:
        await person.press("f8")
        assert ("faults" in listed(person)) is (role is UserRole.ENGINEER)
        person.app.action_show("faults")
        await person.press()
        assert (type(person.app.screen).__name__ == "FaultsScreen") is (role is UserRole.ENGINEER)

    with LiveImplant(a_group()) as implant:
        story(tell, implant, role=role)


def test_a_real_implant_has_no_such_screen() -> None:
    async def tell(person: Person) -> None:
        await person.press("f8")
        assert "faults" not in listed(person)
        assert not person.app.has_screen("faults")

    story(tell, role=UserRole.ENGINEER)
    assert "faults" in ProgrammerApp.SCREENS


def test_words_of_an_order_are_read_and_what_comes_twice_is_refused() -> None:
    assert read_order("E3 for=10min seed=7", "contact") == {"contact": "E3", "for": "10min", "seed": 7}
    for bad in ("E3 E4", "for= 10 s", "=3"):
        with pytest.raises(BadPrescription, match="each name once"):
            read_order(bad, "contact")


def test_what_was_broken_is_told_newest_first_and_a_fault_is_never_left_out() -> None:
    happened = [
        {"at_us": 1_000_000, "kind": "lead-open", "told": {"contact": "E3"}, "is_mended": False},
        {"at_us": 2_000_000, "kind": "lead-open", "told": {"contact": "E3"}, "is_mended": True},
    ]
    assert [line.split()[2] for line in happened_lines(happened)] == ["mended", "BROKEN"]
    state = {
        "at_us": 0, "mode": "fault", "therapy": "off", "fault": "watchdog", "delivered_ua": [], "battery_permille": 999,
        "posture": "upright",
    }  # fmt: skip
    assert "FAULT watchdog" in bench_line(state)
