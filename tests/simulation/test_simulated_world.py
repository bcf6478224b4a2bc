"""Does nothing bad happen in a simulated world, and would its checkers say so if it did?"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest

from firmware_model.blueprint import AS_DESIGNED
from firmware_model.device import Device, DeviceConfig
from firmware_model.faults.memory import FallibleMemory
from firmware_model.gatekeeper import Gatekeeper
from firmware_model.links import Links
from firmware_model.parts import Parts
from scs.clock import Duration, Instant
from scs.domain.status import LogEntry, LogKind
from scs.errors import BadFile, BadPrescription
from scs.simulation.campaign import build_of, campaign, examine
from scs.simulation.intruder import ATTEMPTS
from scs.simulation.plan import LINK, SECOND_US, VISIT, Plan, Row, draw_plan
from scs.simulation.plan_file import read_plan, write_plan
from scs.simulation.seed import Outcome, play
from scs.simulation.shrink import shrink
from scs.simulation.witnesses import checker_ids
from scs.wire.framing import Frame

KEPT = sorted((Path(__file__).parent / "seeds").glob("*.toml"))
STOP_LIMIT = Duration.of_ms(5)
DAYS, FAULTS = 10, 20


@cache
def played(seed: int, days: int = DAYS) -> Outcome:
    return play(draw_plan(seed, days, FAULTS))


SEEDS, PIECES, LONG_DAYS = 500, 4, 37
"""Five hundred seeds are fifty years; in pieces, so that several workers share them."""


@pytest.mark.hazard("H38")
@pytest.mark.req("FW-31")
@pytest.mark.parametrize("piece", range(PIECES))
def test_in_five_hundred_worlds_with_twenty_faults_each_no_checker_accuses_and_each_has_looked(piece: int) -> None:
    totals = campaign(range(piece, SEEDS, PIECES), LONG_DAYS, FAULTS, jobs=1, told=lambda _: None, visits_max=1)
    assert totals.failed == []
    assert totals.seeds * PIECES == SEEDS
    assert totals.years * PIECES >= 50
    assert totals.least_faults == FAULTS
    assert set(totals.looked) == {*checker_ids()} - {"no-crash"}
    assert all(totals.looked.values())
    assert {"link", "people", "output", "power", "time", "processor", "memory"} <= totals.families.keys()
    assert totals.worst_stop_us <= STOP_LIMIT.us
    assert totals.messages > 4_000


def test_a_seed_gives_the_same_trace_again_and_another_seed_another_one() -> None:
    again = play(draw_plan(5, DAYS, FAULTS))
    assert again.digest == played(5).digest
    assert again.faults == played(5).faults
    assert played(6).digest != played(5).digest


def test_a_plan_draws_its_own_kinds_and_visits_and_ends_in_calm() -> None:
    plans = [draw_plan(seed, 37, 50) for seed in range(20)]
    for plan in plans:
        assert len(plan.faults) == 50
        assert any(row.kind == VISIT for row in plan.rows)
        assert all(row.at_us + row.lasts_us < plan.length_us for row in plan.rows)
    kinds = [{row.kind for row in plan.faults} for plan in plans]
    assert min(map(len, kinds)) < 15 < max(map(len, kinds)), "some have few kinds of fault, some have many"


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_seed_that_once_failed_does_not_fail_any_more(path: Path) -> None:
    outcome = play(read_plan(path.name, path.read_text(encoding="utf-8")))
    assert outcome.violations == []


CAUGHT: dict[str, tuple[int, str]] = {
    "recharge-missing-unsensed": (0, "charge-ledger"),
    "output-tenfold-unsensed": (0, "limit-monitor"),
    "resumes-at-power-on": (0, "on-without-cause"),
    "polarity-swapped-unsensed": (0, "on-without-cause"),
    "neighbouring-slot-written": (0, "exactly-once"),
    "generation-stands": (0, "exactly-once"),
    "log-number-reused": (0, "log-chain"),
    "target-shown-as-delivered": (31, "screen-truth"),
    "stop-by-ramp": (0, "stop-latency"),
    "stop-on-tick": (0, "stop-latency"),
    "stop-unanswered": (2, "liveness"),
    "mri-left-by-start": (18, "no-crash"),
}
"""Known-bad firmware to (the seed that shows it, the checker that accuses)."""
OTHER_SEEDS = range(24)
"""Where seeds draw something else than they did, these are tried too; then write down the one that shows it."""


@pytest.mark.parametrize("bad", CAUGHT)
def test_each_checker_accuses_a_firmware_that_is_wrong_on_purpose(bad: str) -> None:
    first, checker = CAUGHT[bad]
    for seed in (first, *OTHER_SEEDS):
        outcome = play(draw_plan(seed, DAYS, 12), build_of(bad))
        if checker in {violation.checker for violation in outcome.violations}:
            return
    pytest.fail(f"{checker} accuses {bad} in none of {len(OTHER_SEEDS)} seeds")


@pytest.mark.hazard("H28")
def test_the_guard_of_modes_accuses_a_firmware_that_loses_the_mri_mode_at_a_reset() -> None:
    rows = (Row(0, 10 * SECOND_US, VISIT, told={"tasks": ["mri"]}), Row(2, 100 * SECOND_US, "power-cut"))
    # In this seed the person leaves the implant in MRI.
    plan = Plan(6, "reference", 400 * SECOND_US, rows)
    outcome = play(plan, build_of("mri-lost-at-reset"))
    assert "mode-guard" in {violation.checker for violation in outcome.violations}
    assert play(plan).violations == []


class TakesRepeats(Gatekeeper):
    """Takes the number of a sealed frame for new, whatever it is."""

    def _unseal(self, parts: Parts, links: Links, link: int, outer: Frame) -> tuple[int, Frame] | None:
        guest = self.guests.get(-outer.session)
        if guest is not None:
            sealed = guest.channel.sealed
            sealed.lowest_number = min(outer.counter, sealed.lowest_number)
        return super()._unseal(parts, links, link, outer)


class HearsTheClear(Gatekeeper):
    """Acts on what is said in the clear."""

    def _hear(self, parts: Parts, links: Links, link: int, frame: Frame) -> bool:
        return frame.session != 0 or frame.counter != 0 or super()._hear(parts, links, link, frame)


class ReadsWhatIsForged(Gatekeeper):
    """Takes a sealed frame that cannot be opened for the one that was opened last."""

    _latest: tuple[int, Frame] | None = None

    def _unseal(self, parts: Parts, links: Links, link: int, outer: Frame) -> tuple[int, Frame] | None:
        found = super()._unseal(parts, links, link, outer)
        if found is None and self._latest is not None and -outer.session in self.guests:
            self.guests[-outer.session].link = link
            return self._latest
        self._latest = found or self._latest
        return found


@pytest.mark.req("S-03", "S-04")
@pytest.mark.parametrize(("gate", "first"), [(TakesRepeats, 5), (HearsTheClear, 16), (ReadsWhatIsForged, 1)])
def test_the_door_accuses_a_firmware_that_acts_on_what_has_no_key(gate: type[Gatekeeper], first: int) -> None:
    def build(config: DeviceConfig, memory: FallibleMemory, rng: Random, start: Instant) -> Device:
        return Device(config, memory, rng, start, replace(AS_DESIGNED, gatekeeper=gate))

    for seed in (first, *OTHER_SEEDS):
        outcome = play(draw_plan(seed, DAYS, FAULTS, visits_max=2), build)
        if "door" in {violation.checker for violation in outcome.violations}:
            return
    pytest.fail(f"the door accuses {gate.__name__} in none of {len(OTHER_SEEDS)} seeds")


def test_half_of_the_seeds_are_sealed_and_only_there_somebody_without_a_key_tries_to_get_in() -> None:
    plans = [draw_plan(seed, DAYS, FAULTS) for seed in range(400)]
    sealed = [plan for plan in plans if plan.is_sealed]
    assert 160 < len(sealed) < 240
    tried = {row.kind for plan in sealed for row in plan.faults if row.family == "intruder"}
    assert tried == {*ATTEMPTS}
    assert not [row for plan in plans if not plan.is_sealed for row in plan.faults if row.family == "intruder"]


def test_a_sealed_seed_gives_the_same_trace_again() -> None:
    plan = next(plan for plan in (draw_plan(seed, DAYS, FAULTS, visits_max=2) for seed in range(20)) if plan.is_sealed)
    assert play(plan).digest == play(plan).digest


def test_every_checker_has_a_firmware_that_it_accuses() -> None:
    assert {checker for _, checker in CAUGHT.values()} == {*checker_ids()} - {"mode-guard", "door"}


def test_a_plan_that_fails_is_shrunk_to_the_faults_that_it_needs() -> None:
    plan = draw_plan(5, DAYS, FAULTS)
    needed = {plan.faults[3].number, plan.faults[11].number}
    tried: list[int] = []

    def fails(fewer: Plan) -> bool:
        tried.append(len(fewer.faults))
        return needed <= {row.number for row in fewer.faults}

    small = shrink(plan, fails)
    assert {row.number for row in small.faults} == needed
    assert len(tried) < 60
    assert [row for row in small.rows if row.kind == VISIT] == [row for row in plan.rows if row.kind == VISIT]


def test_a_failure_comes_with_the_faults_that_it_needs_and_a_seed_that_does_not_fail_is_none() -> None:
    found = examine(draw_plan(0, DAYS, 12), "stop-by-ramp")
    assert found is not None
    assert found.faults_before == 12
    assert len(found.plan.faults) < 12
    assert found.violations
    assert examine(draw_plan(3, 2, 4)) is None
    with pytest.raises(BadPrescription, match="no known-bad firmware"):
        build_of("not-there")


def test_a_plan_reads_back_from_what_is_written_and_plays_the_same() -> None:
    plan = draw_plan(6, DAYS, FAULTS)
    assert read_plan("plan.toml", write_plan(plan, 'a "quoted" title')) == plan
    assert {plan.is_sealed for plan in map(_read_back, range(8))} == {True, False}


def _read_back(seed: int) -> Plan:
    plan = draw_plan(seed, DAYS, 2)
    assert read_plan("plan.toml", write_plan(plan, "a title")) == plan
    return plan


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('format = "scs-simulation/9"', 'write format = "scs-simulation/1"'),
        ("seed = -1", "seed: write a whole number"),
        ('profile = "toaster"', "profile: write one of"),
        ("sealed = 1", "sealed: write true or false"),
        ('colour = "red"', "colour: no such key"),
        ('[[row]]\nnumber = 0\nat_us = 5\nkind = "gravity"', "row 1: kind: 'gravity' is none of visit, link"),
        ('[[row]]\nnumber = 0\nat_us = 5\nkind = "power-cut"\nlasts_us = 3', "power-cut happens in an instant"),
        ("[[row]]\nnumber = 0\nat_us = 1.5\nkind = \"visit\"", "row 1: at_us: write a whole number"),
    ],
)  # fmt: skip
def test_a_plan_that_says_something_else_is_refused_with_a_sentence(wrong: str, said: str) -> None:
    lines = ['format = "scs-simulation/1"', "seed = 1", 'profile = "reference"', "length_us = 1"]
    kept = [line for line in lines if line.split(" ")[0] != wrong.split(" ", maxsplit=1)[0]]
    with pytest.raises(BadFile) as refused:
        read_plan("plan.toml", "\n".join([*kept, wrong]))
    assert said in str(refused.value)


def test_a_trace_tells_every_line_of_the_log_and_every_fault() -> None:
    outcome = play(draw_plan(5, DAYS, FAULTS), is_traced=True)
    assert outcome.digest == played(5).digest
    assert outcome.lines is not None
    text = "\n".join(outcome.lines)
    for kind in outcome.faults:
        if kind not in (
            LINK,
            *("double-press", "killed", "second-programmer", "pulled-cable", "magnet", "stop-pressed", *ATTEMPTS),
        ):
            assert f"! {kind}" in text
    assert LogEntry(1, 0, LogKind.POWER_ON, "generation 0 fault none").kind.name in text
