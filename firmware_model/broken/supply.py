"""Implants that wear their cell out, warm the pocket, deliver on a supply that gives way, or lose their calibration."""

from __future__ import annotations

from dataclasses import replace

from firmware_model import orders
from firmware_model.blueprint import AS_DESIGNED
from firmware_model.broken.fault import KnownBad, with_row
from firmware_model.compliance_monitor import ComplianceMonitor
from firmware_model.context import Context
from firmware_model.links import Session
from firmware_model.meter import Calibration
from firmware_model.modes import Event
from firmware_model.power.battery import Battery, Demand
from firmware_model.power.charging import Charging
from firmware_model.power.constants import Kind
from firmware_model.power.keeper import PowerKeeper
from firmware_model.power.supervisor import Supervisor
from firmware_model.regions import CALIBRATION, Guarded, TwoCopies
from firmware_model.store import CommitResult, Operation, Store, StoredGroup
from scs.domain.status import ChargerState, LogKind, Mode
from scs.wire.requests import EnterMri, Start
from scs.wire.responses import Done
from scs.wire.schema import CODES

_ANOTHERS = Calibration(1_030_000, 20_000)
"""What some other implant's meter was calibrated to: as far off as a meter can be."""


class _Uncounted(PowerKeeper):
    def note_over_discharge(self) -> bool:
        """It is told, and nobody counts."""
        return False


class _ChargedForEver(Battery):
    @property
    def is_worn_out(self) -> bool:
        return False


class _Wakeful(Battery):
    """Draws on an empty cell what it draws on a full one."""

    def __init__(self, kind: Kind, profile_id: str = "") -> None:
        super().__init__(kind, profile_id)
        self.plan = replace(self.plan, hibernate_ua=self.plan.housekeeping_ua)


class _Unfeeling(Battery):
    """Its charging never minds the warmth."""

    def __init__(self, kind: Kind, profile_id: str = "") -> None:
        super().__init__(kind, profile_id)
        if self.plan.charging is not None:
            self.charging = Charging(replace(self.plan.charging, stop_mk=100_000, resume_mk=99_000))


class _Enduring(ComplianceMonitor):
    """Adds up what is lost, and finds it enough never."""

    def take(self, now_us: int) -> tuple[int, ...]:
        super().take(now_us)
        return ()


class _Unsupervised(Supervisor):
    def bites(self, demand: Demand) -> bool:
        return False


class _ClonesTooMuch(Store):
    """A commit brings the other implant's calibration along with its group, with a check that fits."""

    def commit(self, slot: int, group: StoredGroup, op_id: int, digest: bytes) -> CommitResult:
        result = super().commit(slot, group, op_id, digest)
        assert isinstance(self._memory, Guarded), "the blueprint hands the memory out behind a guard"
        TwoCopies(self._memory.memory, CALIBRATION, b"CALI").write_both(_ANOTHERS.pack())
        return result


def _started_warm(context: Context, session: Session, request: Start) -> Done:
    """Whether the pocket is too warm is not asked."""
    charging = context.parts.battery.charging
    if charging is None or charging.state is not ChargerState.TOO_WARM:
        return orders.start(context, session, request)
    charging.state = ChargerState.ABSENT
    try:
        return orders.start(context, session, request)
    finally:
        charging.state = ChargerState.TOO_WARM


def _entered_at_any_charge(context: Context, _session: Session, request: EnterMri) -> Done:
    parts = context.parts
    parts.store.keep(Mode.MRI)
    parts.modes.take(Event.ENTER_MRI)
    context.staging.clear()
    parts.log(LogKind.MODE_CHANGED, "MRI entered")
    parts.store.remember(Operation(request.op_id, CODES[type(request)]))
    return Done(request.op_id)


FAULTS = (
    KnownBad("calibration-cloned", "a commit writes another implant's calibration over its own", "H19",
             replace(AS_DESIGNED, store=_ClonesTooMuch)),
    KnownBad("over-discharge-uncounted", "over-discharges of the cell are not counted", "H21",
             replace(AS_DESIGNED, keeper=_Uncounted)),
    KnownBad("worn-out-cell-charged", "a cell that was over-discharged too often is charged again", "H21",
             replace(AS_DESIGNED, battery=_ChargedForEver)),
    KnownBad("empty-cell-drawn-on", "an empty cell is drawn on as if it were full, and is over-discharged in days",
             "H21", replace(AS_DESIGNED, battery=_Wakeful)),
    KnownBad("brown-out-ignored", "pulses go on while the supply is below what the processor needs", "H27",
             replace(AS_DESIGNED, supervisor=_Unsupervised)),
    KnownBad("lost-current-endured", "therapy goes on for ever with less than half of its current", "H25",
             replace(AS_DESIGNED, compliance=_Enduring)),
    KnownBad("charged-while-too-warm", "the field of a badly placed charger is never stopped", "H22",
             replace(AS_DESIGNED, battery=_Unfeeling)),
    KnownBad("started-while-too-warm", "therapy starts while the pocket is too warm from charging", "H22",
             with_row(Start, serve=_started_warm)),
    KnownBad("mri-entered-at-any-charge", "the MRI mode is entered with a cell that ends in it", "H29",
             with_row(EnterMri, serve=_entered_at_any_charge)),
)  # fmt: skip
