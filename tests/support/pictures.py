"""Pictures of the main screens, made by the program itself with a real emulated implant: `make docs` calls this.

`python -m tests.support.pictures FOLDER` writes one SVG a screen.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from textual.widgets import Input

from programmer_tui.actions import UserRole
from programmer_tui.app import ProgrammerApp
from programmer_tui.screens.pairing import PairingScreen
from scs.domain.program import ElectrodeConfig
from scs.training.live import LiveSession
from scs.training.scenario import find_scenario
from scs.wire.codec import encode_message
from scs.wire.framing import Frame, FrameType, encode
from scs.wire.requests import Start
from scs.wire.responses import Stopped
from scs.wire.terms import PairRole
from scs.wire.trace import Trace, TraceEvent, TraceHeader, trace_text
from tests.support.listening import a_listener
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group, a_program
from tests.support.recorded_visit import a_recorded_visit
from tests.support.screen_story import KeyRing, Person, keys_of, story

SIZE = (110, 32)
DAY = a_group(
    a_program(name="left leg", contacts=ElectrodeConfig.of({3: -600, 4: -400, 7: 1000}), amplitude_ua=3_200),
    a_program(name="low back", contacts=ElectrodeConfig.of({11: -1000, 10: 500, 12: 500}), amplitude_ua=2_400),
)

A_TRACE = Trace(
    TraceHeader(7, check="stop-zero", requirement="FW-31", sentence="After STOP the output was zero, as it must be."),
    (
        TraceEvent(0, "to-implant", data=encode(Frame(FrameType.REQUEST, 3, 5, encode_message(Start(1_001, 0))))),
        TraceEvent(1_000_000, "to-implant", data=encode(Frame(FrameType.STOP, 3, 1))),
        TraceEvent(
            1_000_310, "from-implant", data=encode(Frame(FrameType.STOPPED, 3, 1, encode_message(Stopped(1_000_000))))
        ),
    ),
)


FURTHER = (
    ("battery", "drawn since"),
    ("usage", "Resets"),
    ("groups", "left leg"),
    ("schedule", "Battery, 24 h a day"),
    ("mri", "scanner"),
    ("field", "growth"),
    ("settings", "(now)"),
)
"""Screens behind F8, and what is to be seen before the picture is taken."""


def take_pictures(folder: Path) -> list[str]:
    """Write the pictures and return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    trace = folder / "start.trace"
    trace.write_text(trace_text(A_TRACE), encoding="utf-8")

    async def tell(person: Person) -> None:
        def keep(name: str) -> None:
            (folder / f"{name}.svg").write_text(person.app.export_screenshot(title="scs programmer"), encoding="utf-8")
            names.append(name)

        await person.until_seen("SCS-000001")
        keep("connect")
        await person.press("f5")
        await person.press("m")
        await person.until_seen("E16", "ok")
        keep("impedance")
        await person.press("f3")
        await person.until_seen("g")
        await person.press("s")
        await person.until_seen("therapy on")
        keep("therapy")
        await person.press("f4")
        await person.until_seen("left leg")
        person.app.screen.query_one("#field-amplitude", Input).value = "10.5 mA"
        person.app.screen.query_one("#field-pulse_width", Input).value = "300 us"
        await person.until_seen("CONFIRM")
        keep("editor")
        await person.press("f6")
        await person.until_seen("therapy-started")
        keep("log")
        await person.press("f7")
        person.app.screen.query_one("#file", Input).value = str(trace)
        await person.press("enter")
        await person.until_seen("3 events")
        keep("trace")
        for name, words in FURTHER:
            await person.press("f8")
            person.app.action_show(name)
            await person.until_seen(words, "All actions")
            keep(name)
        person.app.set_role(UserRole.ENGINEER)
        person.app.action_show("console")
        await person.until_seen("live:", "Status", "All actions")
        keep("console")
        person.app.action_show("faults")
        await person.until_seen("the implant itself: mode", "All actions")
        person.app.screen.query_one("#asked", Input).value = "E3"
        implant.order({"do": "break", "kind": "lead-open", "contact": "E3"})
        await person.until_seen("BROKEN  lead-open")
        keep("faults")
        person.app.set_role(UserRole.CLINICIAN)
        await person.press("f1")
        await person.until_seen("Everywhere", "All actions")
        keep("help")
        await person.press("f12")

    with LiveImplant(DAY, roles=(PairRole.CLINICIAN,)) as implant:
        story(tell, implant, size=SIZE, keys=keys_of(implant))
    trace.unlink()
    return (
        names
        + _pictures_of_pairing(folder)
        + _pictures_of_a_record(folder)
        + _picture_of_a_patient(folder)
        + _picture_of_a_posture(folder)
    )


