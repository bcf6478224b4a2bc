"""The implant's log as a file: CSV for a table program, JSON for another program. No screen is imported here.

Only a new file is written: a log that was exported once may be evidence, and nothing here can replace it.
"""

from __future__ import annotations

import json
from pathlib import Path

from scs.programmer.history import CheckedLog
from scs.programmer.history_words import log_csv, log_data

SUFFIXES = (".csv", ".json")


def export_trouble(path: Path) -> str:
    """Why the log cannot be written to `path`, and what to do; empty when nothing speaks against it."""
    if path.suffix.lower() not in SUFFIXES:
        return f'"{path}" ends neither in .csv nor in .json; the ending says which of them is written'
    if path.exists():
        return f"{path} is there already, and no file is written over; name another one"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}; make it, or name another one"
    return ""


def write_log(path: Path, log: CheckedLog) -> str:
    """Write every entry with its link, and say what was written, or why nothing was."""
    text = log_csv(log) if path.suffix.lower() == ".csv" else json.dumps(log_data(log), ensure_ascii=False)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(f"{text}\n")
    except OSError as error:
        return f"Not exported: {path} cannot be written ({error.strerror or error})"
    whole = "its chain is whole" if not log.breaks else f"THE LOG IS NOT WHOLE: {'; '.join(log.breaks)}"
    return f"Exported {len(log.chain)} entries to {path}; {whole}"
