"""`scs conformance`: the named checks against an emulated implant, against hardware, against known-bad firmwares."""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, columns, wrapped
from scs.clock import Duration
from scs.domain.units import TIME, format_quantity, parse_quantity
from scs.errors import BadFile, BadQuantity

if TYPE_CHECKING:
    from scs.testing.conformance.runner import Settings
    from scs.testing.report import Result, Run

TRACES = "scs-traces"
"""The folder for the traces of failures, made when there is one."""
INSTALL = "install what the suite needs first: pip install 'scs[testing]'"


def add_parser(subparsers: Any) -> None:
    """Add `conformance` to the command line."""
    parser = subparsers.add_parser(
        "conformance",
        help="try an implant, emulated or real, by named checks",
        description="Ask an implant, over its link, whether it keeps its promises. A software model, never for "
        "clinical use: on hardware nothing stimulates before --dummy-load says that a resistor and no body is "
        "connected. Exit code 0 when every check passed or was not evaluated, 1 when one failed.",
    )
    parser.add_argument("--target", default="sim:", help="sim:, pty:PATH, /dev/ttyUSB0, tcp:HOST:PORT (default: sim:)")
    parser.add_argument("--profile", metavar="ID|FILE", help="the limits that the implant should have")
    parser.add_argument("--budget", type=_budget, default="60s", metavar="TIME", help="how long it may take; 60s")
    parser.add_argument("--dummy-load", action="store_true", help="a resistor is connected, so it may stimulate")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of everything that is chance (default: 1)")
    parser.add_argument("--seeds", type=_count, default=1, metavar="N", help="run with N seeds, from --seed on")
    parser.add_argument("--only", nargs="+", action="extend", default=[], metavar="CHECK", help="only these checks")
    parser.add_argument("--list", action="store_true", help="list the checks and end")
    parser.add_argument("--report-json", metavar="FILE", help="write the report as JSON")
    parser.add_argument("--junit", metavar="FILE", help="write the report as JUnit's XML")
    parser.add_argument("--traces", default=TRACES, metavar="DIR", help=f"where failures' traces go ({TRACES})")
    parser.add_argument(
        "--mutants", nargs="*", metavar="FAULT", help="show which check catches each known-bad firmware, or these"
    )
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Run the checks and print the report; 0 without a failure, 1 with one."""
    _check_installed()
    if arguments.list:
        return _list()
    if arguments.mutants is not None:
        from scs.cli.conformance_mutants import run_mutants

        return run_mutants(_settings(arguments), arguments.mutants)
    runs = []
    for seed in range(arguments.seed, arguments.seed + arguments.seeds):
        done = _run(arguments, seed)
        runs.append(done)
        if arguments.seeds > 1:
            print(f"seed {seed}: {done.summary()}", flush=True)
        if done.failures:
            break
    last = runs[-1]
    if arguments.seeds == 1 or last.failures:
        _print(last)
    _write_reports(arguments, last)
    return ExitCode.BLOCKED if last.failures else ExitCode.OK


def _run(arguments: Namespace, seed: int) -> Run:
    from dataclasses import replace

    from scs.cli.progress import progress_bar
    from scs.programmer.steps import Progress
    from scs.testing.checks.table import CHECKS
    from scs.testing.conformance.runner import run_all

    settings = replace(_settings(arguments), seed=seed)
    total, done = len(arguments.only or CHECKS), 0
    with progress_bar(is_wanted=True) as show:

        def tell(_result: Result) -> None:
            nonlocal done
            done += 1
            if show is not None:
                show(Progress("checking", done, total))

        return run_all(settings, arguments.only, tell)


def _settings(arguments: Namespace) -> Settings:
    from scs.cli.given_files import chosen_profile
    from scs.testing.conformance.runner import Settings

    return Settings(
        target=arguments.target,
        profile=chosen_profile(arguments.profile) if arguments.profile else None,
        budget=arguments.budget,
        has_dummy_load=arguments.dummy_load,
        seed=arguments.seed,
        traces=arguments.traces,
    )


def _print(run: Run) -> None:
    """The table, then each failure in full."""
    from scs.testing.report import Outcome, said

    paint = Paint()
    colours = {Outcome.PASS: "green", Outcome.FAIL: "red", Outcome.NOT_EVALUATED: "yellow"}
    print(f"{run.target}, {run.profile}\n")
    for result in run.results:
        verdict = paint(f"{result.outcome.value:<14}", colours[result.outcome])
        print(f"{verdict}{result.id:<28}{result.cases:>8,} cases  {', '.join(result.requirements)}")
        print("\n".join(wrapped(said(result), 14)))
    for result in run.failures:
        print(f"\n{paint('FAIL', 'red', 'bold')} {result.id} ({', '.join(result.requirements)})\n{result.describe()}")
        if result.trace:
            print(f"trace: {result.trace}")
    left_out = {text for result in run.results for text in result.evidence if text.startswith("left out: ")}
    skipped = sum(result.outcome is Outcome.NOT_EVALUATED for result in run.results)
    if skipped or left_out:
        print("\nWhat was not evaluated is no pass.")
    print(f"\n{run.summary()}\n{FOOTER}")


def _list() -> int:
    from scs.testing.checks.table import CHECKS

    cells = [[check.id, ",".join(check.requirements), check.title] for check in CHECKS]
    print("\n".join(columns(("check", "requirement", "what it holds to"), cells, Paint())))
    return ExitCode.OK


def _write_reports(arguments: Namespace, run: Run) -> None:
    from scs.testing.report import as_json, as_junit

    for path, text in ((arguments.report_json, as_json), (arguments.junit, as_junit)):
        if path:
            try:
                Path(path).write_text(text(run), encoding="utf-8")
            except OSError as error:
                raise BadFile(path, (f"cannot be written: {error.strerror or error}; name another file",)) from error


def _check_installed() -> None:
    """End with a sentence where the suite's own needs are missing."""
    from importlib.util import find_spec

    if find_spec("hypothesis") is None:
        print(f"scs: {INSTALL}", file=sys.stderr)
        raise SystemExit(int(ExitCode.UNREADABLE))


def _budget(text: str) -> Duration:
    try:
        budget = parse_quantity(text, TIME)
    except BadQuantity as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if budget < 1_000_000:
        raise argparse.ArgumentTypeError(f"{format_quantity(budget, TIME)} is below 1 s, too short for any check")
    return Duration(budget)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of seeds; use 1 or more")
    return int(text)
