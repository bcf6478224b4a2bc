"""`scs web`: a token before everything, an implant for each visitor, and no process left when somebody leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from scs.cli.web import is_loopback
from tests.support.waiting import wait_until
from tests.support.web_visits import STARTS, a_lesson, a_visit, fetched, processes_of, web_server

pytest.importorskip("textual_serve", reason="the extra web is not installed: pip install 'scs[web]'")

F2, F8 = "\x1bOQ", "\x1b[19~"
"""As a terminal sends them."""

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are counted in /proc"),
    pytest.mark.slow,
]


@pytest.mark.req("S-22")
def test_nothing_is_shown_without_the_token(tmp_path: Path) -> None:
    with web_server(folder=tmp_path) as server:
        status, page = fetched(server.address)
        assert status == 200
        assert "never for clinical use" in page
        assert "//fonts." not in page
        root = server.address.split("/")[:3]
        token = server.address.split("/")[3]
        assert len(token) == 32
        other = token[:-1] + ("A" if token[-1] != "A" else "B")
        for path in ("", f"{other}/", "static/js/textual.js", f"{other}/static/js/textual.js", "ws", f"{token[:-1]}/"):
            status, said = fetched("/".join((*root, path)))
            assert (status, "whole address" in said) == (403, True), path
        assert fetched(server.address + "static/js/textual.js")[0] == 200
        assert fetched(server.address + "ws", Origin="http://elsewhere.example")[0] == 403
        assert server.end() == 0


def test_each_visitor_has_an_implant_of_his_own_that_ends_with_the_visit(tmp_path: Path) -> None:
    with web_server("--visitors", "2", folder=tmp_path) as server, ExitStack() as stack:
        first = stack.enter_context(a_visit(server.address))
        first.until_seen("WEB-000001: idle", "never for clinical use")
        second = stack.enter_context(a_visit(server.address))
        second.until_seen("WEB-000002: idle")
        assert "WEB-000002" not in bytes(first.painted).decode("utf-8", "replace")
        assert len(processes_of("WEB-000001", tmp_path)) == len(processes_of("WEB-000002", tmp_path)) == 2
        status, said = fetched(server.address)
        assert (status, "all 2 places are taken" in said) == (503, True)
        first.leave()
        wait_until(lambda: not processes_of("WEB-000001", tmp_path), "the first visit to end", STARTS)
        assert len(processes_of("WEB-000002", tmp_path)) == 2, "the other visit goes on"
        wait_until(lambda: fetched(server.address)[0] == 200, "a free place", STARTS)
        assert server.end() == 0
        assert not processes_of("WEB-000002", tmp_path)
        second.leave()
    assert not list(tmp_path.glob("scs-*")), "what visitors kept is gone with them"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_server(number: signal.Signals, tmp_path: Path) -> None:
    with web_server(folder=tmp_path) as server, ExitStack() as stack:
        visitor = stack.enter_context(a_visit(server.address))
        visitor.until_seen("WEB-000001: idle")
        assert len(processes_of("WEB-000001", tmp_path)) == 2
        server.end(number)
        wait_until(lambda: not processes_of("WEB-000001", tmp_path), "the visit to end with the server", STARTS)
        visitor.leave()


def test_a_programmer_that_hangs_is_killed_with_its_emulator(tmp_path: Path) -> None:
    with web_server(folder=tmp_path) as server, ExitStack() as stack:
        visitor = stack.enter_context(a_visit(server.address))
        visitor.until_seen("WEB-000001: idle")
        for process in processes_of("WEB-000001", tmp_path):
            os.kill(process, signal.SIGSTOP)
        visitor.leave()
        wait_until(lambda: not processes_of("WEB-000001", tmp_path), "the stopped visit to be killed", STARTS)


def test_another_host_than_this_machine_is_warned_of_in_one_line(tmp_path: Path) -> None:
    with web_server("--host", "0.0.0.0", folder=tmp_path) as server:
        warned = [line for line in server.said if "reached from other machines" in line]
        assert len(warned) == 1


@pytest.mark.req("S-22")
def test_loopback_is_told_from_everything_else() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost")] == [True] * 4
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "192.168.1.2", "localhost.example", ""))


def test_a_port_in_use_is_said_with_a_way_out(tmp_path: Path) -> None:
    with web_server(folder=tmp_path) as server:
        port = server.address.split(":")[2].split("/")[0]
        done = subprocess.run(
            [sys.executable, "-m", "scs.cli", "web", "--port", port], capture_output=True, text=True, check=False
        )
        assert done.returncode == 7
        assert "choose another --port" in done.stderr


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "textual_serve.py").write_text("raise ModuleNotFoundError('gone', name='textual_serve')\n")
    environment = dict(os.environ)
    environment["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{Path.cwd()}"
    done = subprocess.run(
        [sys.executable, "-m", "scs.cli", "web"], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 2
    assert "pip install 'scs[web]'" in done.stderr


def test_two_tabs_of_an_instructor_watch_and_pause_the_same_session(tmp_path: Path) -> None:
    with (
        a_lesson("lying-down", tmp_path) as door,
        web_server(folder=tmp_path, serving=("train", "watch", door, "--web")) as server,
        ExitStack() as stack,
    ):
        first = stack.enter_context(a_visit(server.address))
        first.until_seen("lying-down", "sitting, feels strong", "never for clinical use")
        second = stack.enter_context(a_visit(server.address))
        second.until_seen("sitting, feels strong")
        first.press(F2)
        second.until_seen("PAUSED")
        first.press(F8)
        first.until_seen("FRONT", "BACK")
        assert fetched(server.address.rsplit("/", 2)[0] + "/ws")[0] == 403, "no tab without the token"
        assert server.end() == 0
