"""The disk, for commands: the files and ids that a person names become values, or a BadFile that says why not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scs.errors import BadFile, BadPrescription

if TYPE_CHECKING:
    from scs.domain.profile import DeviceProfile

BYTES_MAX = 4_000_000
"""Four times what the readers take in characters; a device file or a disk image is refused before it fills memory."""


def read_text(path: str) -> str:
    """The text of a file, or of standard input for "-"; raises BadFile."""
    try:
        if path == "-":
            raw = sys.stdin.buffer.read(BYTES_MAX + 1)
        else:
            with Path(path).open("rb") as file:
                raw = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise BadFile(path, (f"cannot be opened: {error.strerror or error}; check the path",)) from error
    except ValueError as error:
        raise BadFile(path.replace("\0", "\\0"), ("is no file's name; check the path",)) from error
    if len(raw) > BYTES_MAX:
        raise BadFile(path, (f"is larger than {BYTES_MAX} bytes; this is no file of ours",))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(path, (f"byte {error.start} is no UTF-8; save the file as UTF-8",)) from error


def chosen_profile(name: str) -> DeviceProfile:
    """A shipped profile by its id, or one from a TOML file; raises BadPrescription or BadFile."""
    from scs.domain.profile import find_profile, parse_profile, profile_ids

    if name in profile_ids() or not _is_path(name):
        return find_profile(name)
    try:
        return parse_profile(read_text(name), name)
    except BadPrescription as error:
        raise BadFile(name, (str(error),)) from error


def _is_path(name: str) -> bool:
    return name == "-" or name.endswith(".toml") or "/" in name or "\\" in name or Path(name).exists()
