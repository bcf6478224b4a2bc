"""What is proven of a function, standing in for it while its callers are proven; and the rule for a loop.

Each contract asks first that what it requires holds, then gives the weakest result that the lemma of that name proved:
any proof that goes through with it goes through with the function. Nothing here computes what the function computes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from scs.domain.charge import period_residues_pc
from scs.domain.program import WHOLE
from scs.proof.paths import Path, PathEnds
from scs.proof.symbolic import SHOWN, Shown, term_of

Invariant = Callable[[Mapping[str, Any], list[Any], Any], Iterator[tuple[Any, str]]]
"""(the function's locals, what the list held before the loop, turns done) -> what holds between two turns, in words."""


def shown_only(path: Path, *_: object) -> Shown:
    """For what is made for people only: no proof can depend on it."""
    return SHOWN


def named(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself, its result given a name of its own so that z3 need not look inside."""
    return lambda path, *arguments: path.name(function(*arguments))


def residues_named(path: Path, *given: Any) -> dict[int, Any]:
    """What is left after a period, each contact's under a name of its own; the split in it by its contract."""
    left_of = path.prepared(period_residues_pc, split_current=split_contract)
    return {number: path.name(left) for number, left in left_of(*given).items()}


def split_contract(path: Path, amplitude_ua: Any, permille: Sequence[Any]) -> tuple[Any, ...]:
    """Lemma `split`: whole parts that sum to the whole, each its share rounded down or up to count - 1 more."""
    path.prove(sum(permille) == WHOLE, "a split is asked for with shares that sum to the whole")
    path.prove(amplitude_ua >= 0, "a split is asked for with an amplitude that is not negative")
    given = (amplitude_ua, *permille)
    parts: tuple[Any, ...] = _same_for(path, "split", given, lambda: _any_split(path, amplitude_ua, permille))
    return parts


def _any_split(path: Path, amplitude_ua: Any, permille: Sequence[Any]) -> tuple[Any, ...]:
    parts = []
    for share in permille:
        low = amplitude_ua * share // WHOLE
        part = path.unnamed(0)
        path.assume(part >= low)
        path.assume(part <= low + (len(permille) - 1))
        parts.append(part)
    path.assume(sum(parts) == amplitude_ua)
    return tuple(parts)


def period_contract(path: Path, rate_mhz: Any) -> Any:
    """Lemma `period`: at least a microsecond, and never shorter than the rate asks."""
    path.prove(rate_mhz >= 1, "a period is asked for with a rate above zero")
    return _same_for(path, "period", (rate_mhz,), lambda: _any_period(path, rate_mhz))


def _any_period(path: Path, rate_mhz: Any) -> Any:
    period = path.unnamed(1)
    path.assume(period * rate_mhz >= 10**9)
    return period


def _same_for(path: Path, name: str, given: Sequence[Any], make: Callable[[], Any]) -> Any:
    """A function gives the same for the same: so does its contract, on one path."""
    return path.once_for_equals(name, [term_of(value) for value in given], make)


class LoopOverList:
    """Stands in for `range` where a loop with an unknown number of turns works on one list: Hoare's rule for a loop.

    The invariant is proved before the loop. Then, on one path, the body runs a single turn from any state in which it
    holds, and it is proved again; on the other, the loop is over, and all that is known is the invariant.
    """

    def __init__(self, list_name: str, invariant: Invariant) -> None:
        self._list_name = list_name
        self._invariant = invariant

    def __call__(self, path: Path, *bounds: Any) -> Any:
        if all(isinstance(bound, int) for bound in bounds):
            return range(*bounds)
        (turns,) = bounds
        return self._cut(path, turns, sys._getframe(1).f_locals)

    def _cut(self, path: Path, turns: Any, names: Mapping[str, Any]) -> Iterator[Any]:
        worked_on: list[Any] = names[self._list_name]
        before = list(worked_on)
        path.prove(turns >= 0, "the loop has no negative number of turns")
        self._prove(path, names, before, 0)
        worked_on[:] = [path.unnamed() for _ in before]
        if path.choose(2):
            self._assume(path, names, before, turns)
            return
        turn = path.unnamed(0)
        path.assume(turn < turns)
        self._assume(path, names, before, turn)
        yield turn
        self._prove(path, names, before, turn + 1)
        raise PathEnds

    def _prove(self, path: Path, names: Mapping[str, Any], before: list[Any], done: Any) -> None:
        for condition, words in self._invariant(names, before, done):
            path.prove(condition, words)

    def _assume(self, path: Path, names: Mapping[str, Any], before: list[Any], done: Any) -> None:
        for condition, _ in self._invariant(names, before, done):
            path.assume(condition)
