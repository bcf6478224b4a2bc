"""Every check of the suite, in the order of the report."""

from __future__ import annotations

from scs.errors import BadPrescription
from scs.testing.checks import (
    acknowledging,
    charging,
    day,
    delivered,
    frames,
    gate,
    gate_places,
    impedances,
    kept_modes,
    modes,
    power_and_log,
    searched,
    sessions,
    stopping,
    supply,
    therapy,
    trials,
    tripping,
    writing,
)
from scs.testing.checks.check import Check

CHECKS: tuple[Check, ...] = (
    *frames.CHECKS,
    *sessions.CHECKS,
    *gate.CHECKS,
    *acknowledging.CHECKS,
    *gate_places.CHECKS,
    *searched.CHECKS,
    *writing.CHECKS,
    *therapy.CHECKS,
    *trials.CHECKS,
    *day.CHECKS,
    *supply.CHECKS,
    *stopping.CHECKS,
    *delivered.CHECKS,
    *modes.CHECKS,
    *kept_modes.CHECKS,
    *charging.CHECKS,
    *tripping.CHECKS,
    *power_and_log.CHECKS,
    *impedances.CHECKS,
)
"""An id stands once; requirements and hazards are those of docs/requirements.toml and docs/hazards.toml."""

assert len({check.id for check in CHECKS}) == len(CHECKS), "two checks share an id"


def find_check(check_id: str) -> Check:
    """The check with this id; raises BadPrescription that lists the ids there are."""
    for check in CHECKS:
        if check.id == check_id:
            return check
    raise BadPrescription(f'no check "{check_id}"; choose from {", ".join(check.id for check in CHECKS)}')
