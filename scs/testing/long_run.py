"""One group on one emulated implant for as long as somebody likes: days and years of simulated time in seconds.

A programmer connects over a simulated link, writes the group, starts it and leaves. What is then delivered is counted
by the implant's own accounts and listened to, pulse by pulse, in short spells by a monitor that knows neither the
firmware nor the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from firmware_model.bench import Bench
from firmware_model.device import Device, DeviceConfig
from firmware_model.faults.campaign import Campaign, Happening
from firmware_model.faults.memory import FallibleMemory
from firmware_model.faults.script import FaultScript
from firmware_model.store import RamMemory
from firmware_model.tap import TEST_CHANNEL, Departure
from scs.clock import Duration, Instant
from scs.domain.program import Burst, Group
from scs.domain.status import Fault, Mode
from scs.errors import ScsError
from scs.programmer.client import Client
from scs.programmer.history import CheckedLog
from scs.testing.direct_link import DeviceClock, DirectLink
from scs.testing.waveform import DeliveredMonitor, Violation

SPELLS = 10
"""So often within a run the monitor listens, evenly spread, and once more at the beginning, if nobody asks for less."""
SPELL_US_MAX = 1_000_000
SPELL_PULSES = 1_000
"""A spell of a high rate is shorter, so that listening costs the same for every program."""
DAY_S = 86_400
VIOLATIONS_MAX = 20
"""As many are kept; the first tell what is wrong."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What is to be run. Times are microseconds of the implant's clock."""

    config: DeviceConfig
    group: Group
    duration_us: int
    seed: int = 1
    faults: FaultScript | None = None
    acknowledged: tuple[str, ...] = ()
    telemetry_us: int | None = None
    """Every so often a programmer connects, reads the status and leaves; None for never."""
    second_of_day: int = 8 * 3_600
    """When the run begins, after midnight; the programmer sets the implant's clock by it."""
    restart_us: int | None = None
    """So long after therapy ended by itself somebody clears what is latched, writes the group again where it was lost,
    and starts it; None for never."""
    spells: int = SPELLS
    """How often the monitor listens."""


