"""Where a person's session records are: SCS_RECORDS_URL, or a file in the folder of what programs keep."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

NOWHERE = "none"
"""SCS_RECORDS_URL=none: nothing is recorded."""


def records_url(environment: Mapping[str, str]) -> str | None:
    """The book's URL, or None where nothing is to be recorded."""
    named = environment.get("SCS_RECORDS_URL", "")
    if named == NOWHERE:
        return None
    return named or f"sqlite:///{state_folder(environment) / 'records.sqlite'}"


def state_folder(environment: Mapping[str, str]) -> Path:
    """Where this person's programs keep what they wrote (XDG base directories; LOCALAPPDATA on Windows)."""
    named = environment.get("XDG_STATE_HOME") or environment.get("LOCALAPPDATA")
    return (Path(named) if named else Path.home() / ".local" / "state") / "scs"
