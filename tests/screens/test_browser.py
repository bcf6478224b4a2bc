"""A person programs an emulated implant in a real browser, and an instructor watches a trainee in one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scs.clock import Duration
from tests.support.waiting import wait_until
from tests.support.web_visits import a_lesson, plain, web_server

pytest.importorskip("textual_serve", reason="the extra web is not installed: pip install 'scs[web]'")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
CHROMIUM = shutil.which("chromium")
SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here: apt-get install chromium")


class Tab:
    """A page in Chromium, and what was painted in it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self._painted = bytearray()
        page.on("websocket", lambda near: near.on("framereceived", self._hear))

    def _hear(self, frame: str | bytes) -> None:
        self._painted.extend(frame if isinstance(frame, bytes) else b"")

    def until_painted(self, words: str) -> None:
        def is_there() -> bool:
            self.page.wait_for_timeout(20)
            return words in plain(bytes(self._painted))

        wait_until(is_there, f"{words!r} in the browser", Duration.of_s(12))
        self._painted.clear()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


@contextmanager
def a_tab(address: str) -> Iterator[Tab]:
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(SWITCHES))
        tab = Tab(browser.new_page(viewport={"width": 1_000, "height": 620}))
        tab.page.goto(address)
        assert tab.page.locator("#never").inner_text() == "software model, never for clinical use"
        yield tab
        browser.close()


@pytest.mark.slow
@needs_chromium
def test_an_implant_is_programmed_started_and_stopped_in_a_browser(tmp_path: Path) -> None:
    with web_server(folder=tmp_path) as server:
        with a_tab(server.address) as tab:
            tab.until_painted("this session may write")
            tab.page.locator(".xterm-helper-textarea").focus()
            tab.press("F4")
            tab.until_painted("Review and send")
            tab.press("ArrowDown", "ArrowDown", "g")
            tab.until_painted("PASS: no rule objects")
            tab.press("Control+s")
            tab.until_painted("Cancel")
            tab.press("Tab", "Enter")
            tab.until_painted("Confirmed by the implant: slot 0")
            tab.press("F3")
            tab.until_painted("Soft stop")
            tab.press("s")
            tab.until_painted("therapy")
            tab.press("F12")
            tab.until_painted("STOP confirmed")
        assert server.end() == 0


@pytest.mark.slow
@needs_chromium
def test_an_instructor_pauses_annotates_and_ends_a_lesson_in_a_browser(tmp_path: Path) -> None:
    with (
        a_lesson("lying-down", tmp_path) as door,
        web_server(folder=tmp_path, serving=("train", "watch", door, "--web")) as server,
    ):
        with a_tab(server.address) as tab:
            tab.until_painted("sitting, feels strong")
            tab.page.locator(".xterm-helper-textarea").focus()
            tab.press("F2")
            tab.until_painted("PAUSED")
            tab.press("F6")
            tab.until_painted("supine")
            tab.page.keyboard.type("annotate words='look at the posture'")
            tab.press("Enter")
            tab.until_painted("look at the posture")
            tab.press("F10")
            tab.until_painted("of 100")
        assert server.end() == 0
