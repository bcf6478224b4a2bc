"""Emulated implants that run on this machine say so: one small file each, renewed every two seconds.

Nobody has to be asked, so a link that somebody else uses is left in peace. An emulator that ends takes its file away; a
file that was not renewed for some seconds belongs to one that was killed, and is swept away by whoever looks.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path

from scs.clock import Duration, civil_time

RENEW_EVERY = Duration.of_s(2)
"""As often as a person who looks at the list wants to see what an emulator does."""
STALE_AFTER = Duration.of_s(10)
"""Five renewals missed: a machine that is merely busy does not miss that many."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What an emulated implant says of itself. `at` is calendar time in UTC as ISO 8601 text."""

    address: str
    serial: str
    model: str
    doing: str
    """Mode and therapy in words."""
    battery_permille: int
    has_writer: bool
    is_sealed: bool
    """Whether it talks in sealed channels only."""
    bench: str
    """Where its test bench listens; empty when it has none."""
    at: str


class Announcer:
    """Keeps one file in `folder`. A folder that cannot be written costs the announcement and nothing else."""

    def __init__(self, folder: Path, now: Callable[[], str] = civil_time) -> None:
        self._place = folder / f"{os.getpid()}.json"
        self._now = now

    def announce(
        self,
        address: str,
        serial: str,
        model: str,
        *,
        doing: str,
        battery_permille: int,
        has_writer: bool,
        is_sealed: bool,
        bench: str,
    ) -> None:
        """Write the file, or renew it."""
        said = Announcement(address, serial, model, doing, battery_permille, has_writer, is_sealed, bench, self._now())
        draft = self._place.with_suffix(".draft")
        try:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(asdict(said)), encoding="utf-8")
            draft.replace(self._place)
        except OSError:
            return

    def withdraw(self) -> None:
        """Take the file away: the emulator ends."""
        try:
            self._place.unlink(missing_ok=True)
        except OSError:
            return


def announced(folder: Path, now: Callable[[], str] = civil_time) -> tuple[Announcement, ...]:
    """Every emulator that runs, by serial number and address. What is no announcement is left alone.

    One that was killed and started again at its address is announced twice for some seconds: the newer one counts.
    """
    found: dict[str, Announcement] = {}
    for place in sorted(folder.glob("*.json")):
        said = _read(place)
        if said is None:
            continue
        try:
            age = datetime.fromisoformat(now()) - datetime.fromisoformat(said.at)
        except ValueError:
            continue
        if age <= timedelta(microseconds=STALE_AFTER.us):
            known = found.get(said.address)
            if known is None or known.at <= said.at:
                found[said.address] = said
        else:
            _sweep(place)
    return tuple(sorted(found.values(), key=lambda it: (it.serial, it.address)))


def _read(place: Path) -> Announcement | None:
    try:
        said = json.loads(place.read_text(encoding="utf-8"))
        values = {it.name: said[it.name] for it in fields(Announcement)}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    kinds = {"battery_permille": int, "has_writer": bool, "is_sealed": bool}
    if any(type(value) is not kinds.get(name, str) for name, value in values.items()):
        return None
    return Announcement(**values)


def _sweep(place: Path) -> None:
    try:
        place.unlink(missing_ok=True)
    except OSError:
        return
