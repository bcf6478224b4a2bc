"""Runs the parts of a study and hands each part's rows out once, whoever worked it out and however often.

One code path for one process, several, and a cluster: an executor that takes parts. A part that is lost with its worker
is given out again, a part that comes back twice is taken once, and at the end none may be missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED as ONE_IS_DONE
from concurrent.futures import Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context

from scs.errors import LinkLost
from scs.studies.work import Done, Part, work

ATTEMPTS_MAX = 4
"""A part that took so many workers down with it is given up: it is the part that is at fault."""
AHEAD = 8
"""Parts under way for each worker, so that none waits and a study of any size fits into memory."""


class StudyBroken(LinkLost):
    """Workers were lost again and again; nothing of the study is used."""


OpenExecutor = Callable[[], AbstractContextManager[Executor]]
Told = Callable[[int], None]
"""Told how many rows came in."""


def run(parts: Sequence[Part], executor: OpenExecutor | None, workers: int, told: Told) -> list[Done]:
    """Every part's rows, in the order of the parts. Without an executor they are worked out here.

    Raises StudyBroken when workers are lost `ATTEMPTS_MAX` times with nothing gained in between.
    """
    numbers = [part.number for part in parts]
    assert len(set(numbers)) == len(numbers), "each part has a number of its own"
    found: dict[int, Done] = {}
    attempts = 0
    while len(found) < len(parts):
        left = [part for part in parts if part.number not in found]
        before = len(found)
        try:
            for done in _worked(left, executor, workers):
                if done.number not in found:
                    found[done.number] = done
                    told(len(done.rows))
        except BrokenProcessPool as error:
            attempts = 1 if len(found) > before else attempts + 1
            if attempts >= ATTEMPTS_MAX:
                raise StudyBroken(
                    f"workers were lost {attempts} times in a row with {len(left)} of {len(parts)} parts left; "
                    "look at memory, or try --workers 1"
                ) from error
    return [found[number] for number in numbers]


def processes(workers: int) -> OpenExecutor:
    """So many processes of this machine. They begin anew, so that nothing of the parent leaks into a result."""

    @contextmanager
    def opened() -> Iterator[Executor]:
        pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)

    return opened


def _worked(parts: Sequence[Part], executor: OpenExecutor | None, workers: int) -> Iterator[Done]:
    if executor is None:
        yield from map(work, parts)
        return
    with executor() as opened:
        yield from _in_turn(opened, parts, AHEAD * workers)


def _in_turn(executor: Executor, parts: Iterable[Part], ahead: int) -> Iterator[Done]:
    """Rows as they come, with no more than `ahead` parts under way."""
    waiting = iter(parts)
    under_way: set[Future[Done]] = set()
    while True:
        for part in waiting:
            under_way.add(executor.submit(work, part))
            if len(under_way) >= ahead:
                break
        if not under_way:
            return
        finished, under_way = wait(under_way, return_when=ONE_IS_DONE)
        for future in finished:
            yield future.result()
