"""One seed, from the first power-on to the last visit: a plan is played in a world, and what was seen is counted."""

from __future__ import annotations

import traceback
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from random import Random

from firmware_model.device import Device, DeviceConfig
from firmware_model.faults.kinds import find_kind
from firmware_model.pace import NoTimePasses
from scs.domain.lead import Implant, PluggedLead, find_lead
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.simulation.intruder import ATTEMPTS, attempt
from scs.simulation.observations import Violation
from scs.simulation.people import Desk
from scs.simulation.plan import CHECK_OUT_US, SECOND_US, TASKS, VISIT, Plan, Row, draw_line
from scs.simulation.tasks import CRASHES
from scs.simulation.world import GOOD_LINE, Build, World
from scs.transport.link_faults import WireFaults

CALM_PERMILLE = 900
"""The cell after the faults, unless it takes no charge any more."""


@dataclass(slots=True)
class Outcome:
    """What one seed came to."""

    plan: Plan
    digest: str = ""
    simulated_us: int = 0
    pulses: int = 0
    messages: int = 0
    turns: int = 0
    """How often the implant and the world turned to something: what a play costs, on any machine."""
    visits: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    """By kind: those that have begun."""
    families: Counter[str] = field(default_factory=Counter)
    looked: Counter[str] = field(default_factory=Counter)
    """By checker: how often it compared something."""
    violations: list[Violation] = field(default_factory=list)
    worst_stop_us: int = 0
    worst_hung_us: int = 0
    excuse: str = ""
    """Why the implant can deliver no therapy for good, in its own words; empty when it can."""
    broken_down: bool = False
    """Whether it was a checker, or the world itself, that crashed."""
    lines: list[str] | None = None
    """The trace, where it was asked for."""


def play(plan: Plan, build: Build = Device, *, is_traced: bool = False) -> Outcome:
    """Play a plan to its end, or to the first crash."""
    course = _Course(plan, build, is_traced=is_traced)
    crash = course.play()
    return course.outcome(crash)


@cache
def a_config(profile_id: str, *, is_sealed: bool = False) -> DeviceConfig:
    """An implant with two leads of eight contacts."""
    lead = find_lead("medtronic-977a2")
    leads = (PluggedLead(port="A", lead=lead), PluggedLead(port="B", lead=lead))
    config = DeviceConfig("SCS-SIM", find_profile(profile_id), find_policy("default"), Implant(leads=leads))
    return replace(config, is_sealed=is_sealed)


class _Course:
    """A plan under way."""

    def __init__(self, plan: Plan, build: Build, *, is_traced: bool) -> None:
        self.plan = plan
        config = a_config(plan.profile_id, is_sealed=plan.is_sealed)
        self.world = World(config, plan.seed, build=build, is_traced=is_traced)
        self.desks = (Desk(self.world, 0, plan.seed), Desk(self.world, 1, plan.seed))
        self.faults: Counter[str] = Counter()
        self.families: Counter[str] = Counter()
        self.broken_down = False

    def play(self) -> Violation | None:
        """Everything in the plan, then the visit after the faults; the crash that ended it, or None."""
        world = self.world
        for row in self.plan.rows:
            world.at(row.at_us, partial(self._happen, row))
        calm_us = self.plan.length_us - CHECK_OUT_US
        try:
            world.run(calm_us)
            self._calm_down()
            world.run(self.plan.length_us)
            world.compare_ledgers()
            world.witnesses.tell("on_end", world.now_us)
        except NoTimePasses as error:
            return Violation("liveness", max(world.now_us, world.device.now.us), f"no time passes: {error}")
        except CRASHES as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            self.broken_down = Path(__file__).parent in Path(place.filename).parents
            where = f"{place.name}, line {place.lineno} of {Path(place.filename).name}"
            return Violation("no-crash", world.now_us, f"{type(error).__name__}: {error} ({where})")
        return None

    def outcome(self, crash: Violation | None) -> Outcome:
        world, witnesses = self.world, self.world.witnesses
        violations = [*witnesses.violations, *([crash] if crash is not None else [])]
        for violation in violations:
            world.trace.note(violation.at_us, f"VIOLATION {violation.checker}: {violation.sentence}")
        return Outcome(
            plan=self.plan,
            digest=world.trace.digest,
            simulated_us=world.now_us,
            pulses=world.device.parts.stimulator.ledger.pulses,
            messages=world.messages,
            turns=world.turns,
            visits=sum(desk.visits for desk in self.desks),
            faults=self.faults,
            families=self.families,
            looked=Counter({checker.id: checker.looked for checker in witnesses.checkers}),
            violations=violations,
            worst_stop_us=witnesses.stop_watch.worst_us,
            worst_hung_us=witnesses.stop_watch.worst_hung_us,
            excuse=witnesses.liveness.excuse,
            broken_down=self.broken_down,
            lines=world.trace.lines,
        )

    def _happen(self, row: Row) -> None:
        chance = self.plan.chance(row)
        if row.kind == VISIT:
            self.desks[0].visit(row.told["tasks"], chance)
            return
        self.faults[row.kind] += 1
        self.families[row.family] += 1
        if row.family == "link":
            self._disturb(row, chance)
        elif row.kind in ATTEMPTS:
            self.world.intrude(row.kind, attempt(row.kind, self.world.heard, self.world.config.serial, chance))
        elif row.family == "people":
            self._act(row, chance)
        else:
            kind = find_kind(row.kind)
            values = kind.read(row.told) if row.told else kind.draw(chance, self.world.bench)
            self.world.break_it(kind, values, row.lasts_us or None)

    def _disturb(self, row: Row, chance: Random) -> None:
        line = WireFaults(**row.told) if row.told else draw_line(chance)
        self.world.set_line(line)
        self.world.at(self.world.now_us + row.lasts_us, lambda: self._end_line(line))

    def _end_line(self, line: WireFaults) -> None:
        if self.world.line is line:
            self.world.set_line(GOOD_LINE)

    def _act(self, row: Row, chance: Random) -> None:
        """What people do."""
        world, (first, second) = self.world, self.desks
        match row.kind:
            case "double-press":
                first.presses = 2
                world.at(world.now_us + 60 * SECOND_US, lambda: setattr(first, "presses", 1))
            case "killed":
                if first.kill():
                    again_us = world.now_us + chance.randrange(1, 20) * SECOND_US
                    world.at(again_us, lambda: first.visit([chance.choice(TASKS)], chance))
            case "second-programmer":
                second.visit([chance.choice(TASKS) for _ in range(2)], chance, is_reader=chance.random() < 0.3)
            case "pulled-cable":
                for port in world.cables():
                    world.unplug(port)
            case "magnet":
                world.bench.magnet(is_near=True)
                world.at(world.now_us + row.lasts_us, lambda: world.bench.magnet(is_near=False))
            case "stop-pressed":
                chance.choice(self.desks).press_stop()
            case _:
                raise AssertionError(f"{row.kind} is nothing that people do")

    def _calm_down(self) -> None:
        """Every fault has stopped: the line is good, the magnet gone, the cell full unless it is worn out."""
        world = self.world
        for desk in self.desks:
            desk.kill()
            desk.presses = 1
        world.set_line(GOOD_LINE)
        world.bench.magnet(is_near=False)
        world.bench.set_battery(CALM_PERMILLE)
        world.witnesses.liveness.calm_begins(world.now_us)
        self.desks[0].check_out()
