"""Fault scripts: what goes wrong when, and for how long, as TOML or JSON text. What is left to chance is drawn from a
seed, so a script and a seed are one course of events."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from random import Random
from typing import Any

from firmware_model.bench import Bench
from firmware_model.faults.kinds import FAMILIES, KINDS, FaultKind, find_kind
from scs.domain.file_tree import Tree, bad_file, read_tree
from scs.domain.units import SPAN, parse_quantity
from scs.errors import BadPrescription, Unreadable

FORMAT = "scs-faults/1"
FAULTS_MAX = 10_000
"""Rows of one script; more than this is no script that a person wrote."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault at one time. `lasts_us` is None for one that is never mended."""

    at_us: int
    kind: FaultKind
    values: Mapping[str, Any]
    lasts_us: int | None = None
    every_us: int | None = None
    """It comes again after each of these."""


@dataclass(frozen=True, slots=True)
class Chance:
    """One of `kinds` again and again, `every_us` on average, at times that know nothing of each other."""

    kinds: tuple[FaultKind, ...]
    every_us: int
    lasts_us: int | None = None


@dataclass(frozen=True, slots=True)
class FaultScript:
    """Times count from the moment at which the script begins."""

    planned: tuple[Planned, ...] = ()
    chances: tuple[Chance, ...] = ()
    title: str = ""

    def check(self, bench: Bench) -> None:
        """Raise BadPrescription for what this implant cannot have, such as a contact that no lead has."""
        for planned in self.planned:
            planned.kind.check(planned.values, bench)

    def course(self, seed: int, bench: Bench) -> Iterator[tuple[int, Callable[[], Planned]]]:
        """When each fault comes, in order of time, and what gives it then; endless where something is left to chance.

        Arguments are drawn when a fault comes, so that they fit what the implant is doing then.
        """
        queue: list[tuple[int, int, _Source]] = []
        order = count()
        for planned in self.planned:
            heapq.heappush(queue, (planned.at_us, next(order), planned))
        for number, chance in enumerate(self.chances):
            drawn = _Drawn(chance, Random(f"{seed} {number}"))
            heapq.heappush(queue, (drawn.next_us(), next(order), drawn))
        while queue:
            at_us, _, source = heapq.heappop(queue)
            if isinstance(source, Planned):
                yield at_us, partial(replace, source, at_us=at_us)
                if source.every_us is not None:
                    heapq.heappush(queue, (at_us + source.every_us, next(order), source))
            else:
                yield at_us, partial(source.planned, at_us, bench)
                heapq.heappush(queue, (source.next_us(), next(order), source))


@dataclass(slots=True)
class _Drawn:
    chance: Chance
    random: Random
    _at_us: int = field(default=0)

    def next_us(self) -> int:
        self._at_us += 1 + int(self.random.expovariate(1 / self.chance.every_us))
        return self._at_us

    def planned(self, at_us: int, bench: Bench) -> Planned:
        kinds = [kind for kind in self.chance.kinds if bench.can_be_charged or not kind.needs_coil]
        kind = self.random.choice(kinds)
        lasts_us = self.chance.lasts_us if kind.mend is not None else None
        return Planned(at_us, kind, kind.draw(self.random, bench), lasts_us)


_Source = Planned | _Drawn


def parse_fault_script(path: str, text: str) -> FaultScript:
    """Read a script; `path` names it in sentences. Raises BadFile with every problem that there is."""
    tree = read_tree(path, text)
    problems: list[str] = []
    if tree.get("format") != FORMAT:
        problems.append(f'format: write format = "{FORMAT}" on the first line')
    unknown = sorted(tree.keys() - {"format", "title", "fault", "chance"})
    problems += [f"{name}: no such key; a script has title, [[fault]] and [[chance]]" for name in unknown]
    planned = _rows(tree, "fault", _planned, problems)
    chances = _rows(tree, "chance", _chance, problems)
    title = tree.get("title", "")
    if not isinstance(title, str):
        problems.append("title: write some words")
    if not problems and not planned and not chances:
        problems.append("says nothing; add a [[fault]] or a [[chance]]")
    if problems:
        raise bad_file(path, problems)
    return FaultScript(tuple(sorted(planned, key=lambda fault: fault.at_us)), tuple(chances), title)


def _rows(tree: Tree, name: str, read: Any, problems: list[str]) -> list[Any]:
    rows = tree.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or len(rows) > FAULTS_MAX:
        problems.append(f"{name}: write up to {FAULTS_MAX} tables, each under [[{name}]]")
        return []
    found = []
    for number, row in enumerate(rows, 1):
        try:
            found.append(read(row))
        except Unreadable as error:
            problems += [f"{name} {number}: {line}" for line in str(error).splitlines()]
    return found


def _planned(row: Tree) -> Planned:
    rest = dict(row)
    kind = find_kind(str(_take(rest, "kind", "such as lead-open")))
    at_us = _time(_take(rest, "at", "such as 2 h"), "at", least_us=0)
    every_us = _time(rest.pop("every"), "every", least_us=1_000) if "every" in rest else None
    return Planned(at_us, kind, kind.read(_without(rest, "for")), _lasts_us(rest, (kind,)), every_us)


def _chance(row: Tree) -> Chance:
    unknown = sorted(row.keys() - {"kinds", "families", "every", "for"})
    if unknown:
        raise BadPrescription(f"{', '.join(unknown)}: no such key; a chance has kinds or families, every, and for")
    every_us = _time(_take(dict(row), "every", "such as 3 d"), "every", least_us=1_000)
    kinds = _kinds(row)
    return Chance(kinds, every_us, _lasts_us(row, kinds))


def _kinds(row: Tree) -> tuple[FaultKind, ...]:
    families, ids = row.get("families", []), row.get("kinds", [])
    if not isinstance(families, list) or not isinstance(ids, list) or not (families or ids):
        raise BadPrescription(f"kinds: write a list of kinds, or of families out of {', '.join(FAMILIES)}")
    for family in families:
        if family not in FAMILIES:
            raise BadPrescription(f"families: {family!r} is none of {', '.join(FAMILIES)}; choose some")
    chosen = {find_kind(str(kind_id)).id for kind_id in ids} | {k.id for k in KINDS if k.family in families}
    return tuple(kind for kind in KINDS if kind.id in chosen)


def _lasts_us(row: Tree, kinds: tuple[FaultKind, ...]) -> int | None:
    if "for" not in row:
        return None
    if all(kind.mend is None for kind in kinds):
        raise BadPrescription(f"for: {kinds[0].id} happens in an instant and is not mended; leave it out")
    return _time(row["for"], "for", least_us=1)


def _time(value: object, name: str, least_us: int) -> int:
    at_us = parse_quantity(value, SPAN)
    if at_us < least_us:
        raise BadPrescription(f"{name}: {value} is below {least_us} us; write a longer time")
    return at_us


def _take(row: Tree, name: str, example: str) -> object:
    if name not in row:
        raise BadPrescription(f"{name} is missing; write it, {example}")
    return row.pop(name)


def _without(row: Tree, name: str) -> Tree:
    return {key: value for key, value in row.items() if key != name}
