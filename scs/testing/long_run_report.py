"""What a long run has to say: what was delivered, what the battery and the log say, and whether the accounts agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from firmware_model.faults.kinds import find_kind
from firmware_model.power.battery import Consumer
from scs.domain.lead import contact_name
from scs.domain.program import Burst, Group
from scs.domain.status import BatteryLevel, Fault, LogEntry, LogKind
from scs.errors import ScsError
from scs.programmer.history import CheckedLog
from scs.testing.long_run import LongRun
from scs.testing.report import Outcome

FORMAT = "scs-run/1"
EVENTS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Check:
    """One account that has to agree. `sentence` says by how much, or why it was not evaluated."""

    id: str
    outcome: Outcome
    sentence: str


@dataclass(frozen=True, slots=True)
class ContactCharge:
    """What has passed through one contact, in pC."""

    contact: str
    leading_pc: int
    net_pc: int
    """What driven recharges have left, signed and exact."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """All of it. Times in µs, charges in pC."""

    asked_us: int
    elapsed_us: int
    is_whole: bool
    pulses: int
    commanded_pc: int
    delivered_pc: int
    contacts: tuple[ContactCharge, ...]
    therapy_us: int
    starts: int
    restarts: int
    mode: str
    fault: str
    battery_permille: int
    battery_mv: int
    battery_level: str
    drawn_pc: dict[str, int]
    watched_us: int
    watched_pulses: int
    telemetry_read: int
    telemetry_failed: int
    faults: dict[str, int]
    """Kind to how often it happened."""
    event_counts: dict[str, int]
    events: tuple[LogEntry, ...]
    """The latest ones."""
    checks: tuple[Check, ...]

    @property
    def is_well(self) -> bool:
        """Whether no check has failed."""
        return all(check.outcome is not Outcome.FAIL for check in self.checks)

    def data(self) -> dict[str, Any]:
        """For JSON."""
        data = {"format": FORMAT, **asdict(self), "is_well": self.is_well}
        data["events"] = [{**asdict(entry), "kind": _word(entry.kind)} for entry in self.events]
        data["note"] = "a software model, never for clinical use"
        return data


def report_on(run: LongRun) -> RunReport:
    """The accounts of a run as it stands, whole or not."""
    parts, bench, plan = run.bench.parts, run.bench, run.plan
    log = _log(run)
    net, leading = bench.net_pc(), bench.leading_pc()
    usage = parts.usage.slots[0]
    # Where nobody answers, the bench looks into the memory.
    entries = tuple(parts.event_log.after(0)) if isinstance(log, str) else tuple(entry for entry, _ in log.chain)
    level = parts.battery.level
    return RunReport(
        asked_us=plan.duration_us,
        elapsed_us=run.elapsed_us,
        is_whole=run.is_over,
        pulses=bench.pulses,
        commanded_pc=bench.commanded_pc,
        delivered_pc=bench.delivered_pc,
        contacts=tuple(
            ContactCharge(contact_name(number), leading[number], net.get(number, 0)) for number in sorted(leading)
        ),
        therapy_us=usage.therapy_us,
        starts=usage.starts,
        restarts=run.restarts,
        mode=_word(parts.modes.mode),
        fault=_word(parts.interlocks.fault) if parts.interlocks.fault is not Fault.NONE else "none",
        battery_permille=parts.battery.permille,
        battery_mv=parts.battery.millivolts,
        battery_level=_word(level) if level is not BatteryLevel.GOOD else "good",
        drawn_pc={_word(consumer): parts.battery.drawn_pc[consumer] for consumer in Consumer},
        watched_us=run.watched_us,
        watched_pulses=run.watched_pulses,
        telemetry_read=run.telemetry["read"],
        telemetry_failed=run.telemetry["failed"],
        faults=dict(Counter(happening.kind for happening in run.happened if not happening.is_mended)),
        event_counts=dict(Counter(_word(entry.kind) for entry in entries)),
        events=entries[-EVENTS_SHOWN:],
        checks=(_heard(run), _balance(run), _commanded(run), _count(run), _energy(run), _chain(run, log)),
    )


def _word(member: Any) -> str:
    return str(member.name).lower().replace("_", "-")


def _log(run: LongRun) -> CheckedLog | str:
    try:
        return run.read_log()
    except ScsError as error:
        return str(error)


def _families(run: LongRun) -> set[str]:
    return {find_kind(happening.kind).family for happening in run.happened}


def _check(check_id: str, *, passes: bool, sentence: str) -> Check:
    return Check(check_id, Outcome.PASS if passes else Outcome.FAIL, sentence)


def _heard(run: LongRun) -> Check:
    """The monitor's word on what left the electrodes while it listened."""
    if run.violations:
        first = run.violations[0]
        return _check("heard", passes=False, sentence=f"{len(run.violations)} violations; the first: {first.sentence}")
    said = f"{run.watched_pulses} pulses in {run.watched_us / 1e6:g} s were listened to, and nothing was wrong"
    return _check("heard", passes=True, sentence=said)


