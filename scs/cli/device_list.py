"""`scs device list`: what could be connected to, as the programmer's first screen lists it. Nothing is opened."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import Paint, columns
from scs.records.place import state_folder
from scs.transport.announcements import announced
from scs.transport.ports import serial_ports

HEADINGS = ("address", "kind", "what is known")


def run_list(*, as_json: bool) -> int:
    """Print emulators of this machine, recent addresses and serial ports; 0 also when there are none."""
    found = list(places())
    if as_json:
        print(json.dumps({"devices": found}, ensure_ascii=False))
    elif not found:
        print("nothing to connect to on this machine: no emulator runs (scs emulate starts one), no serial port")
    else:
        rows = [(place["address"], place["kind"], place["known"]) for place in found]
        print("\n".join(columns(HEADINGS, rows, Paint())))
    return ExitCode.OK


def places() -> Iterator[dict[str, Any]]:
    """Each address once: emulators first, because of them the most is known."""
    # It reads one small file and draws nothing; what would draw is not loaded with it.
    from programmer_tui.recent import RecentAddresses

    folder = state_folder(os.environ)
    known: set[str] = set()
    for it in announced(folder / "emulators"):
        known.add(it.address)
        use = "in use by a programmer" if it.has_writer else "free"
        words = f"{it.serial}: {it.doing}, battery {it.battery_permille / 10:g} %, {use}"
        yield {"address": it.address, "kind": "emulator", "serial": it.serial, "in_use": it.has_writer, "known": words}
    for address in RecentAddresses(folder / "recent").addresses:
        if address not in known:
            known.add(address)
            yield {"address": address, "kind": "recent", "serial": None, "in_use": None, "known": "answered lately"}
    for port in serial_ports():
        if port.device not in known:
            said = port.description or "a line that says nothing of itself"
            yield {"address": port.device, "kind": "serial port", "serial": None, "in_use": None, "known": said}
