"""The test bench's answers as text: what the implant does, one fault, what was broken so far. No Textual here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scs.domain.units import CURRENT, format_quantity

NAME_WIDTH = 18
FAMILY_WIDTH = 10
HAPPENED_MAX = 30
"""Of what was broken and mended, the newest; a screen shows no more."""


def bench_line(state: Mapping[str, Any]) -> str:
    """What the implant does, as its own parts say and not as the link has heard."""
    if not state:
        return "Asking the bench..."
    currents = ", ".join(format_quantity(current_ua, CURRENT) for current_ua in state["delivered_ua"]) or "nothing"
    fault = "" if state["fault"] == "none" else f", FAULT {state['fault']}"
    battery = f"{state['battery_permille'] / 10:g} %"
    return (
        f"At {state['at_us'] / 1e6:.1f} s the implant itself: mode {state['mode']}, therapy {state['therapy']}{fault}, "
        f"delivering {currents}, battery {battery}, {state['posture']}"
    )


def fault_line(kind: Mapping[str, Any]) -> str:
    """One fault in a line: its name, what part it belongs to, what happens."""
    return f"{kind['kind']:<{NAME_WIDTH}} {kind['family']:<{FAMILY_WIDTH}} {kind['sentence']}"


def fault_details(kind: Mapping[str, Any]) -> list[str]:
    """What a fault has to be told, and whether it can be mended."""
    told = [f"  {name}={about}" for name, about in kind["told"].items()]
    ends = (
        "  for=10 s ends it by itself; M mends it" if kind["mends"] else "  it happens in an instant and is not mended"
    )
    return [f"{kind['kind']}: {kind['sentence']}", *told, ends]


def happened_lines(happened: Sequence[Mapping[str, Any]]) -> list[str]:
    """What was broken and mended, newest first."""
    if not happened:
        return ["Nothing was broken yet."]
    newest = list(reversed(happened))[:HAPPENED_MAX]
    return [
        f"{one['at_us'] / 1e6:10.1f} s  {'mended' if one['is_mended'] else 'BROKEN'}  {one['kind']}"
        + "".join(f" {name}={value}" for name, value in one["told"].items())
        for one in newest
    ]
