"""Implants whose memory forgets, mixes, or believes what it should not."""

from __future__ import annotations

from dataclasses import replace

from firmware_model.blueprint import AS_DESIGNED
from firmware_model.broken.fault import KnownBad
from firmware_model.broken.therapy import Unguarded
from firmware_model.device import Device
from firmware_model.event_log import EventLog
from firmware_model.modes import Event
from firmware_model.store import CommitResult, Image, Memory, Operation, Store, StoredGroup
from scs.domain.program import GROUPS_MAX
from scs.domain.status import Fault, LogKind


class _Forgetful(Store):
    def save_fault(self, fault: Fault) -> None:
        """Only until the power goes."""
        self.image = replace(self.image, fault=fault)


class _LatchedByLog(Store):
    """Nothing is latched but what the log tells of; the log is a ring."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        latched = Fault.NONE
        for entry in EventLog(memory).after(0):
            if entry.kind is LogKind.INTERLOCK_TRIPPED:
                latched = Fault[entry.detail.upper().replace("-", "_")]
            elif entry.kind is LogKind.FAULT_CLEARED:
                latched = Fault.NONE
        self.image = replace(self.image, fault=latched)

    def save_fault(self, fault: Fault) -> None:
        self.image = replace(self.image, fault=fault)


class _Credulous(Store):
    def _is_intact(self, raw: bytes, end: int) -> bool:
        return True


class _OlderWins(Store):
    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        valid = [slot for slot in map(self._read_slot, (0, 1)) if slot is not None]
        if valid:
            _, self._slot, self.image = min(valid, key=lambda slot: slot[0])


class _InPlace(Store):
    def _write(self, image: Image) -> None:
        self._slot = 1 - self._slot
        super()._write(image)


class _NextSlot(Store):
    def commit(self, slot: int, group: StoredGroup, op_id: int, digest: bytes) -> CommitResult:
        """Written one slot further than it is answered; what was in the asked one stays as it was, if anything."""
        before = self.image.groups.get(slot, group)
        result = super().commit((slot + 1) % GROUPS_MAX, group, op_id, digest)
        self.image.groups.setdefault(slot, before)
        return replace(result, slot=slot)


class _GenerationStands(Store):
    def commit(self, slot: int, group: StoredGroup, op_id: int, digest: bytes) -> CommitResult:
        if self.image.generation:
            self.image = replace(self.image, generation=self.image.generation - 1)
        return super().commit(slot, group, op_id, digest)


class _OperationsInRam(Store):
    def remember(self, operation: Operation) -> None:
        self._serial += 1
        self._operation_serial, self.last_operation = self._serial, operation


class _NumbersAgain(EventLog):
    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self._next = max(1, self.newest)


class _Resuming(Device):
    """Therapy as it was, as soon as there is power."""

    def _boot(self) -> None:
        super()._boot()
        parts = self.parts
        if parts.modes.allows(Event.START):
            slot = min(parts.store.image.groups)
            parts.therapy.start(slot, parts.stored_group(slot), self.now)
            parts.modes.take(Event.START)
            parts.log(LogKind.THERAPY_STARTED, f"slot {slot}")


class _ResumingInFull(_Resuming):
    def _boot(self) -> None:
        super()._boot()
        therapy = self.parts.therapy
        assert isinstance(therapy, Unguarded), "the blueprint of this fault has it"
        therapy.jump_all()


def _store(fault: str, description: str, hazard: str, store: type[Store]) -> KnownBad:
    return KnownBad(fault, description, hazard, replace(AS_DESIGNED, store=store))


FAULTS = (
    _store("latch-forgotten", "a latched fault is gone after a loss of power", "H09", _Forgetful),
    _store("latch-in-log", "a latched fault is looked up in the log, which writes over itself", "H09", _LatchedByLog),
    _store("memory-check-ignored", "what the memory holds is believed without its check sum", "H17", _Credulous),
    _store("older-image-wins", "after a restart the image before the newest one is in force", "H14", _OlderWins),
    _store("commit-in-place", "a commit is written over what is in force, so a cut leaves neither", "H14", _InPlace),
    _store("neighbouring-slot-written", "a group is written one slot further than it is answered", "H14", _NextSlot),
    _store("generation-stands", "the generation does not rise with a second commit", "H32", _GenerationStands),
    _store("operation-forgotten-at-reset", "an operation repeated after a restart is done again", "H16",
           _OperationsInRam),
    KnownBad("log-number-reused", "after a restart the log writes over its newest entry", "H46",
             replace(AS_DESIGNED, event_log=_NumbersAgain)),
    KnownBad("resumes-at-power-on", "therapy starts by itself at power-on", "H08", device=_Resuming),
    KnownBad("resumes-without-ramp", "therapy starts by itself at power-on, at full amplitude", "H08",
             replace(AS_DESIGNED, therapy=Unguarded), _ResumingInFull),
)  # fmt: skip
