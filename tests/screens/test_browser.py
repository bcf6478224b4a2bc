"""A person programs an emulated implant in a real browser, through `scs web`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scs.clock import Duration
from tests.support.waiting import wait_until
from tests.support.web_visits import plain, web_server

pytest.importorskip("textual_serve", reason="the extra web is not installed: pip install 'scs[web]'")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
CHROMIUM = shutil.which("chromium")
SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here: apt-get install chromium")
def test_an_implant_is_programmed_started_and_stopped_in_a_browser(tmp_path: Path) -> None:
    painted = bytearray()

    def hear(frame: str | bytes) -> None:
        painted.extend(frame if isinstance(frame, bytes) else b"")

    with web_server(folder=tmp_path) as server, playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(SWITCHES))
        page = browser.new_page(viewport={"width": 1_000, "height": 620})
        page.on("websocket", lambda near: near.on("framereceived", hear))

        def until_painted(words: str) -> None:
            def is_there() -> bool:
                page.wait_for_timeout(20)
                return words in plain(bytes(painted))

            wait_until(is_there, f"{words!r} in the browser", Duration.of_s(12))
            painted.clear()

        page.goto(server.address)
        assert page.locator("#never").inner_text() == "software model, never for clinical use"
        until_painted("this session may write")
        page.locator(".xterm-helper-textarea").focus()
        page.keyboard.press("F4")
        until_painted("Review and send")
        for key in ("ArrowDown", "ArrowDown", "g"):
            page.keyboard.press(key)
        until_painted("PASS: no rule objects")
        page.keyboard.press("Control+s")
        until_painted("Cancel")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        until_painted("Confirmed by the implant: slot 0")
        page.keyboard.press("F3")
        until_painted("Soft stop")
        page.keyboard.press("s")
        until_painted("therapy")
        page.keyboard.press("F12")
        until_painted("STOP confirmed")
        page.screenshot(path=str(tmp_path / "stopped.png"))
        browser.close()
        assert server.end() == 0
