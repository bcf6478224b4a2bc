"""What the implant is doing, as it is said to a session, in a notice, and to whoever stands there with a magnet."""

from __future__ import annotations

from firmware_model.parts import Parts
from scs.wire.responses import Status
from scs.wire.terms import Role


def status_of(parts: Parts, role: Role) -> Status:
    """What is so now, as a session with this role is told."""
    therapy = parts.therapy
    return Status(
        at_us=parts.now_us,
        mode=parts.modes.mode,
        therapy=therapy.state,
        slot=therapy.slot,
        generation=parts.store.image.generation,
        targets_ua=therapy.targets_ua,
        delivered_ua=parts.stimulator.delivered_ua,
        trial=therapy.is_trial,
        fault=parts.interlocks.fault,
        battery_permille=parts.battery.permille,
        battery_mv=parts.battery.millivolts,
        last_op_id=parts.store.last_op_id,
        pulses=parts.stimulator.ledger.pulses,
        log_newest=parts.event_log.newest,
        role=role,
    )