class LongRun:
    """A run that has begun: the group is in force and therapy is on. Raises Refused where the implant says no."""

    def __init__(self, plan: RunPlan) -> None:
        self.plan = plan
        self.device = Device(plan.config, FallibleMemory(RamMemory()), Random(plan.seed), Instant(0))
        self.bench = Bench(self.device)
        self._campaign = Campaign(self.device)
        self.violations: list[Violation] = []
        self.watched_pulses = 0
        self.watched_us = 0
        self.telemetry = Counter({"read": 0, "failed": 0})
        self.restarts = 0
        with self._client() as client:
            client.set_clock(self._second_of_day())
            client.write_group(0, plan.group, plan.acknowledged)
            client.start(0)
        self.began_us = self.device.now.us
        self.full_pc = self.bench.parts.battery.cell.left_pc + sum(self.bench.parts.battery.drawn_pc)
        self._campaign = Campaign(self.device, plan.faults, plan.seed)
        self._off_since_us: int | None = None
        self._spells = iter([self.began_us + plan.duration_us * n // plan.spells for n in range(plan.spells + 1)])
        self._spell_us: int | None = next(self._spells)
        self._telemetry_us = None if plan.telemetry_us is None else self.began_us + plan.telemetry_us

    @property
    def elapsed_us(self) -> int:
        """How much of the run lies behind."""
        return min(self.plan.duration_us, self.device.now.us - self.began_us)

    @property
    def is_over(self) -> bool:
        return self.device.now.us >= self.began_us + self.plan.duration_us

    @property
    def happened(self) -> Sequence[Happening]:
        """What was broken and mended so far."""
        return self._campaign.happened

    def go_on(self, duration: Duration) -> None:
        """Let so much more time pass, at most to the end of the run."""
        end_us = min(self.device.now.us + duration.us, self.began_us + self.plan.duration_us)
        while self.device.now.us < end_us:
            due_us = [at for at in (self._spell_us, self._telemetry_us, self._restart_due_us()) if at is not None]
            self._campaign.step(Instant(max(self.device.now.us, min([end_us, *due_us]))))
            self._note_off()
            self._act()

    def read_log(self) -> CheckedLog:
        """The log as a programmer reads it, each link of its chain worked out again; raises what stands in the way."""
        with self._client() as client:
            return client.checked_log()

    # ------------------------------------------------------------------------------------------------- internals

    def _act(self) -> None:
        now_us = self.device.now.us
        if self._spell_us is not None and self._spell_us <= now_us:
            self._spell_us = next(self._spells, None)
            self._listen(min(self._spell_length_us(), max(0, self.began_us + self.plan.duration_us - now_us)))
        if self._telemetry_us is not None and self._telemetry_us <= now_us:
            assert self.plan.telemetry_us is not None, "there is telemetry because it was asked for"
            self._telemetry_us += self.plan.telemetry_us
            self._read_status()
        restart_us = self._restart_due_us()
        if restart_us is not None and restart_us <= self.device.now.us:
            self._start_again()

    def _listen(self, length_us: int) -> None:
        config = self.plan.config
        monitor = DeliveredMonitor(config.profile, config.implant, config.policy)
        strays: list[Departure] = []
        modes = self.bench.parts.modes
        since = self.device.now

        def hear(departure: Departure) -> None:
            monitor.on_departure(departure)
            mode = self.bench.parts.modes.mode
            is_test = departure.program == TEST_CHANNEL and mode is Mode.MEASURING
            if mode is not Mode.THERAPY and not is_test:
                strays.append(departure)

        was_on = modes.mode is Mode.THERAPY
        self.bench.tap(hear)
        try:
            self._campaign.step(since + Duration(length_us))
        finally:
            self.bench.untap(hear)
        found = monitor.finish(self.device.now.us)
        if strays and not was_on:
            said = f"{len(strays)} pulses left while therapy was off"
            found = [*found, Violation("stray-pulse", said, None, len(strays), 0, "pulses", strays[0].start_us)]
        self.violations = [*self.violations, *found][:VIOLATIONS_MAX]
        self.watched_pulses += monitor.pulses
        self.watched_us += self.device.now.us - since.us

    def _spell_length_us(self) -> int:
        per_second = 0
        for program in self.plan.group.programs:
            pulses = program.waveform.pulses if isinstance(program.waveform, Burst) else 1
            per_second += -(-program.waveform.rate_mhz * pulses // 1_000)
        return min(SPELL_US_MAX, SPELL_PULSES * 1_000_000 // max(1, per_second))

    def _read_status(self) -> None:
        try:
            with self._client() as client:
                client.status()
        except ScsError:
            self.telemetry["failed"] += 1
        else:
            self.telemetry["read"] += 1

    def _second_of_day(self) -> int:
        """What a watch beside the implant shows."""
        return (self.plan.second_of_day + self.device.now.us // 1_000_000) % DAY_S

    def _note_off(self) -> None:
        is_on = self.bench.parts.modes.mode is Mode.THERAPY
        if is_on:
            self._off_since_us = None
        elif self._off_since_us is None:
            self._off_since_us = self.device.now.us

    def _restart_due_us(self) -> int | None:
        if self.plan.restart_us is None or self._off_since_us is None:
            return None
        return self._off_since_us + self.plan.restart_us

    def _start_again(self) -> None:
        self._off_since_us = self.device.now.us
        try:
            with self._client() as client:
                if client.status().fault is not Fault.NONE:
                    client.clear_fault()
                client.set_clock(self._second_of_day())
                if client.find_group(0) is None:
                    client.write_group(0, self.plan.group, self.plan.acknowledged)
                client.start(0)
        except ScsError:
            return  # It refuses, and says why in its log, or nobody answers: the cell may be empty. Later again.
        self.restarts += 1
        self._off_since_us = None

    def _client(self) -> Client:
        link = DirectLink(self.device, self._campaign.step)
        return Client.open(link, DeviceClock(self.device), chance=Random(f"{self.plan.seed} {self.device.now.us}"))
