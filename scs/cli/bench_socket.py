"""The bench's door as a local socket: one line of JSON in, one line out. It is no part of the implant's link.

Where the system has Unix sockets the door is a file that only its owner may open. Elsewhere it is a port of this
machine, and the file holds its number and a token that each caller has to give first.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

from scs.errors import LinkClosed, NoAnswer, StoreError, TransportError

LINE_MAX = 64_000_000
"""A snapshot is some 100 kB; a line that is longer than this is none of ours."""
CALL_S = 120
"""A jump of a hundred years takes some seconds."""
Serve = Callable[[str, Callable[[str], None]], None]
"""Gives a line to the implant, and the answer to whoever is told."""


@contextmanager
def bench_socket(path: str, serve: Serve) -> Iterator[None]:
    """Offer the door at `path` until the end of the block. Raises StoreError where it cannot be."""
    door = Path(path)
    try:
        listener, token = _listen(door)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; choose another path for the bench") from error
    thread = threading.Thread(target=_accept, args=(listener, token, serve), daemon=True)
    thread.start()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        door.unlink(missing_ok=True)


def call_bench(path: str, line: str) -> str:
    """Give one order to the door at `path`; the answer. Raises TransportError, NoAnswer or LinkClosed."""
    try:
        with _connect(path) as near:
            near.settimeout(CALL_S)
            near.sendall(line.encode() + b"\n")
            answer = _read_line(near)
    except TimeoutError as error:
        raise NoAnswer(f"{path}: the bench did not answer within {CALL_S} s; look whether it still runs") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise TransportError(
            f"{path}: no bench is open here ({why}); start one with: scs emulate --link pty --bench {path}"
        ) from error
    if answer is None:
        raise LinkClosed(f"{path}: the bench was closed before it answered")
    return answer


def _listen(door: Path) -> tuple[socket.socket, str]:
    if _is_stale(door):
        door.unlink()
    if hasattr(socket, "AF_UNIX"):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # A door that can be seen can be opened: it gets its name when somebody listens behind it.
        # The path of a socket is short (108 bytes on Linux), so the name before that adds nothing to it.
        draft = door.with_name(f".{os.getpid() % 1_000}")
        before = os.umask(0o177)
        try:
            listener.bind(str(draft))
        finally:
            os.umask(before)
        listener.listen()
        if door.exists():
            draft.unlink()
            raise FileExistsError(errno.EEXIST, "somebody has it already")
        draft.rename(door)
        token = ""
    else:  # pragma: no cover - Windows
        listener, token = socket.create_server(("127.0.0.1", 0)), secrets.token_hex(16)
        listener.listen()
        door.write_text(f"{listener.getsockname()[1]} {token}", encoding="ascii")
    return listener, token


def _is_stale(door: Path) -> bool:
    """Whether somebody who was killed left the door behind."""
    if not door.is_socket():
        return False
    try:
        with _connect(str(door)):
            return False
    except OSError:
        return True


def _connect(path: str) -> socket.socket:
    if hasattr(socket, "AF_UNIX"):
        near = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            near.connect(path)
        except OSError:
            near.close()
            raise
        return near
    port, token = Path(path).read_text(encoding="ascii").split()  # pragma: no cover - Windows
    near = socket.create_connection(("127.0.0.1", int(port)))  # pragma: no cover
    near.sendall(token.encode() + b"\n")  # pragma: no cover
    return near  # pragma: no cover


def _accept(listener: socket.socket, token: str, serve: Serve) -> None:
    while True:
        try:
            near, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_attend, args=(near, token, serve), daemon=True).start()


def _attend(near: socket.socket, token: str, serve: Serve) -> None:
    with near, contextlib.suppress(OSError):
        if token and _read_line(near) != token:
            return
        while (line := _read_line(near)) is not None:
            answers: Queue[str] = Queue()
            serve(line, answers.put)
            near.sendall(answers.get().encode() + b"\n")


def _read_line(near: socket.socket) -> str | None:
    """The next line, or None when there is none any more, or it is too long to be one."""
    gathered = bytearray()
    while not gathered.endswith(b"\n"):
        piece = near.recv(65_536)
        if not piece or len(gathered) > LINE_MAX:
            return None
        gathered += piece
    return gathered[:-1].decode("utf-8", "replace")
