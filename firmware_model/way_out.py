"""Whether anything could lead out of the MRI mode again; asked before it is entered.

In the mode the implant waits for an order over the link, and the magnet and a charger are what helps when none comes.
An implant that falls silent there, because its cell ends or it keeps resetting itself, would stay without therapy until
it is cut out. The conditions and their sentences are rows of firmware_model/modes.py.
"""

from __future__ import annotations

from firmware_model.modes import WAYS_OUT, WayOut
from firmware_model.parts import Parts
from firmware_model.refusal import refusal
from firmware_model.resets import STORM_RESETS
from scs.clock import Duration
from scs.domain.status import BatteryLevel, Mode
from scs.wire.terms import Reason

WAITING = Duration.of_s(24 * 3_600)
"""How long the implant has to last in the mode: a day, for the scan and the way back to the programmer [project]."""
TALKING = Duration.of_s(3_600)
"""How long it has to talk with a programmer afterwards [project]."""
_REASONS = {
    WayOut.CHARGE: Reason.DEPLETED,
    WayOut.CELL: Reason.DEPLETED,
    WayOut.MAGNET: Reason.WRONG_MODE,
    WayOut.RESETS: Reason.BUSY,
}


def needed_pc(parts: Parts) -> int:
    """The charge that waiting in the MRI mode and leaving it takes, exact: µA x µs = pC."""
    plan = parts.battery.plan
    return (plan.housekeeping_ua + plan.leak_ua) * WAITING.us + plan.telemetry_ua * TALKING.us


def needed_permille(parts: Parts) -> int:
    """The same as a part of this cell, rounded up."""
    return -(-needed_pc(parts) * 1_000 // parts.battery.cell.capacity_pc)


def check_way_out(parts: Parts) -> None:
    """Raise Refused, with the reason, when nothing could lead out of the MRI mode; an implant in it is not asked."""
    if parts.modes.mode is Mode.MRI:
        return
    unplanned = len(parts.resets.unplanned(parts.now_us))
    lacking = {
        WayOut.CHARGE: parts.battery.cell.left_pc < needed_pc(parts),
        WayOut.CELL: parts.battery.level is BatteryLevel.ENDED,
        WayOut.MAGNET: parts.magnet.is_near,
        WayOut.RESETS: unplanned >= STORM_RESETS - 1,
    }
    for way, is_lacking in lacking.items():
        if is_lacking:
            said = WAYS_OUT[way].format(
                left=parts.battery.permille / 10, needed=needed_permille(parts) / 10, unplanned=unplanned
            )
            raise refusal(_REASONS[way], said)
