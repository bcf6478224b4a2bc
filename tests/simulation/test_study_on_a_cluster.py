"""A sweep and a cohort on a real Dask cluster of this machine, with a worker killed in the middle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from scs.cli.main import main
from scs.studies.cluster import cluster
from scs.studies.runner import run
from scs.studies.work import Row
from tests.support.dask_cluster import Cluster, a_cluster
from tests.support.sources import ROOT
from tests.unit.test_studies import a_sweep, rows_of, silent

distributed = pytest.importorskip("distributed", reason="needs the extra cluster")

pytestmark = [
    pytest.mark.slow,
    # What Dask leaves open when a worker is killed is Dask's; the rows are ours.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
WORKERS = 2
COMES_WITHIN_S = 60


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler with two workers that have come."""
    with a_cluster(tmp_path, WORKERS) as started:
        with distributed.Client(started.address, set_as_default=False) as client:
            client.wait_for_workers(WORKERS, timeout=COMES_WITHIN_S)
        yield started


def test_a_worker_killed_half_way_loses_nothing_and_counts_nothing_twice(running: Cluster) -> None:
    parts = a_sweep(tuple(range(0, 40_000, 10))).parts()
    here = run(parts, None, 1, silent)
    executor, workers = cluster(running.address)
    assert workers == WORKERS
    counted: list[int] = []

    def kill_at_the_first(rows: int) -> None:
        counted.append(rows)
        if len(counted) == 1:
            running.workers[0].kill()
            running.workers[0].wait()

    there = run(parts, executor, workers, kill_at_the_first)
    assert running.workers[0].poll() is not None, "a worker was killed"
    assert there == here
    rows: list[Row] = rows_of(there)
    assert sum(counted) == len(rows) == sum(part.size for part in parts)


def test_the_commands_give_on_a_cluster_what_they_give_here(
    running: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ["cohort", "run", "--patients", "30", "--days", "7", "--json", "--group"]
    said.append(str(ROOT / "examples" / "high-rate-10khz.toml"))
    assert main([*said, "--workers", "1"]) == 0
    here = json.loads(capsys.readouterr().out)
    assert main([*said, "--cluster", running.address]) == 0
    assert json.loads(capsys.readouterr().out) == here


def test_a_scheduler_without_workers_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with a_cluster(tmp_path, 0) as started:
        assert main(["sweep", str(ROOT / "examples" / "tonic-default.toml"), "--cluster", started.address]) == 3
    assert "dask worker" in capsys.readouterr().err
