"""Impedance, log and help: what the implant measured and wrote, and every key in words."""

from __future__ import annotations

from dataclasses import replace

from textual.events import Key
from textual.widgets import Input

from firmware_model.bench import Bench
from programmer_tui.actions import UserRole
from programmer_tui.catalogue import bindings
from programmer_tui.presentation import log_line
from programmer_tui.widgets.line_view import LineView
from scs.clock import Duration
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import LARGE, Person, story


def test_measuring_shows_every_contact_in_numbers_and_words() -> None:
    async def tell(person: Person) -> None:
        await person.press("f5")
        await person.until_seen("Not measured yet.")
        await person.press("m")
        await person.until_seen("Measured at", "E1 ", "E16", "port B, 8", "ohm", "ok")
        assert len(person.app.link.impedances.ohms) == 16

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE)


def test_a_broken_contact_is_called_open_in_words() -> None:
    async def tell(person: Person) -> None:
        Bench(implant.device).break_lead(3)
        await person.press("f5", "m")
        await person.until_seen("OPEN: above")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE)


def test_nothing_is_measured_while_therapy_runs() -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the groups")
        await person.press("s")
        await person.until_seen("therapy ramping up")
        await person.press("f5", "m")
        await person.until_seen("it must be off to measure")

    with LiveImplant(a_group()) as implant:
        story(tell, implant)


def test_the_log_follows_the_implant_and_can_be_filtered() -> None:
    async def tell(person: Person) -> None:
        await person.press("f6")
        await person.until_seen("power-on", "group-committed")
        person.app.screen.query_one("#filter", Input).value = "committed"
        await person.until(lambda: "power-on" not in person.sees(), "the other lines to go")
        person.app.screen.query_one("#filter", Input).value = "impedance"
        await person.until_seen("Nothing of", "entries matches")
        person.app.link.measure()
        await person.until_seen("impedance-measured")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE)


def test_help_names_every_key_of_every_screen() -> None:
    async def tell(person: Person) -> None:
        await person.press("f1")
        said = str(person.app.screen.query_one("#help").children[0].render())
        for _, binding in bindings():
            assert binding.tooltip in said, f"{binding.id} is not in the help"

    story(tell, role=UserRole.ENGINEER)


def test_the_link_is_called_lost_and_is_found_again() -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until_seen("idle", "slot 0  g")
        implant.is_silent = True
        await person.until_seen("LINK LOST", timeout=Duration.of_s(30))
        implant.is_silent = False
        await person.until(lambda: person.app.link.is_up and "LINK LOST" not in person.sees(), "the link again")

    with LiveImplant(a_group()) as implant:
        story(tell, implant)


def test_a_long_log_is_shown_whole_and_followed_only_from_its_end() -> None:
    async def tell(person: Person) -> None:
        await person.press("f6")
        await person.until(lambda: person.app.link.log, "the log of the implant")
        one = person.app.link.log[-1]
        entries = tuple(replace(one, sequence=number, detail=str(number)) for number in range(1, 5_003))
        person.app.link.log = entries[:-1]
        view = person.app.screen.query_one(LineView)
        await person.until(lambda: len(view.lines) == 5_001, "every line of a long log")
        await person.until_seen(log_line(entries[5_000]).strip())
        await person.press("home")
        await person.until_seen(log_line(entries[0]).strip())
        person.app.link.log = entries
        await person.until(lambda: len(view.lines) == 5_002, "the new line")
        assert log_line(entries[0]).strip() in person.sees(), "a person who reads is not carried away"
        await person.press("end")
        for key in ("home", "pageup", "pageup"):
            person.app.post_message(Key(key, None))
        await person.until_seen(log_line(entries[0]).strip())

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE)
