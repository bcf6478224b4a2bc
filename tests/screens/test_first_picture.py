"""The first picture comes before what is needed to talk to an implant is loaded, and that is loaded after it."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from programmer_tui.app import ProgrammerApp
from programmer_tui.presentation_frame import NEVER_CLINICAL
from tests.support.screen_story import Person
from tests.support.sources import ROOT

LATER = {"pydantic", "scs.programmer.client", "scs.programmer.session", "scs.domain.program", "sqlalchemy"}
PAINT = """
import asyncio, sys
from programmer_tui.app import ProgrammerApp
import scs.cli.programmer, scs.cli.pairing_place

async def paint() -> None:
    async with ProgrammerApp().run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        print(*sys.modules, sep="\\n")

asyncio.run(paint())
"""


def test_the_first_picture_waits_for_no_session_and_no_rule() -> None:
    done = subprocess.run([sys.executable, "-c", PAINT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "programmer_tui.screens.connect" in loaded
    assert loaded & LATER == set()


def test_what_can_wait_is_done_once_there_is_a_picture() -> None:
    shown: list[str] = []

    def note_what_is_there() -> None:
        shown.append("".join(strip.text for strip in app.screen._compositor.render_strips()))

    app = ProgrammerApp(afterwards=note_what_is_there)

    async def start() -> None:
        async with app.run_test() as pilot:
            await Person(app, pilot).until(lambda: shown, "what can wait")

    asyncio.run(start())
    assert NEVER_CLINICAL in shown[0]
