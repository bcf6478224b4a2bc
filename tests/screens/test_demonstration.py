"""The programmer without a device, and the emulators of this machine in its list."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from textual.widgets import OptionList

from programmer_tui.app import ProgrammerApp
from programmer_tui.demonstration import SERIAL, Demonstration
from scs.errors import TransportError
from scs.records.book import Book
from scs.records.entry import Entry, Kind, Opening
from scs.transport.address import open_transport
from scs.transport.announcements import Announcer, announced
from tests.support.emulators import RUN_S, emulator
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import LARGE, Person, Story, story
from tests.support.waiting import wait_until

EMULATORS = Path(os.environ.get("XDG_STATE_HOME", ".")) / "scs" / "emulators"


def story_with_emulators(tell: Story) -> None:
    """A programmer that looks for the emulators of this machine."""

    async def run() -> None:
        app = ProgrammerApp(emulators=EMULATORS)
        async with app.run_test(size=LARGE) as pilot:
            await tell(Person(app, pilot))

    asyncio.run(run())


def choices(person: Person) -> list[str]:
    listed = person.app.screen.query_one("#ports", OptionList)
    return [str(option.prompt) for option in listed.options]


@pytest.mark.parametrize("way", ["key", "list"])
def test_a_demonstration_needs_no_device_and_says_that_it_is_one(way: str) -> None:
    async def tell(person: Person) -> None:
        await person.until(lambda: choices(person), "the list")
        if way == "key":
            await person.press("f9")
        else:
            person.app.screen.query_one("#ports", OptionList).focus()
            await person.press("home", "enter")
        await person.until_seen("Connected to a demonstration", f"serial {SERIAL}", "may write")
        assert person.app.recent.addresses == (), "it will not be there another time"
        if way == "key":
            await person.press("f3")
            await person.until_seen("slot 0  Demonstration", "made up, nobody's: 2 mA")
            await person.press("s")
            await person.until_seen("therapy on")

    story_with_emulators(tell)
    assert not any(it.serial == SERIAL for it in announced(EMULATORS)), "it ends with the programmer"


def test_an_emulator_of_this_machine_is_listed_with_what_it_does(tmp_path: Path) -> None:
    async def tell(person: Person) -> None:
        await person.until(
            lambda: any("SCS-000077  unprogrammed, therapy off" in it for it in choices(person)), "the emulator"
        )
        listed = person.app.screen.query_one("#ports", OptionList)
        listed.focus()
        listed.highlighted = listed.get_option_index(implant.address)
        await person.press("enter")
        await person.until_seen("Connected.", "serial SCS-000077")
        await person.until(lambda: any("in use by a programmer" in it for it in choices(person)), "who uses it")
        assert listed.highlighted == listed.get_option_index(implant.address), "the list is renewed under the hand"

    with emulator(tmp_path, "--serial", "SCS-000077") as implant:
        story_with_emulators(tell)


def test_an_emulator_that_was_started_anew_is_listed_once(tmp_path: Path) -> None:
    """The announcement of the one that was killed is there for some seconds more."""
    for name in ("killed", "running"):
        announcer = Announcer(tmp_path)
        announcer.announce(
            "/tmp/ipg", name, "m", doing="idle", battery_permille=9, has_writer=False, is_sealed=True, bench=""
        )
        (announced_file,) = tmp_path.glob(f"{os.getpid()}.json")
        announced_file.rename(tmp_path / f"{name}.json")

    async def run() -> None:
        app = ProgrammerApp(emulators=tmp_path)
        async with app.run_test(size=LARGE) as pilot:
            person = Person(app, pilot)
            await person.until(lambda: any("/tmp/ipg" in it for it in choices(person)), "the emulator")
            assert sum("/tmp/ipg" in it for it in choices(person)) == 1

    asyncio.run(run())


def test_a_demonstration_ends_when_its_programmer_is_killed(tmp_path: Path) -> None:
    starts = (
        "import time; from programmer_tui.demonstration import Demonstration; "
        "print(Demonstration().start(), flush=True); time.sleep(600)"
    )
    programmer = subprocess.Popen([sys.executable, "-c", starts], stdout=subprocess.PIPE, text=True)
    assert programmer.stdout is not None
    address = programmer.stdout.readline().strip()
    open_transport(address).close()
    os.kill(programmer.pid, signal.SIGKILL)
    programmer.wait(RUN_S)
    programmer.stdout.close()
    wait_until(lambda: not any(it.address == address for it in announced(EMULATORS)), "the emulator's end")


def test_whoever_asks_for_it_twice_at_once_gets_one_and_none_once_it_was_ended() -> None:
    shown = Demonstration()
    with ThreadPoolExecutor(2) as pool:
        addresses = {asked.result() for asked in [pool.submit(shown.start) for _ in range(2)]}
    assert len(addresses) == 1
    shown.end()
    with pytest.raises(TransportError, match="the programmer is ending"):
        shown.start()


def test_a_demonstration_can_be_had_again(tmp_path: Path) -> None:
    shown = Demonstration()
    for _ in range(2):
        address = shown.start()
        assert shown.start() == address, "one at a time"
        open_transport(address).close()
        shown.close()
        assert not shown.is_running
    shown.close()


def test_the_last_session_with_an_implant_is_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    with Book(url) as book:
        for serial, day in (("SCS-000001", 1), ("SCS-000001", 2), ("another", 3)):
            number = book.begin(Opening(f"2026-03-0{day}T10:00:00Z", "programmer", "emulated", "scs"))
            book.append(number, [Entry(0, Kind.OPENED, serial, {})])

    async def tell(person: Person) -> None:
        await person.until_seen("last session: 2026-03-02T10:00:00Z, programmer, 1 lines, not ended properly")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE, records_url=url)
