"""A whole implant as JSON text, and back: everything that it is at this moment, so that it goes on exactly the same.

What is kept is the implant's own objects, each with the class that it is of and what it holds, and the content of its
memory. What belongs to others is not: who listens at the bench, and where the memory is kept. A snapshot fits the code
that made it and no other, and the implant of the same serial number, leads and profile.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64decode, b64encode
from dataclasses import fields
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from firmware_model.device import Device
from firmware_model.faults.memory import FallibleMemory
from firmware_model.object_tree import TreeReader, TreeWriter
from firmware_model.parts import DeviceConfig, Parts
from firmware_model.store import MEMORY_SIZE, Memory
from scs.errors import BadFile

FORMAT = "scs-snapshot/1"
PACKAGES = ("firmware_model", "scs.domain", "scs.wire", "scs.body")
"""Whose code decides what the objects mean."""
_OUTSIDE = ("on_entry",)
"""Fields of Parts that belong to whoever looks at the implant."""


def take_snapshot(device: Device) -> str:
    """The implant as it is now. Raises BadPrescription for a part that is nobody's business but a test's."""
    memory = _innermost(device.memory)
    writer = TreeWriter(_given(device))
    content = memory.read(0, MEMORY_SIZE)
    document = {
        "format": FORMAT,
        "note": "a software model, never for clinical use",
        "code": code_digest(),
        "implant": config_digest(device.parts.config),
        "serial": device.parts.config.serial,
        "at_us": device.now.us,
        "memory": b64encode(zlib.compress(content, 1)).decode("ascii"),
        "parts": writer.fields(device.parts, leave_out=_OUTSIDE),
        "device": writer.plain(device.inner_state),
        "defects": writer.plain(device.memory.defects if isinstance(device.memory, FallibleMemory) else None),
    }
    return json.dumps(document, separators=(",", ":"))


def restore_snapshot(device: Device, text: str) -> None:
    """Make the implant what it was; on an error it stays what it is. Raises BadFile."""
    document = _document(text)
    _fit(document, device)
    memory = _innermost(device.memory)
    parts = device.parts
    try:
        reader = TreeReader(_given(device))
        kept = reader.fields(document["parts"])
        inner = reader.plain(document["device"])
        defects = reader.plain(document["defects"])
        # Not more than a memory holds, whatever it would become.
        content = zlib.decompressobj().decompress(b64decode(document["memory"], validate=True), MEMORY_SIZE + 1)
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
        raise _bad(f"is damaged: {error}; take another one") from error
    is_whole = len(content) == MEMORY_SIZE and kept.keys() == _kept_fields(parts)
    # A part of another kind would only fail later, in the middle of a life.
    is_alike = is_whole and all(type(value) is type(getattr(parts, name)) for name, value in kept.items())
    if not is_alike or not _is_inner_state(inner, device):
        raise _bad("is damaged: it lacks a part of the implant; take another one")
    memory.write(0, content)
    if isinstance(device.memory, FallibleMemory) and defects is not None:
        device.memory.defects = defects
    for name, value in kept.items():
        setattr(parts, name, value)
    device.inner_state = inner


def snapshot_time_us(text: str) -> int:
    """The implant's time in a snapshot. Raises BadFile."""
    return int(_document(text)["at_us"])


def config_digest(config: DeviceConfig) -> str:
    """Tells implants apart: serial number, profile, policy, leads."""
    words = [config.serial, config.profile.model_dump_json(), config.implant.model_dump_json(), repr(config.policy)]
    return hashlib.sha256("\0".join(words).encode()).hexdigest()


@cache
def code_digest() -> str:
    """Tells versions of the code apart, to the last character."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path, file in sorted(_sources(resources.files(package), package)):
            digest.update(path.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources(folder: Traversable, path: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _sources(entry, f"{path}/{entry.name}")
        elif entry.name.endswith(".py"):
            found.append((f"{path}/{entry.name}", entry))
    return found


def _given(device: Device) -> dict[str, object]:
    """What a snapshot names and does not hold."""
    return {"memory": device.memory, "config": device.parts.config, "taps": device.parts.stimulator.taps}


def _innermost(memory: Memory) -> Memory:
    return memory.behind if isinstance(memory, FallibleMemory) else memory


def _kept_fields(parts: Parts) -> set[str]:
    return {field.name for field in fields(parts) if field.name not in _OUTSIDE}


def _is_inner_state(given: object, device: Device) -> bool:
    """Whether a value is of the kinds of the device's own: however many programs are clipped now or were then."""
    if not isinstance(given, tuple) or [*map(type, given)] != [*map(type, device.inner_state)]:
        return False
    _, _, clipped = given
    return all(type(program) is int for program in clipped)


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad(f"is no JSON: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _bad(f"is no snapshot; its format is not {FORMAT}")
    return document


def _fit(document: dict[str, Any], device: Device) -> None:
    config = device.parts.config
    if document.get("code") != code_digest():
        raise _bad("was made by another version of this program; it fits only the one that made it")
    if document.get("implant") != config_digest(config):
        raise _bad(f"is of {document.get('serial')}, and this is {config.serial}, or their leads or profile differ")


def _bad(problem: str) -> BadFile:
    return BadFile("snapshot", (problem,))
