"""A real Dask cluster of this machine: a scheduler and workers as processes of their own, which can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.sources import ROOT

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@dataclass
class Cluster:
    """`workers` may be killed; whoever is left takes over."""

    address: str
    folder: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(self) -> subprocess.Popen[bytes]:
        """One more worker of one thread, without a nanny that would bring it back."""
        folder = self.folder / f"worker-{len(self.workers)}"
        row = ["-m", "distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        self.workers.append(_started([*row, "--local-directory", str(folder)], self.folder))
        return self.workers[-1]


@contextmanager
def a_cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """A scheduler on a free port with so many workers; all of them end with the block."""
    row = ["-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    scheduler = _started(row, folder, subprocess.PIPE)
    cluster = Cluster("", folder)
    try:
        cluster.address = _address(scheduler)
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        for process in [*cluster.workers, scheduler]:
            process.kill()
            process.communicate()


def _started(arguments: list[str], folder: Path, heard: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=heard
    )


def _address(scheduler: subprocess.Popen[bytes]) -> str:
    """What the scheduler says of itself when it is ready."""
    assert scheduler.stderr is not None
    for line in scheduler.stderr:
        if b"Scheduler at:" in line:
            return line.split()[-1].decode()
    raise AssertionError("the scheduler ended without an address")
