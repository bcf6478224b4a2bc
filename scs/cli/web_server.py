"""The server behind `scs web`: textual-serve, with a token in front, a limit of visitors, and an end to every process.

Everything lies under `/TOKEN/`, the page, its scripts and the socket alike. A visit is a process group of its own: it
is asked to leave, which gives the session with its implant back, and killed when it does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp_jinja2
import jinja2
from aiohttp import web
from aiohttp.typedefs import Handler
from textual_serve.app_service import AppService
from textual_serve.server import Server

from programmer_tui.presentation_frame import NEVER_CLINICAL
from scs.cli.table import FOOTER

FAREWELL_S = 9
"""Seconds that a visitor's programmer has to give its session back; it waits at most five for its emulator."""
KILLED_S = 3
"""Seconds that a process has to end once it has said that it will."""
TITLE = "Programmer"
HEADERS = {
    "Cache-Control": "no-store",
    # The token stands in the address, and the address must not travel to anybody else.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:",
}


class Visit(AppService):
    """One visitor's program, with a folder of its own for whatever it keeps."""

    def __init__(self, arguments: Sequence[str], **named: Any) -> None:
        super().__init__(f"scs {' '.join(arguments)}", **named)
        self._arguments = arguments
        self._folder = tempfile.mkdtemp(prefix="scs-web-")

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        environment = self._build_environment(width, height) | {
            "TEXTUAL_DRIVER": "programmer_tui.visit_driver:VisitDriver",
            "XDG_STATE_HOME": self._folder,
            "LOCALAPPDATA": self._folder,
            # A visitor must neither read nor replace a key of the person who serves.
            "SCS_KEYS": str(Path(self._folder) / "keys"),
            "SCS_RECORDS_URL": f"sqlite:///{Path(self._folder) / 'records.sqlite'}",
        }
        command = [sys.executable, "-m", "scs.cli", *self._arguments]
        self._process = process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment, start_new_session=True
        )
        self._stdin = process.stdin
        return process

    async def stop(self) -> None:
        """Ask it to leave, see to it that it does, and remove what it kept. May be called again."""
        try:
            await asyncio.wait_for(super().stop(), FAREWELL_S)
        except TimeoutError:
            self._task = None
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), KILLED_S)
            _kill_all_of(process)
            await process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _kill_all_of(process: Process) -> None:
    """What is left of a visit, its emulator with it. Nothing is, when it left as asked."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        elif process.returncode is None:
            process.kill()


class ProgrammerServer(Server):
    """`serve` blocks until SIGINT or SIGTERM. Raises OSError when the port is taken."""

    ABOUT = "each with an emulated implant"
    """What a visitor gets, as it is printed."""
    STARTING = "An emulated implant and its programmer are starting."
    ENDED = "This visit has ended, and its emulated implant with it."
    """What the page says before and after."""

    def __init__(self, host: str, port: int, visitors: int) -> None:
        self._socket = _listening(host, port)
        self.token = secrets.token_urlsafe(24)
        self._visitors = visitors
        self._visits: dict[Visit, web.WebSocketResponse] = {}
        self._count = 0
        super().__init__("scs programmer --demo", host, self._socket.getsockname()[1], TITLE)

    @property
    def address(self) -> str:
        """What a visitor opens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/{self.token}/"

    def serve(self, debug: bool = False) -> None:
        """Serve until a signal, then end every visit."""
        self.debug = debug
        loop = asyncio.new_event_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, self.request_exit)
        web.run_app(
            self._make_app(), sock=self._socket, handle_signals=False, loop=loop, print=None, access_log=None,
            shutdown_timeout=KILLED_S,
        )  # fmt: skip

    async def _make_app(self) -> web.Application:
        app = web.Application(middlewares=[self._only_with_the_token])
        aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True)
        app.add_routes(
            [
                web.get(f"/{self.token}/", self.handle_index, name="index"),
                web.get(f"/{self.token}/ws", self.handle_websocket, name="websocket"),
                web.get(f"/{self.token}/download/{{key}}", self.handle_download, name="download"),
                web.static(f"/{self.token}/static", self.statics_path, name="static"),
            ]
        )
        app.on_startup.append(self.on_startup)
        app.on_shutdown.append(self.on_shutdown)
        return app

    @web.middleware
    async def _only_with_the_token(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nothing at all, not even whether a page exists, without the token; compared in constant time."""
        given = request.path.split("/", 2)[1]
        if not secrets.compare_digest(given.encode(), self.token.encode()):
            raise web.HTTPForbidden(text="403: open the whole address that scs web printed\n", headers=HEADERS)
        response = await handler(request)
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    async def on_startup(self, app: web.Application) -> None:
        print(f"open {self.address}", flush=True)
        print(f"at most {self._visitors} visitors, {self.ABOUT}; Ctrl+C ends\n{FOOTER}", flush=True)

    async def on_shutdown(self, app: web.Application) -> None:
        """End every visit at once, so that the slowest alone decides how long it takes."""
        visits = dict(self._visits)
        await asyncio.gather(*(visit.stop() for visit in visits), return_exceptions=True)
        await asyncio.gather(*(near.close() for near in visits.values()), return_exceptions=True)

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page, or 503 while all places are taken."""
        if self._is_full:
            raise self._full()
        secure = "wss" if request.secure else "ws"
        context = {
            "static": f"/{self.token}/static",
            "socket": f"{secure}://{request.host}/{self.token}/ws",
            "title": self.title,
            "starting": self.STARTING,
            "ended": self.ENDED,
            "never": NEVER_CLINICAL,
        }
        return aiohttp_jinja2.render_template("web_page.html.j2", request, context)

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One visit, from its first byte to the end of its processes."""
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="403: the page that asks is not the one that scs web serves\n")
        if self._is_full:
            raise self._full()
        width, height = (_cells(request.query.get(name, ""), usual) for name, usual in (("width", 80), ("height", 24)))
        near = web.WebSocketResponse(heartbeat=15)
        self._count += 1
        visit = Visit(
            self.arguments_of(self._count), write_bytes=near.send_bytes, write_str=near.send_str, close=near.close,
            download_manager=self.download_manager,
        )  # fmt: skip
        self._visits[visit] = near
        try:
            await near.prepare(request)
            await visit.start(width, height)
            await self._process_messages(near, visit)
        finally:
            # A visitor who leaves while the server ends must not take this with him.
            await asyncio.shield(visit.stop())
            self._visits.pop(visit, None)
        return near

    def arguments_of(self, count: int) -> Sequence[str]:
        """What follows `scs` in the command of the visitor with this number."""
        return ("programmer", "--demo", "--serial", f"WEB-{count:06d}")

    @property
    def _is_full(self) -> bool:
        return len(self._visits) >= self._visitors

    def _full(self) -> web.HTTPServiceUnavailable:
        return web.HTTPServiceUnavailable(
            text=f"503: all {self._visitors} places are taken; wait until somebody leaves, or start scs web with more "
            "--visitors\n"
        )


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def _cells(text: str, usual: int) -> int:
    """A size in cells as the page gives it; the page says it again as soon as it knows better."""
    return int(text) if text.isascii() and text.isdecimal() and 1 <= int(text[:4]) <= 1_000 else usual
