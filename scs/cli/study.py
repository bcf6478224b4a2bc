"""What `scs sweep` and `scs cohort` share: where they run, what they show meanwhile, and where the rows go."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scs.cli.progress import progress_bar

if TYPE_CHECKING:
    from scs.domain.program_file import ProgramFile
    from scs.studies.delivery import Setting
    from scs.studies.runner import OpenExecutor
    from scs.studies.work import Part, Row

SMALL = 2_000
"""Rows below which starting processes takes longer than the work."""


def add_options(parser: ArgumentParser) -> None:
    """The options of where and how a study runs."""
    parser.add_argument("--profile", metavar="ID|FILE", help="the device; the file's own if not given")
    parser.add_argument("--policy", choices=("default", "strict"), default="default", help="default if not given")
    parser.add_argument("--workers", type=int, metavar="N", help="processes; one for each core if not given")
    parser.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler, such as tcp://host:8786")
    parser.add_argument("--output", metavar="FILE", help="the rows, as .csv or .parquet")
    parser.add_argument("--plot", metavar="FILE", help="a picture, as .svg")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def check_options(arguments: Namespace) -> None:
    """Refuse what would fail after the work, before it; raises BadFile and BadQuantity."""
    from scs.errors import BadQuantity
    from scs.studies.plots import check_plot_path
    from scs.studies.tables import check_table_path

    if arguments.output is not None:
        check_table_path(arguments.output)
    if arguments.plot is not None:
        check_plot_path(arguments.plot)
    if arguments.workers is not None and not 1 <= arguments.workers <= 1_000:
        raise BadQuantity(f"--workers: {arguments.workers} is none of 1 to 1000; correct it")
    if arguments.workers is not None and arguments.cluster is not None:
        raise BadQuantity("--workers: a cluster has its own workers; leave one of --workers and --cluster out")


def worked_out(arguments: Namespace, parts: Sequence[Part], doing: str) -> list[Row]:
    """Every row of the study, in order, with a bar meanwhile."""
    from scs.programmer.steps import Progress
    from scs.studies.runner import run

    total = sum(part.size for part in parts)
    executor, workers = _executor(arguments, total, len(parts))
    count = 0
    with progress_bar(is_wanted=not arguments.json) as show:

        def told(rows: int) -> None:
            nonlocal count
            count += rows
            if show is not None:
                show(Progress(doing, count, total))

        done = run(parts, executor, workers, told)
    rows = [row for part in done for row in part.rows]
    assert len(rows) == total, "every row once"
    return rows


def keep(arguments: Namespace, rows: Sequence[Row]) -> None:
    """Write the rows where they are wanted."""
    from scs.studies.tables import write_table

    if arguments.output is not None:
        write_table(arguments.output, rows)


def setting_of(arguments: Namespace, path: str) -> tuple[ProgramFile, Setting]:
    """A program file with its leads and device; raises BadFile."""
    from scs.body.arrays import array_of
    from scs.cli.given_files import chosen_profile, read_text
    from scs.domain.program_file import parse_program_file
    from scs.errors import BadFile, BadPrescription
    from scs.studies.delivery import Setting

    file = parse_program_file(path, read_text(path))
    if file.implant is None:
        raise BadFile(path, ("names no leads, so nobody knows where its contacts are; add [implant]",))
    try:
        for program in file.group.programs:
            array_of(file.implant, program.contacts)
    except BadPrescription as error:
        raise BadFile(path, (str(error),)) from error
    profile = chosen_profile(arguments.profile or file.profile_id or "reference")
    return file, Setting(file.implant, profile, arguments.policy)


def _executor(arguments: Namespace, rows: int, parts: int) -> tuple[OpenExecutor | None, int]:
    from scs.studies.runner import processes

    if arguments.cluster is not None:
        from scs.studies.cluster import cluster

        return cluster(arguments.cluster)
    workers = arguments.workers or (1 if rows < SMALL else os.cpu_count() or 1)
    workers = min(workers, parts)
    return (None, 1) if workers == 1 else (processes(workers), workers)


def shares(counts: dict[str, int], total: int) -> dict[str, Any]:
    """Counts with their percents, for people."""
    return {name: f"{count:,} ({100 * count / total:.1f} %)" for name, count in counts.items()}
