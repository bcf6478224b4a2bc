"""Connecting: who answers is shown, a stranger is refused, and nobody there is said with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from programmer_tui.recent import RECENT_MAX, RecentAddresses
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
@pytest.mark.req("PR-02")
def test_another_implant_than_the_expected_one_is_refused() -> None:
    async def tell(person: Person) -> None:
        person.app.link.connect_through("emulated", implant.connect, "SCS-000002")
        await person.until_seen("Not connected", "SCS-000001 answered, not SCS-000002")
        assert person.app.link.description is None

    with LiveImplant(a_group(), serial="SCS-000001") as implant:
        story(tell, size=(120, 40))


def test_an_address_without_anybody_is_said_in_a_sentence() -> None:
    async def tell(person: Person) -> None:
        person.app.screen.query_one("#address", Input).value = "/dev/nobody"
        await person.press("enter")
        await person.until_seen("Not connected", "/dev/nobody: there is no such port")

    story(tell)


def test_an_address_that_answered_is_offered_again(tmp_path: Path) -> None:
    file = tmp_path / "scs" / "recent"

    async def tell(person: Person) -> None:
        await person.until_seen("Connected.")
        assert person.app.recent.addresses == ("emulated",)

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=(120, 40))
    recent = RecentAddresses(file)
    for number in range(RECENT_MAX + 2):
        recent.answered(f"tcp:127.0.0.1:{number}")
    recent.answered("tcp:127.0.0.1:4")
    assert RecentAddresses(file).addresses == recent.addresses
    assert [address[-1] for address in recent.addresses] == ["4", "6", "5", "3", "2"]


def test_a_file_of_addresses_that_cannot_be_read_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "recent").write_bytes(bytes([255, 0, 254]))
    recent = RecentAddresses(tmp_path / "recent" / "below a file")
    recent.answered("/dev/ttyUSB0")
    assert recent.addresses == ("/dev/ttyUSB0",)
    assert RecentAddresses(tmp_path / "recent").addresses == ()
