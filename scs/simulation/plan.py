"""The course of one seed: visits, and what goes wrong when, by swarm: each seed draws its own kinds and their rates.

A plan is a list of rows, so it can be shrunk, written into a file and played again. A row's own chance comes from its
number and the seed, so taking one row out changes no other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import exp, log
from random import Random
from typing import Any

from firmware_model.faults.kinds import KINDS
from scs.simulation.intruder import ATTEMPTS
from scs.transport.link_faults import WireFaults

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
VISIT = "visit"
LINK = "link"
PEOPLE = ("double-press", "killed", "second-programmer", "pulled-cable", "magnet", "stop-pressed")
"""What people do wrong, or twice, or in a hurry."""
OFTEN = ("look", "write", "start", "titrate", "commit", "stop", "soft-stop", "mri", "storage", "watch")
TASKS = (*OFTEN, *OFTEN, *OFTEN, "impedance")
"""What people do in a visit; a measurement is the rarest, because its hundred test pulses cost as much as a day."""
PROFILES = ("reference", "reference", "reference", "proclaim", "senza", "wavewriter-alpha", "intellis", "evoke")
"""Devices to draw from; the reference is the commonest."""
SEALED_SHARE = 0.5
"""Of all seeds: the others are on the bench, in the clear."""
VISITS_MAX = 8
"""Of one seed, beside those that faults bring about."""
CHECK_OUT_US = 120 * SECOND_US
"""At the end nothing is wrong any more for so long."""
LINK_RATES = (
    "drop_ppm", "duplicate_ppm", "reorder_ppm", "delay_ppm", "merge_ppm", "split_ppm", "truncate_ppm", "flip_bit_ppm",
    "drop_byte_ppm", "insert_ppm", "burst_ppm", "stall_ppm", "half_open_ppm", "baud_mismatch_ppm",
)  # fmt: skip
BYTE_RATES = frozenset({"flip_bit_ppm", "drop_byte_ppm", "insert_ppm"})


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happens. `told` is empty where the arguments are drawn when it happens."""

    number: int
    at_us: int
    kind: str
    lasts_us: int = 0
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def is_fault(self) -> bool:
        return self.kind != VISIT

    @property
    def family(self) -> str:
        """What the counts are sorted by."""
        if self.kind == LINK:
            return "link"
        return "intruder" if self.kind in ATTEMPTS else FAMILY_OF.get(self.kind, "people")


FAMILY_OF = {kind.id: kind.family for kind in KINDS}
MENDABLE = frozenset(kind.id for kind in KINDS if kind.mend is not None)
NEED_COIL = frozenset(kind.id for kind in KINDS if kind.needs_coil)


@dataclass(frozen=True, slots=True)
class Plan:
    """One seed's world. `length_us` ends with CHECK_OUT_US in which nothing is wrong."""

    seed: int
    profile_id: str
    length_us: int
    rows: tuple[Row, ...]
    is_sealed: bool = False
    """Whether sessions travel sealed, and somebody without a key tries to get in."""

    @property
    def faults(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.is_fault)

    def with_faults(self, kept: tuple[Row, ...]) -> Plan:
        """The same visits and only these faults."""
        return replace(self, rows=tuple(row for row in self.rows if not row.is_fault or row in kept))

    def chance(self, row: Row) -> Random:
        """What this row draws from, whatever else there is."""
        return Random(f"{self.seed} row {row.number}")


def draw_plan(seed: int, days: int, faults: int, visits_max: int = VISITS_MAX) -> Plan:
    """`faults` things that go wrong within `days` days, and the visits between them: half of `visits_max` at least.

    What a seed costs is what its visits cost, so few of them leave time for many seeds.
    """
    chance = Random(f"{seed} plan")
    profile_id = chance.choice(PROFILES)
    length_us = days * DAY_US
    last_us = length_us - CHECK_OUT_US
    visits = sorted(
        chance.randrange(10 * SECOND_US, last_us) for _ in range(chance.randint(-(-visits_max // 2), visits_max))
    )
    # Somebody comes soon after the implant was made, or little would happen until then.
    visits[0] = 10 * SECOND_US
    rows = [
        Row(number, at_us, VISIT, told={"tasks": _tasks(chance, is_first=number == 0)})
        for number, at_us in enumerate(visits)
    ]
    is_sealed = Random(f"{seed} seal").random() < SEALED_SHARE
    kinds = _swarm(chance, is_charged=profile_id != "proclaim", is_sealed=is_sealed)
    for number in range(faults):
        kind = chance.choices(kinds[0], kinds[1])[0]
        rows.append(_fault(chance, len(visits) + number, kind, visits, last_us))
    ordered = tuple(sorted(rows, key=lambda row: (row.at_us, row.number)))
    return Plan(seed, profile_id, length_us, ordered, is_sealed)


def _tasks(chance: Random, *, is_first: bool) -> list[str]:
    if is_first:
        return ["write", "start", chance.choice(TASKS)]
    return [chance.choice(TASKS) for _ in range(chance.randint(1, 3))]


def _swarm(chance: Random, *, is_charged: bool, is_sealed: bool) -> tuple[list[str], list[float]]:
    """Some of the kinds, each with a weight of its own."""
    possible = [kind.id for kind in KINDS if is_charged or not kind.needs_coil]
    possible += [LINK] * 8 + [kind for kind in PEOPLE for _ in range(2)]
    possible += [kind for kind in ATTEMPTS for _ in range(2)] if is_sealed else []
    share = chance.uniform(0.15, 0.8)
    kinds = [kind for kind in possible if chance.random() < share] or [LINK]
    return kinds, [exp(chance.uniform(0, 2)) for _ in kinds]


def _fault(chance: Random, number: int, kind: str, visits: list[int], last_us: int) -> Row:
    is_at_visit = kind == LINK or kind in PEOPLE or kind in ATTEMPTS or chance.random() < 0.4
    if is_at_visit:
        at_us = chance.choice(visits) + (0 if kind == LINK else chance.randrange(15 * SECOND_US))
    else:
        at_us = chance.randrange(60 * SECOND_US, last_us)
    lasts_us = 0
    if kind in MENDABLE:
        lasts_us = _between(chance, 5, 6 * 3_600)
    elif kind == LINK:
        lasts_us = _between(chance, 5, 90)
    elif kind == "magnet":
        lasts_us = _between(chance, 1, 15)
    at_us = min(at_us, last_us - SECOND_US)
    return Row(number, at_us, kind, min(lasts_us, last_us - at_us))


def _between(chance: Random, least_s: int, most_s: int) -> int:
    """Short ones are as likely as long ones: evenly over the logarithm."""
    return int(SECOND_US * exp(chance.uniform(log(least_s), log(most_s))))


def draw_line(chance: Random) -> WireFaults:
    """A line with some of the faults that lines have, rare or often."""
    rates = {}
    for name in LINK_RATES:
        if chance.random() < 0.35:
            most = 12_000 if name in BYTE_RATES else 50_000 if name.startswith(("stall", "half", "baud")) else 300_000
            rates[name] = int(exp(chance.uniform(log(200), log(most))))
    return WireFaults(baud=chance.choice((9_600, 38_400, 115_200, 115_200)), **rates)
