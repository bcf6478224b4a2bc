"""What an order may touch: the parts of one implant, and the questions that several orders ask of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_model.compliance_monitor import ComplianceMonitor
from firmware_model.corrected_memory import CorrectedMemory
from firmware_model.day import Day
from firmware_model.electrodes import Electrodes
from firmware_model.event_log import EventLog
from firmware_model.impedance import ImpedanceMeasurement
from firmware_model.interlocks import Interlocks
from firmware_model.keys import Keys
from firmware_model.made import Made
from firmware_model.magnet import Magnet
from firmware_model.modes import REST, Event, ModeMachine
from firmware_model.over_current import OverCurrent
from firmware_model.power.battery import Battery
from firmware_model.power.keeper import PowerKeeper
from firmware_model.power.supervisor import Supervisor
from firmware_model.refusal import refusal
from firmware_model.resets import Resets
from firmware_model.scrubber import Scrubber
from firmware_model.sensing.senses import Senses
from firmware_model.stimulator import Stimulator
from firmware_model.store import Store
from firmware_model.therapy import Therapy
from firmware_model.usage import Usage
from firmware_model.watchdog import Watchdog
from scs.domain.lead import Implant
from scs.domain.policy import Policy
from scs.domain.profile import DeviceProfile
from scs.domain.program import Group
from scs.domain.safety import judge
from scs.domain.status import Fault, LogEntry, LogKind, Mode
from scs.domain.verdict import Verdict
from scs.errors import RemoteProtocolError
from scs.wire.prescription import decode_group
from scs.wire.terms import Reason


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """What one implant is: fixed when it is made."""

    serial: str
    profile: DeviceProfile
    policy: Policy
    implant: Implant
    model: str = "SCS reference implant"
    is_sealed: bool = False
    """Whether it talks in sealed channels only. One that is an object in a program has no air around it; `scs emulate`
    makes sealed ones. An implant that is marked as implanted is sealed whatever stands here."""


@dataclass(slots=True)
class Parts:
    """The parts of one implant. `log_at` writes a log entry at the present instant."""

    config: DeviceConfig
    electrodes: Electrodes
    battery: Battery
    interlocks: Interlocks
    over_current: OverCurrent
    stimulator: Stimulator
    therapy: Therapy
    store: Store
    made: Made
    keys: Keys
    event_log: EventLog
    usage: Usage
    resets: Resets
    watchdog: Watchdog
    magnet: Magnet
    modes: ModeMachine
    impedance: ImpedanceMeasurement
    senses: Senses
    power: PowerKeeper
    supervisor: Supervisor
    day: Day
    memory: CorrectedMemory
    scrubber: Scrubber
    compliance: ComplianceMonitor
    is_gate_open: bool = False
    """Only the bench opens it: nothing is judged then, so that the interlocks can be seen at work."""
    on_entry: list[Callable[[LogEntry], None]] = field(default_factory=list)
    now_us: int = 0

    def log(self, kind: LogKind, detail: str) -> None:
        """Write into the log now and tell who watches."""
        entry = self.event_log.append(self.now_us, kind, detail)
        for told in self.on_entry:
            told(entry)

    def read_latch(self) -> None:
        """The firmware looks whether the comparators have opened the switches: that is a fault like the interlocks'."""
        if self.over_current.is_latched and self.interlocks.fault is Fault.NONE:
            self.interlocks.fault = Fault.OVER_CURRENT

    def judge(self, group: Group) -> Verdict:
        """What the implant itself thinks of a group, with the impedances it has measured."""
        if self.is_gate_open:
            return Verdict((), ())
        config = self.config
        return judge(group, config.implant, config.profile, config.policy, self.impedance.known)

    def admit(self, group: Group, acknowledged: tuple[str, ...]) -> None:
        """Raise Refused when a rule blocks `group`, or must be acknowledged and is not."""
        verdict = self.judge(group)
        if verdict.blocking_rules:
            text = f"blocked by {', '.join(verdict.blocking_rules)}: {verdict.blocked_because}"
            raise refusal(Reason.BLOCKED, text, verdict.blocking_rules)
        missing = tuple(rule for rule in verdict.must_acknowledge if rule not in acknowledged)
        if missing:
            text = f"acknowledge {', '.join(missing)} by name, or change the group"
            raise refusal(Reason.MUST_ACKNOWLEDGE, text, missing)

    def check_generation(self, base_generation: int) -> None:
        """Refuse a change that was decided on when something else was in force."""
        generation = self.store.image.generation
        if base_generation != generation:
            text = f"generation {base_generation} is not in force, {generation} is; read back and begin again"
            raise refusal(Reason.STALE_GENERATION, text)

    def stored_group(self, slot: int) -> Group:
        """The group in a slot; raise Refused when it is empty."""
        stored = self.store.image.groups.get(slot)
        if stored is None:
            raise refusal(Reason.EMPTY_SLOT, f"slot {slot} holds no group; write one first")
        try:
            return decode_group(stored.data)
        except RemoteProtocolError as error:
            raise refusal(Reason.STORE_FAILED, f"the group in slot {slot} cannot be read: {error}") from error

    def settle(self) -> None:
        """An implant that has just come to rest goes on to the mode that is kept, so that no way out goes past it."""
        entering = {Mode.MRI: Event.ENTER_MRI, Mode.STORAGE: Event.ENTER_STORAGE}
        kept = self.store.image.kept
        if kept is not None and self.modes.mode in REST:
            self.modes.take(entering[kept])

    def blank_or(self, blank: Event, programmed: Event) -> Event:
        """The variant of an event for an implant that holds no group, or that holds one."""
        return programmed if self.store.image.groups else blank
