"""`scs fuzz`: feed a reader with damaged input, and see that nothing comes out but refusals."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode
from scs.cli.progress import progress_bar
from scs.cli.table import FOOTER, Paint, wrapped
from scs.clock import WallClock
from scs.errors import BadPrescription
from scs.programmer.steps import Progress

if TYPE_CHECKING:
    from scs.testing.fuzz.runner import Finding, Report
    from scs.testing.fuzz.target import Target

ENGINES = ("bulk", "hypothesis", "atheris")
TABLE = "scs.cli.fuzz_targets"


def add_parser(subparsers: Any) -> None:
    """Add `fuzz` to the command line."""
    parser = subparsers.add_parser(
        "fuzz",
        help="feed every reader with damaged input",
        description="Feed frames, messages, sessions, memory images or files with real input and with damage to it. "
        "Only refusals may come out. The engine `bulk` is quick and knows how the input is made, `hypothesis` makes "
        "what it finds small, and `atheris` is led by the coverage of the code (pip install 'scs[fuzz]').",
        epilog=f"Exit code 0 when nothing was found, 1 when something was. {FOOTER}",
    )
    parser.add_argument("target", nargs="?", default="all", help="what is fuzzed; all of it if not given")
    parser.add_argument("--list", action="store_true", help="list the targets")
    parser.add_argument("--runs", type=_count, default=1_000, metavar="N", help="units for each target; 1000")
    parser.add_argument("--engine", choices=ENGINES, default="bulk", help="bulk if not given")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another course of inputs; 1")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="inputs to begin with, in a folder for each target")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write what was found there, one file a finding")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Fuzz one target or all; 1 when something came out that should not."""
    from scs.cli.fuzz_targets import TARGETS, find_target

    if arguments.list:
        for target in TARGETS:
            print(f"{target.name:<14}{target.words}, counted in {target.unit}")
        return ExitCode.OK
    targets = TARGETS if arguments.target == "all" else (find_target(arguments.target),)
    told: list[dict[str, Any]] = []
    is_clean = True
    for target in targets:
        clock = WallClock()
        report = _run_one(target, arguments)
        is_clean = is_clean and not report.findings
        files = [_keep(arguments.keep, report, finding) for finding in report.findings]
        told.append(_fields(report, clock.now().us / 1_000_000, files))
        if not arguments.json:
            _print(report, clock.now().us / 1_000_000, files)
    if arguments.json:
        print(json.dumps({"clean": is_clean, "targets": told}, indent=2))
    else:
        print(FOOTER)
    return ExitCode.OK if is_clean else ExitCode.BLOCKED


def _run_one(target: Target, arguments: Namespace) -> Report:
    from scs.testing.fuzz.runner import read_corpus, run_bulk

    folder = arguments.corpus / target.name if arguments.corpus is not None else None
    if arguments.engine == "atheris":
        from scs.testing.fuzz.with_atheris import run_atheris

        if folder is None:
            raise BadPrescription("atheris keeps what is new in coverage; say where with --corpus DIR")
        return run_atheris(target, TABLE, arguments.runs, arguments.seed, folder)
    corpus = read_corpus(folder) if folder is not None else ()
    if arguments.engine == "hypothesis":
        from scs.testing.fuzz.with_hypothesis import run_hypothesis

        return run_hypothesis(target, arguments.runs, arguments.seed, corpus)
    with progress_bar(is_wanted=not arguments.json) as show:

        def tell(done: int) -> None:
            if show is not None:
                show(Progress(f"fuzzing {target.name}", done, arguments.runs))

        return run_bulk(target, arguments.runs, arguments.seed, corpus, tell)


def _print(report: Report, seconds: float, files: list[str]) -> None:
    paint = Paint()
    verdict = paint("FOUND", "red", "bold") if report.findings else paint("clean", "green")
    counts = f"{report.units:>13,} {report.unit:<8} {report.inputs:>11,} inputs {report.refused:>11,} refused"
    print(f"{verdict}  {report.target:<13}{counts}  {seconds:7.1f} s", flush=True)
    for finding, file in zip(report.findings, files, strict=True):
        print("\n".join(wrapped(f"{finding.where}: {finding.said}", 7)))
        print(f"       {file}")


def _fields(report: Report, seconds: float, files: list[str]) -> dict[str, Any]:
    found = [
        {"where": finding.where, "said": finding.said, "input": file}
        for finding, file in zip(report.findings, files, strict=True)
    ]
    return {
        "target": report.target,
        "engine": report.engine,
        "unit": report.unit,
        "units": report.units,
        "inputs": report.inputs,
        "refused": report.refused,
        "seconds": round(seconds, 3),
        "findings": found,
    }


def _keep(folder: Path | None, report: Report, finding: Finding) -> str:
    """The file that holds the input, or how to have one."""
    if folder is None:
        return "the input is written with --keep DIR"
    digest = hashlib.sha256(finding.data).hexdigest()[:16]
    place = folder / report.target / digest
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(finding.data)
    except OSError as error:
        print(f"scs: {place} cannot be written: {error.strerror or error}", file=sys.stderr)
    return str(place)


def _count(text: str) -> int:
    """A number of runs; 1e6 may be written with underscores."""
    try:
        count = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no number of runs; write it such as 100_000") from None
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1; write it such as 100_000")
    return count
