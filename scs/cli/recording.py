"""The edge where a session gets its record: where the book is, what time it is, and where trouble is said."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from scs import __version__
from scs.clock import WallClock, civil_time
from scs.programmer.recording import SessionRecord
from scs.programmer.unresolved import Notes
from scs.records.entry import Opening
from scs.records.place import records_url, state_folder
from scs.records.recorder import Recorder


def say_on_stderr(trouble: str) -> None:
    """How a command tells that the record has trouble; what it was asked to do goes on."""
    print(f"scs: {trouble}", file=sys.stderr, flush=True)


def notes_of_operations(say: Callable[[str], None] = say_on_stderr) -> Notes:
    """Where what is begun is noted before it is sent, for whoever connects after a crash."""
    return Notes(state_folder(os.environ) / "unresolved", say)


def session_record(
    program: str, address: str, say: Callable[[str], None] = say_on_stderr, *, is_urgent: bool = False
) -> SessionRecord | None:
    """A record of a session that begins now, or None where SCS_RECORDS_URL says so.

    With `is_urgent` nothing is opened before the session is over: a STOP does not wait while a library loads.
    """
    url = records_url(os.environ)
    if url is None:
        return None
    opening = Opening(civil_time(), program, address, f"scs {__version__}")
    recorder = Recorder(url, opening, WallClock(), say)
    if not is_urgent:
        recorder.start()
    return SessionRecord(recorder)
