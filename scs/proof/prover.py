"""All lemmas, and how they are shown: each with its control, in two processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from scs.clock import Duration
from scs.proof import lemmas_charge, lemmas_delivery, lemmas_limits, lemmas_rules
from scs.proof.lemma import Lemma, Proof, show

LEMMAS: tuple[Lemma, ...] = (
    *lemmas_charge.LEMMAS,
    *lemmas_limits.LEMMAS,
    *lemmas_rules.LEMMAS,
    *lemmas_delivery.LEMMAS,
)
"""A name stands once."""
PROCESSES = 2
LONGEST = ("split", "rule-charge-density", "rule-shannon")
"""They are begun first, so that no process ends long after the other."""

assert len({lemma.name for lemma in LEMMAS}) == len(LEMMAS), "two lemmas share a name"
assert {lemma.name for lemma in LEMMAS}.issuperset(LONGEST)


def prove(names: Sequence[str], timeout: Duration) -> Iterator[Proof]:
    """Try the lemmas of these names, each with its control, in the order of the table.

    `timeout` bounds each question to z3; a question that is still open then makes its lemma unknown.
    """
    chosen = [lemma.name for lemma in LEMMAS if lemma.name in names]
    # A fresh process for each: what z3 has seen before decides which counterexample it finds first.
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        order = sorted(chosen, key=lambda name: LONGEST.index(name) if name in LONGEST else len(LONGEST))
        waiting = {name: pool.submit(_show, name, timeout) for name in order}
        try:
            for name in chosen:
                yield waiting[name].result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _show(name: str, timeout: Duration) -> Proof:
    return show(lemma_named(name), timeout)


def lemma_named(name: str) -> Lemma:
    """The lemma with this name; there must be one."""
    return next(lemma for lemma in LEMMAS if lemma.name == name)
