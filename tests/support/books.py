"""Books of session records for tests, on SQLite and, where one is installed, on a real PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from scs.clock import WallClock
from scs.programmer.recording import SessionRecord
from scs.records.entry import Entry, Kind, Opening
from scs.records.recorder import Recorder

OPENING = Opening("2026-11-23T10:00:00Z", "test", "memory", "scs 0")
SERVER_USER = "postgres"
"""PostgreSQL refuses to run for the superuser, so tests that are run by one hand the server over to this account."""


def a_line(number: int) -> Entry:
    """A line that is unlike every other."""
    return Entry(number * 1_000, Kind.EXCHANGE, "GetStatus", {"request": f"{number:02x}", "answer": "µ"})


def missing_for_postgresql() -> str:
    """What a test against PostgreSQL lacks here; empty when it can run."""
    lacks = [tool for tool in ("initdb", "pg_ctl") if shutil.which(tool) is None]
    lacks += [] if find_spec("psycopg") else ["psycopg"]
    return ", ".join(lacks)


@contextmanager
def postgresql() -> Iterator[str]:
    """A server of its own with an empty database; its URL."""
    # Not in a test's own folder: the superuser's is closed to the account of the server, and a socket's path is short.
    with TemporaryDirectory(prefix="scs-books-") as folder:
        yield from _served(Path(folder))


def _served(folder: Path) -> Iterator[str]:
    # Accounts of this kind exist on POSIX only, and so does this way to start a server.
    import pwd

    data, is_root = folder / "data", os.geteuid() == 0
    owner = pwd.getpwnam(SERVER_USER) if is_root else pwd.getpwuid(os.geteuid())
    folder.chmod(0o755)
    data.mkdir()
    for place in (folder, data):
        os.chown(place, owner.pw_uid, owner.pw_gid)

    def run(*command: str) -> None:
        subprocess.run(command, check=True, user=owner.pw_uid, cwd=data, stdout=subprocess.DEVNULL, timeout=60)

    run("initdb", "-D", str(data), "-U", "scs", "--auth=trust", "--no-sync")
    run("pg_ctl", "-D", str(data), "-w", "-l", str(data / "log"), "-o", f"-h '' -k {folder}", "start")
    try:
        yield f"postgresql+psycopg://scs@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")


def a_record(url: str, say: Callable[[str], None]) -> SessionRecord:
    """A record that is being written, as OPENING says."""
    recorder = Recorder(url, OPENING, WallClock(), say)
    recorder.start()
    return SessionRecord(recorder)
