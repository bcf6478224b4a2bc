"""The instructor's desk beside a live session: it watches, pauses, marks, rewinds, injects, annotates and ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from programmer_tui.instructor import Desk, InstructorApp
from programmer_tui.widgets.line_view import LineView
from scs.cli.exit_codes import ExitCode
from scs.cli.main import main
from scs.cli.train_watch import moment_line, read_order, told_of
from scs.clock import Duration, WallClock
from scs.errors import NoAnswer
from scs.training.live import LiveSession
from scs.training.scenario import find_scenario

PATIENCE = Duration.of_s(15)
Room = Callable[[Mapping[str, object]], dict[str, Any]]


class AtDesk:
    """Presses, types and waits at the desk."""

    def __init__(self, app: InstructorApp, pilot: Pilot[None]) -> None:
        self._app, self._pilot = app, pilot

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def order(self, line: str) -> None:
        self._app.query_one("#order", Input).value = line
        await self._pilot.press("enter")

    def sees(self) -> str:
        stated, answered = (str(self._app.query_one(name, Static).render()) for name in ("#state", "#answer"))
        return "\n".join([stated, *self._app.query_one("#moments", LineView).lines, answered])

    def picture(self) -> str:
        """What is painted."""
        return "\n".join(strip.text for strip in self._app.screen._compositor.render_strips())

    async def until(self, is_so: Callable[[str], bool], what: str) -> None:
        clock = WallClock()
        deadline = clock.now() + PATIENCE
        while not is_so(self.sees()):
            assert clock.now() < deadline, f"waited in vain for {what}; the desk says\n{self.sees()}"
            await self._pilot.pause(0.01)

    async def until_seen(self, words: str) -> None:
        await self.until(lambda said: words in said, words)


def at_desk(room: Room, tell: Callable[[AtDesk], Awaitable[None]]) -> None:
    async def run() -> None:
        app = InstructorApp(Desk(room, read_order, moment_line, told_of))
        async with app.run_test(size=(80, 24)) as pilot:
            await tell(AtDesk(app, pilot))

    asyncio.run(run())


def test_an_instructor_marks_injects_annotates_and_rewinds() -> None:
    session = LiveSession(find_scenario("lying-down"), "anna")

    async def tell(desk: AtDesk) -> None:
        await desk.until_seen("lying-down, anna")
        await desk.press("f2")
        await desk.until_seen("PAUSED")
        await desk.press("f3")
        await desk.until_seen("mark: done")
        await desk.press("f6")
        await desk.until_seen("supine, feels painful")
        await desk.press("f8")
        await desk.until(lambda _: "BACK" in desk.picture(), "the patient's body")
        await desk.press("f8")
        await desk.order("annotate words='look at the posture'")
        await desk.until_seen("instructor: look at the posture")
        await desk.press("f4")
        await desk.until_seen("sitting, feels strong")
        await desk.until(lambda said: "look at the posture" not in said, "what was taken back to go")
        assert not session.world.course.unsafe

    at_desk(session.do, tell)


def test_a_session_that_is_ended_is_told_in_full_and_kept() -> None:
    kept: list[dict[str, Any]] = []

    def keep(fields: dict[str, Any]) -> int:
        kept.append(fields)
        return 7

    session = LiveSession(find_scenario("lying-down"), "anna", keep=keep)

    async def tell(desk: AtDesk) -> None:
        await desk.until_seen("lying-down, anna")
        await desk.press("f10")
        await desk.until_seen("kept as session 7 of the book")
        await desk.press("f10")
        await desk.until_seen("end: done")

    at_desk(session.do, tell)
    assert [fields["trainee"] for fields in kept] == ["anna"]


def test_an_order_that_cannot_be_read_or_done_is_answered_with_a_sentence() -> None:
    async def tell(desk: AtDesk) -> None:
        await desk.order("annotate words='no end")
        await desk.until_seen("close what you quoted")
        await desk.order("rewind never")
        await desk.until_seen("write name=value")
        await desk.order("dance")
        await desk.until_seen("no order 'dance'")

    at_desk(LiveSession(find_scenario("lying-down")).do, tell)


def test_a_room_that_is_gone_is_said_at_the_desk() -> None:
    def silent(_order: Mapping[str, object]) -> dict[str, Any]:
        raise NoAnswer("nobody is there")

    async def tell(desk: AtDesk) -> None:
        await desk.until_seen("the room does not answer: nobody is there")

    at_desk(silent, tell)


def test_a_desk_in_a_browser_is_a_desk_of_that_room_on_this_machine_only(tmp_path: Path) -> None:
    pytest.importorskip("textual_serve", reason="the extra web is not installed: pip install 'scs[web]'")
    from scs.cli.train_desk import DeskServer

    server = DeskServer(str(tmp_path / "room"), 0, 2)
    assert server.address.startswith("http://127.0.0.1:")
    assert list(server.arguments_of(1)) == ["train", "watch", str(tmp_path / "room"), "--desk"]
    server._socket.close()


def test_a_desk_of_a_room_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for how in ([], ["--web"], ["state"]):
        assert main(["train", "watch", str(tmp_path / "nobody"), *how]) == ExitCode.PORT_TROUBLE
        said = capsys.readouterr().err
        assert "no training session" in said
        assert "scs train live SCENARIO" in said
