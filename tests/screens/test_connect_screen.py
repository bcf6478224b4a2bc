"""Connecting: who answers is shown, a stranger is refused, and nobody there is said with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import Person, story


def test_the_first_screen_says_what_to_type() -> None:
    async def tell(person: Person) -> None:
        seen = await person.until_seen("[F2 Connect]", "no implant", "never for clinical use")
        assert "/dev/ttyUSB0" in seen

    story(tell)


def test_who_answered_is_shown_with_its_battery_and_leads() -> None:
    async def tell(person: Person) -> None:
        await person.until_seen("Connected.", "serial SCS-000001", "battery", "port A", "this session may write")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=(120, 40))


@pytest.mark.hazard("H12")
def test_another_implant_than_the_expected_one_is_refused() -> None:
    async def tell(person: Person) -> None:
        person.app.link.connect_through("emulated", implant.connect, "SCS-000002")
        await person.until_seen("Not connected", "SCS-000001 answered, not SCS-000002")
        assert person.app.link.description is None

    with LiveImplant(a_group(), serial="SCS-000001") as implant:
        story(tell, size=(120, 40))


def test_an_address_without_anybody_is_said_in_a_sentence(tmp_path: Path) -> None:
    async def tell(person: Person) -> None:
        person.app.screen.query_one("#address", Input).value = str(tmp_path / "nobody")
        await person.press("enter")
        await person.until_seen("Not connected", "nobody")

    story(tell)