def _pictures_of_pairing(folder: Path) -> list[str]:
    """The walk through a pairing at its last step, and who is paired afterwards."""

    async def tell(person: Person) -> None:
        def keep(name: str) -> None:
            (folder / f"{name}.svg").write_text(person.app.export_screenshot(title="scs programmer"), encoding="utf-8")

        await person.until(lambda: isinstance(person.app.screen, PairingScreen), "the walk through a pairing")
        walk = person.app.screen
        assert isinstance(walk, PairingScreen)
        await person.until_seen("1 of 3")
        walk._on_bench_found("bench")
        await person.press("ctrl+o")
        await person.until_seen("The bench has held the magnet")
        await person.click("#on")
        await person.until_seen("Who is this programmer for?")
        await person.click("#clinician")
        await person.until_seen("The bench shows the same words.")
        keep("pairing")
        await person.click("#same")
        await person.until_seen("Connected.")
        person.app.action_show("access")
        await person.until_seen("this programmer", "handshakes were answered", "All actions")
        keep("access")

    with LiveImplant(roles=(PairRole.PATIENT,)) as implant:
        story(tell, implant, size=SIZE, keys=KeyRing())
    return ["pairing", "access"]


def _pictures_of_a_record(folder: Path) -> list[str]:
    """The list of further screens, and a session that is replayed from a book."""
    book = folder / "pictures.sqlite"
    url = f"sqlite:///{book}"
    a_recorded_visit(url, DAY)

    async def tell(person: Person) -> None:
        def keep(name: str) -> None:
            (folder / f"{name}.svg").write_text(person.app.export_screenshot(title="scs programmer"), encoding="utf-8")

        await person.press("f8")
        await person.until_seen("what was done and seen before", "All actions")
        keep("more")
        person.app.action_show("sessions")
        await person.until_seen("test at memory")
        await person.press("enter")
        await person.until_seen("session opened")
        await person.press("end", *["up"] * 4)
        await person.until_seen("left leg")
        keep("sessions")

    story(tell, size=SIZE, records_url=url)
    book.unlink()
    return ["more", "sessions"]


def _picture_of_a_patient(folder: Path) -> list[str]:
    """A patient who lies down, with pain over coverage."""
    session = LiveSession(find_scenario("lying-down"))

    async def take() -> None:
        app = ProgrammerApp(room=session.do)
        async with app.run_test(size=SIZE) as pilot:
            person = Person(app, pilot)
            app.action_show("patient")
            await person.until_seen("sitting, feels: strong", "All actions")
            await person.press("l", "a")
            await person.until_seen("supine, feels: painful", "BACK")
            (folder / "patient.svg").write_text(app.export_screenshot(title="scs programmer"), encoding="utf-8")

    asyncio.run(take())
    return ["patient"]


def _picture_of_a_posture(folder: Path) -> list[str]:
    """A growth curve that was measured, over the traces of a closed loop."""

    async def tell(person: Person) -> None:
        person.app.action_show("posture")
        person.app.link.submit("start", lambda client, show: client.start(0))
        await person.until_seen("loop closed")
        await person.press("g", "tab", "enter")
        await person.until_seen("slope", "loop closed", "All actions")
        (folder / "posture.svg").write_text(person.app.export_screenshot(title="scs programmer"), encoding="utf-8")

    with a_listener(4_000, 7_000) as implant:
        story(tell, implant, size=SIZE)
    return ["posture"]


if __name__ == "__main__":
    take_pictures(Path(sys.argv[1]))
