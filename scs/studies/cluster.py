"""A Dask cluster as an executor, for `--cluster tcp://…`. The one file that knows Dask (extra `cluster`)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from scs.errors import NoAnswer, Unreadable
from scs.studies.runner import OpenExecutor, StudyBroken

CONNECT_S = 10
"""A scheduler answers within milliseconds, or is not there."""
RETRIES = 3
"""A part is given to so many further workers when its worker was lost while it was at it."""


def cluster(address: str) -> tuple[OpenExecutor, int]:
    """An executor on a running scheduler, and how many workers it has now.

    Raises Unreadable without Dask, and NoAnswer when no scheduler answers or no worker has come.
    """
    if find_spec("distributed") is None:
        raise Unreadable('--cluster: Dask is not installed here; install it with: pip install "scs[cluster]"')
    workers = _workers(address)

    @contextmanager
    def opened() -> Iterator[Executor]:
        from distributed import KilledWorker

        try:
            # Not pure: the scheduler keeps no result of an earlier run. Each part has a number, and is taken once.
            with _client(address) as client, client.get_executor(pure=False, retries=RETRIES) as executor:
                yield executor
        except KilledWorker as error:
            raise StudyBroken(f"{address}: the same part lost worker after worker; look at memory") from error

    return opened, workers


@contextmanager
def _client(address: str) -> Iterator[Any]:
    from distributed import Client

    try:
        client: Any = Client(address, timeout=CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise NoAnswer(
            f"{address}: no scheduler answers; start one with `dask scheduler`, and name its address, as tcp://host:8786"
        ) from error
    with client:
        yield client


def _workers(address: str) -> int:
    with _client(address) as client:
        count = len(client.scheduler_info(n_workers=-1)["workers"])
    if not count:
        raise NoAnswer(f"{address}: the scheduler has no worker; start some with `dask worker {address}`")
    return count
