"""What an implant is made of: which class makes each part, and the rows by which requests are served.

The device joins whatever is named here. The parts of the real implant are the defaults; a test bench names another one
where it wants an implant that differs in that part alone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from firmware_model.commands import ROWS, Rows
from firmware_model.compliance_monitor import ComplianceMonitor
from firmware_model.corrected_memory import CorrectedMemory
from firmware_model.day import Day
from firmware_model.electrodes import Electrodes
from firmware_model.event_log import EventLog
from firmware_model.gatekeeper import Gatekeeper
from firmware_model.impedance import ImpedanceMeasurement
from firmware_model.interlocks import HARDWARE, WIDEST, Interlocks
from firmware_model.keys import Keys
from firmware_model.ledger import Ledger
from firmware_model.links import Links
from firmware_model.made import Made
from firmware_model.magnet import Magnet
from firmware_model.meter import Meter
from firmware_model.modes import ModeMachine
from firmware_model.output_stage import OutputStage
from firmware_model.over_current import TRIP, OverCurrent
from firmware_model.over_current import WIDEST as WIDEST_TRIP
from firmware_model.parts import DeviceConfig, Parts
from firmware_model.power.battery import Battery
from firmware_model.power.keeper import PowerKeeper
from firmware_model.power.supervisor import Supervisor
from firmware_model.probe import Probe
from firmware_model.regions import LOG, POWER, PROGRAM, RESETS, Guarded
from firmware_model.resets import Resets
from firmware_model.scrubber import Scrubber
from firmware_model.sensing.senses import Senses
from firmware_model.staging import StagingArea
from firmware_model.stimulator import Stimulator
from firmware_model.store import Memory, Store
from firmware_model.therapy import Therapy
from firmware_model.usage import Usage
from firmware_model.watchdog import Watchdog
from scs.clock import Instant
from scs.domain.status import Fault, Mode


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The makers of every part."""

    parts: type[Parts] = Parts
    store: type[Store] = Store
    event_log: type[EventLog] = EventLog
    battery: type[Battery] = Battery
    keeper: type[PowerKeeper] = PowerKeeper
    supervisor: type[Supervisor] = Supervisor
    interlocks: type[Interlocks] = Interlocks
    over_current: type[OverCurrent] = OverCurrent
    output_stage: type[OutputStage] = OutputStage
    stimulator: type[Stimulator] = Stimulator
    therapy: type[Therapy] = Therapy
    modes: type[ModeMachine] = ModeMachine
    impedance: type[ImpedanceMeasurement] = ImpedanceMeasurement
    links: type[Links] = Links
    gatekeeper: type[Gatekeeper] = Gatekeeper
    staging: type[StagingArea] = StagingArea
    day: type[Day] = Day
    compliance: type[ComplianceMonitor] = ComplianceMonitor
    rows: Rows = field(default_factory=lambda: ROWS)

    def reassemble(self, parts: Parts) -> None:
        """What a reset makes anew: everything but the hardware, from what the memory holds."""
        memory = parts.memory
        store = self.store(Guarded(memory, PROGRAM))
        made = Made(memory, parts.config.serial, parts.config.profile.id)
        if made.broken and parts.interlocks.fault is Fault.NONE:
            parts.interlocks.fault = Fault.MEMORY
        at_rest = Mode.IDLE if store.image.groups else Mode.UNPROGRAMMED
        is_latched = not store.image.fault is parts.interlocks.fault is Fault.NONE
        parts.store = store
        parts.made = made
        parts.keys = Keys(memory)
        parts.event_log = self.event_log(Guarded(memory, LOG))
        parts.usage = Usage(memory)
        parts.therapy = self.therapy(parts.config.profile, parts.stimulator, parts.senses)
        parts.compliance = self.compliance()
        parts.modes = self.modes(Mode.SAFE if is_latched else at_rest)
        meter = Meter(parts.config.serial, made.calibration)
        probe = Probe(parts.config.profile, parts.config.policy, parts.config.implant)
        parts.impedance = self.impedance(
            parts.electrodes, parts.config.profile.interface, meter, probe, parts.stimulator
        )

    def assemble(self, config: DeviceConfig, memory: Memory, rng: random.Random, start: Instant) -> Parts:
        """The parts of one implant at power-on, with what its memory holds; StoreError when that is another's."""
        memory = corrected = CorrectedMemory(memory)
        made = Made(memory, config.serial, config.profile.id)
        corrected.begin()
        store = self.store(Guarded(memory, PROGRAM))
        electrodes = Electrodes(config.implant, rng, start.us)
        battery = self.battery(config.profile.battery.kind, config.profile.id)
        limits = replace(HARDWARE.get(config.profile.id, WIDEST), areas_um2=config.implant.areas_um2)
        interlocks = self.interlocks(limits)
        if made.broken:
            # An open contact could look whole, or the groups be another person's: off until it is made anew.
            interlocks.fault = Fault.MEMORY
        ledger = Ledger(config.profile.interface.time_constant_us())
        output_stage = self.output_stage(config.profile, electrodes)
        over_current = self.over_current(TRIP.get(config.profile.id, WIDEST_TRIP))
        stimulator = self.stimulator(output_stage, interlocks, over_current, battery, ledger, start)
        senses = Senses(config.profile, rng, start.us)
        at_rest = Mode.IDLE if store.image.groups else Mode.UNPROGRAMMED
        is_latched = made.broken or store.image.fault is not Fault.NONE
        return self.parts(
            config=config,
            electrodes=electrodes,
            battery=battery,
            interlocks=interlocks,
            over_current=over_current,
            stimulator=stimulator,
            therapy=self.therapy(config.profile, stimulator, senses),
            store=store,
            made=made,
            keys=Keys(memory),
            event_log=self.event_log(Guarded(memory, LOG)),
            usage=Usage(memory),
            resets=Resets(Guarded(memory, RESETS), start.us),
            watchdog=Watchdog(start.us),
            magnet=Magnet(),
            modes=self.modes(Mode.SAFE if is_latched else at_rest),
            impedance=self.impedance(
                electrodes,
                config.profile.interface,
                Meter(config.serial, made.calibration),
                Probe(config.profile, config.policy, config.implant),
                stimulator,
            ),
            senses=senses,
            power=self.keeper(Guarded(memory, POWER), battery),
            supervisor=self.supervisor(battery),
            day=self.day(),
            memory=corrected,
            scrubber=Scrubber(corrected, start.us),
            compliance=self.compliance(),
            now_us=start.us,
        )


AS_DESIGNED = Blueprint()
"""The implant of this project."""
