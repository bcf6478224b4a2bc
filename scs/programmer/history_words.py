"""Log, usage and resets: for people, as JSON, and as CSV for a table program; for the command line and the screens."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from scs.programmer.history import CheckedLog
from scs.wire.responses import PostureUsage, ResetReport, UsageReport
from scs.wire.words import member_word as word

HOUR_US = 3_600_000_000


def log_data(log: CheckedLog) -> dict[str, Any]:
    """Every entry with its link in hexadecimal, and what is wrong with the chain."""
    entries = [
        {
            "sequence": entry.sequence,
            "at_us": entry.at_us,
            "kind": word(entry.kind),
            "detail": entry.detail,
            "link": link.hex(),
        }
        for entry, link in log.chain
    ]
    return {"entries": entries, "is_intact": not log.breaks, "breaks": list(log.breaks)}


def log_csv(log: CheckedLog) -> str:
    """A header and one line an entry, without the last line's end."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(("sequence", "at_us", "kind", "detail", "link"))
    for entry, link in log.chain:
        table.writerow((entry.sequence, entry.at_us, word(entry.kind), entry.detail, link.hex()))
    return written.getvalue().rstrip("\n")


def usage_data(usage: UsageReport, postures: Mapping[int, PostureUsage]) -> dict[str, Any]:
    """Times in microseconds, exact. `postures` is by slot."""
    return {
        "at_us": usage.at_us,
        "slots": [
            {
                "slot": slot,
                "starts": starts,
                "therapy_us": therapy_us,
                "programs_us": list(programs_us),
                "postures": [
                    {"program": program, "posture": word(posture), "us": us}
                    for program, posture, us in postures[slot].rows
                ],
            }
            for slot, starts, therapy_us, programs_us in usage.slots
        ],
    }


def usage_text(usage: UsageReport, postures: Mapping[int, PostureUsage]) -> str:
    """One line a slot that was ever started, and one for each of its programs with the time in each posture."""
    lines = []
    for slot, starts, therapy_us, programs_us in usage.slots:
        lines.append(f"slot {slot}: {_hours(therapy_us)} of therapy in {starts} start{'' if starts == 1 else 's'}")
        for number, us in enumerate(programs_us):
            parts = [f"{word(at)} {_hours(spent)}" for program, at, spent in postures[slot].rows if program == number]
            if us:
                lines.append(f"  program {number}: {_hours(us)}" + (f" ({', '.join(parts)})" if parts else ""))
    return "\n".join(lines) or "no group was ever started"


def resets_data(resets: ResetReport) -> dict[str, Any]:
    """Times in microseconds of the implant's clock."""
    return {
        "at_us": resets.at_us,
        "cause": word(resets.cause),
        "count": resets.count,
        "unplanned_us": list(resets.unplanned_us),
        "is_magnet_held": resets.is_magnet_held,
    }


def resets_text(resets: ResetReport) -> str:
    """The last reset, what came before it, and the magnet."""
    unplanned = len(resets.unplanned_us)
    return "\n".join(
        [
            f"last began anew: {word(resets.cause)}, at {resets.at_us / 1_000_000:.3f} s of its clock",
            f"{resets.count} resets in all, {unplanned} of them unasked in the last ten minutes; three latch it off",
            *(["a magnet is held over the implant and keeps the output off"] if resets.is_magnet_held else []),
        ]
    )


def _hours(us: int) -> str:
    hundredths = us * 100 // HOUR_US
    return f"{hundredths // 100}.{hundredths % 100:02d} h"
