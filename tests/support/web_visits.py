"""A running `scs web`, and visitors who speak to it as a browser's page does."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from scs.clock import Duration
from tests.support.waiting import wait_until

STARTS = Duration.of_s(40)
"""A visitor's two processes on a machine that is busy with everything else."""
ENDS_S = 60

_ESCAPES = re.compile(rb"\x1b\[[0-9;?<>=$]*[A-Za-z]|\x1b[()][A-Z0-9]")


def plain(painted: bytes) -> str:
    """What was painted, without colours and places: words stay whole, lines do not."""
    return _ESCAPES.sub(b"", painted).decode("utf-8", "replace")


@dataclass
class WebServer:
    """The process and the address that it printed."""

    process: subprocess.Popen[str]
    address: str
    said: list[str] = field(default_factory=list)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(ENDS_S)


@contextmanager
def a_lesson(scenario: str, folder: Path) -> Iterator[str]:
    """`scs train live` with nobody on its link; the door of its room, for an instructor."""
    door = folder / "door"
    live = ("train", "live", scenario, "--link", "tcp:127.0.0.1:0", "--door", str(door))
    environment = dict(os.environ) | {"XDG_STATE_HOME": str(folder), "SCS_RECORDS_URL": "none"}
    command = [sys.executable, "-m", "scs.cli", *live]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, env=environment) as session:
        try:
            wait_until(door.exists, "the door of the session", STARTS)
            yield str(door)
        finally:
            session.terminate()


@contextmanager
def web_server(*options: str, folder: Path, serving: tuple[str, ...] = ("web",)) -> Iterator[WebServer]:
    """`scs web`, or another verb that serves, on a free port; what its visitors keep goes beneath `folder`."""
    command = [sys.executable, "-m", "scs.cli", *serving, "--port", "0", *options]
    environment = dict(os.environ) | {"TMPDIR": str(folder), "XDG_STATE_HOME": str(folder)}
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    assert process.stdout is not None
    said: list[str] = []
    address = ""
    for line in process.stdout:
        said.append(line)
        if line.startswith("open "):
            address = line.removeprefix("open ").strip()
            break
    assert address, said
    reader = threading.Thread(target=lambda: said.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        yield WebServer(process, address, said)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(ENDS_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        reader.join(ENDS_S)
        process.stdout.close()


def fetched(address: str, **headers: str) -> tuple[int, str]:
    """Status and text of one page."""
    try:
        with urlopen(Request(address, headers=headers), timeout=ENDS_S) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@contextmanager
def a_visit(address: str) -> Iterator[Visitor]:
    """A visitor who leaves at the end of the block."""
    visitor = Visitor(address)
    try:
        yield visitor
    finally:
        visitor.leave()


_PING, _PONG = b"\x89\x00", bytes([0x8A, 0x80, 0, 0, 0, 0])
"""The server asks now and then whether the visitor is still there; painted text holds no zero byte."""


class Visitor:
    """A socket as the page opens it: keys in, painted bytes out. Its frames are the browser's, made by hand."""

    def __init__(self, address: str) -> None:
        host, _, path = address.removeprefix("http://").partition("/")
        name, _, port = host.partition(":")
        self._near = socket.create_connection((name, int(port)), ENDS_S)
        self._near.sendall(
            f"GET /{path}ws?width=100&height=30 HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.painted = bytearray()
        self.is_gone = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def press(self, keys: str) -> None:
        payload = json.dumps(["stdin", keys]).encode()
        assert len(payload) < 126, "one short frame"
        # A mask of zeros is one that the server need not be told twice.
        self._near.sendall(bytes([0x81, 0x80 | len(payload), 0, 0, 0, 0]) + payload)

    def until_seen(self, *words: str) -> str:
        wait_until(lambda: all(word in plain(bytes(self.painted)) for word in words), f"{words} in a browser", STARTS)
        return plain(bytes(self.painted))

    def leave(self) -> None:
        with suppress(OSError):
            self._near.shutdown(socket.SHUT_RDWR)
        self._thread.join(ENDS_S)
        self._near.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while piece := self._near.recv(65_536):
                self.painted += piece
                if _PING in piece:
                    self._near.sendall(_PONG)
        self.is_gone.set()


def processes_of(serial: str, folder: Path) -> list[int]:
    """The processes of one visit, by the serial number that each was given; Linux only.

    Those of another server, which has the same numbers, keep what they need beneath another `folder`.
    """
    found = []
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if not process.name.isdecimal() or serial.encode() not in (process / "cmdline").read_bytes().split(b"\0"):
                continue
            if f"TMPDIR={folder}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found