def _balance(run: LongRun) -> Check:
    """What driven recharges have left is no more direct current than the policy lets be."""
    limit_na = run.plan.config.policy.dc_block_na
    elapsed_us = max(1, run.device.now.us)
    net = run.bench.net_pc()
    worst = max(net, key=lambda number: abs(net[number]), default=None)
    if worst is None:
        return _check("balance", passes=True, sentence="nothing was driven")
    # 1 nA for a microsecond is a thousandth of a picocoulomb; one second of it may be under way.
    bound_pc = limit_na * max(elapsed_us, 1_000_000) // 1_000
    said = f"{contact_name(worst)} was left {net[worst]} pC in {elapsed_us // 1_000_000} s; {bound_pc} is {limit_na} nA"
    return _check("balance", passes=abs(net[worst]) <= bound_pc, sentence=said)


def _commanded(run: LongRun) -> Check:
    bench = run.bench
    lost_pc = bench.commanded_pc - bench.delivered_pc
    said = f"{bench.delivered_pc} of {bench.commanded_pc} pC were delivered; {lost_pc} pC the rail could not drive"
    return _check("delivered", passes=lost_pc >= 0, sentence=said)


def _count(run: LongRun) -> Check:
    """The implant's count of pulses against its hours of use and the rates that were prescribed."""
    if _families(run) - {"output"}:
        return Check(
            "count",
            Outcome.NOT_EVALUATED,
            "a reset forgets up to an hour of use, and a timer or clock that is wrong changes the rate",
        )
    if any(program.closed_loop is not None for program in run.plan.group.programs) and run.happened:
        return Check("count", Outcome.NOT_EVALUATED, "a closed loop and faults together have no prescribed count")
    usage = run.bench.parts.usage.slots[0]
    wanted, slack = _wanted_pulses(run.plan.group, usage.programs_us, usage.starts)
    pulses = run.bench.pulses
    said = f"{pulses} pulses; rates and hours of use make {wanted}, give or take {slack}"
    return _check("count", passes=abs(pulses - wanted) <= slack, sentence=said)


def _wanted_pulses(group: Group, programs_us: list[int], starts: int) -> tuple[int, int]:
    wanted = slack = 0
    for program, on_us in zip(group.programs, programs_us, strict=False):
        each = program.waveform.pulses if isinstance(program.waveform, Burst) else 1
        # The timer's period is a whole number of microseconds, never shorter than the rate says.
        period_us = -(-1_000_000_000 // program.waveform.rate_mhz)
        wanted += on_us // period_us * each
        cycles = 0 if program.cycling is None else on_us // program.cycling.on_us
        slack += (cycles + 2 * starts + 2) * each
    return wanted, slack


def _energy(run: LongRun) -> Check:
    """What the cell has lost is what the consumers drew, to the last picocoulomb."""
    if "power" in _families(run):
        return Check("energy", Outcome.NOT_EVALUATED, "faults of the supply empty and fill the cell by themselves")
    battery = run.bench.parts.battery
    if battery.is_empty:
        return Check("energy", Outcome.NOT_EVALUATED, "the cell is empty, and its reserve is no part of the account")
    drawn = sum(battery.drawn_pc)
    lost = run.full_pc - battery.cell.left_pc
    return _check("energy", passes=lost == drawn, sentence=f"the cell lost {lost} pC, and {drawn} pC were drawn")


def _chain(run: LongRun, log: CheckedLog | str) -> Check:
    if "memory" in _families(run):
        found = "unread" if isinstance(log, str) else f"{len(log.breaks)} breaks found in it"
        return Check("log", Outcome.NOT_EVALUATED, f"faults of memory damage it, and that is found: {found}")
    if isinstance(log, str):
        return Check("log", Outcome.NOT_EVALUATED, f"it could not be read: {log}")
    if log.breaks:
        return _check("log", passes=False, sentence=f"{len(log.breaks)} breaks; the first: {log.breaks[0]}")
    numbers = [entry.sequence for entry, _ in log.chain]
    is_gapless = numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
    kinds = {entry.kind for entry, _ in log.chain}
    assert kinds <= set(LogKind), "every entry is of a kind that we know"
    return _check("log", passes=is_gapless, sentence=f"{len(numbers)} entries in one chain without a gap")
