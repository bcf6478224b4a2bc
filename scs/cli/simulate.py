"""`scs simulate`: seeds of programmers, an implant, a bad link and faults in virtual time, watched by checkers."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from scs.simulation.campaign import Failure, Totals
    from scs.simulation.plan import Plan

DAYS = 37
"""So that 500 seeds are fifty years."""
FAULTS = 20
VISITS = 8
SHOWN_MAX = 5
"""Failing seeds that are shrunk and printed; the others are named."""


def add_parser(subparsers: Any) -> None:
    """Add `simulate` to the command line."""
    parser = subparsers.add_parser(
        "simulate",
        help="play seeds of faults against implant, link and programmers",
        description="Let real programmers treat the emulated implant over a bad link in virtual time, break whatever "
        "can, and watch with checkers that share no code with the firmware. A seed that fails is shrunk and printed. "
        "A software model, never for clinical use.",
    )
    parser.add_argument("--seeds", type=int, default=20, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, metavar="N", help="this one alone, and say what it comes to")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the number of the first (default: 0)")
    parser.add_argument("--days", type=int, default=DAYS, metavar="N", help="of each seed (default: %(default)s)")
    parser.add_argument("--faults", type=int, default=FAULTS, metavar="N", help="in each seed (default: %(default)s)")
    parser.add_argument(
        "--visits", type=int, default=VISITS, metavar="N",
        help="of each seed at most, and half of it at least (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--jobs", type=int, metavar="N", help="processes; one for each core if not given")
    parser.add_argument("--broken", default="", metavar="ID", help="a known-bad firmware, to see that it is caught")
    parser.add_argument("--replay", metavar="FILE", help="play a plan from a file instead of drawing one")
    parser.add_argument("--keep", metavar="FOLDER", help="write each failing seed there, shrunk, as a file")
    parser.add_argument("--trace", metavar="FILE", help="with --seed or --replay: write down everything that happens")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 when every checker is content, 1 when one accuses."""
    from scs.simulation.campaign import build_of

    _check(arguments)
    build_of(arguments.broken)
    if arguments.replay is not None or arguments.seed is not None:
        return _one(arguments)
    totals = _many(arguments)
    failures = [_examined(arguments, seed) for seed in totals.failed[:SHOWN_MAX]]
    _keep(arguments, failures)
    if arguments.json:
        _print_json(totals, failures)
    else:
        _print(totals, failures)
    return ExitCode.BLOCKED if totals.failed else ExitCode.OK


def _check(arguments: argparse.Namespace) -> None:
    from scs.errors import BadQuantity

    for name, least, most in (
        ("seeds", 1, 10_000_000),
        ("days", 1, 3_650),
        ("faults", 0, 10_000),
        ("visits", 1, 1_000),
        ("first", 0, 1 << 60),
    ):
        if not least <= getattr(arguments, name) <= most:
            raise BadQuantity(f"--{name}: {getattr(arguments, name)} is none of {least} to {most}; correct it")
    if arguments.jobs is not None and not 1 <= arguments.jobs <= 1_000:
        raise BadQuantity(f"--jobs: {arguments.jobs} is none of 1 to 1000; correct it")
    if arguments.trace is not None and arguments.seed is None and arguments.replay is None:
        raise BadQuantity("--trace: there is one trace for one seed; name it with --seed or --replay")


def _plan(arguments: argparse.Namespace, seed: int) -> Plan:
    from scs.simulation.plan import draw_plan

    return draw_plan(seed, arguments.days, arguments.faults, arguments.visits)


def _many(arguments: argparse.Namespace) -> Totals:
    from scs.cli.progress import progress_bar
    from scs.programmer.steps import Progress
    from scs.simulation.campaign import campaign

    seeds = range(arguments.first, arguments.first + arguments.seeds)
    jobs = min(arguments.jobs or os.cpu_count() or 1, len(seeds))
    with progress_bar(is_wanted=not arguments.json) as show:

        def told(done: int) -> None:
            if show is not None:
                show(Progress("playing seeds", done, len(seeds)))

        return campaign(seeds, arguments.days, arguments.faults, jobs, told, arguments.broken, arguments.visits)


def _one(arguments: argparse.Namespace) -> int:
    from scs.cli.given_files import read_text
    from scs.clock import cpu_time
    from scs.simulation.campaign import Totals, build_of
    from scs.simulation.plan_file import read_plan
    from scs.simulation.seed import play

    if arguments.replay is not None:
        plan = read_plan(arguments.replay, read_text(arguments.replay))
    else:
        plan = _plan(arguments, arguments.seed)
    began = cpu_time()
    outcome = play(plan, build_of(arguments.broken), is_traced=arguments.trace is not None)
    totals = Totals()
    totals.add(outcome, began.until(cpu_time()).us)
    if outcome.lines is not None:
        _write(arguments.trace, "\n".join(outcome.lines) + "\n")
    failures = [found for found in (_shrunk(plan, arguments.broken),) if found is not None] if totals.failed else []
    _keep(arguments, failures)
    if arguments.json:
        _print_json(totals, failures)
    else:
        print(f"seed {plan.seed}, {plan.profile_id}, trace {outcome.digest}")
        _print(totals, failures)
    return ExitCode.BLOCKED if totals.failed else ExitCode.OK


def _examined(arguments: argparse.Namespace, seed: int) -> Failure:
    found = _shrunk(_plan(arguments, seed), arguments.broken)
    assert found is not None, f"seed {seed} failed once and then did not, so something in it is not of the seed"
    return found


def _shrunk(plan: Plan, broken: str) -> Failure | None:
    from scs.simulation.campaign import examine

    return examine(plan, broken)


def _keep(arguments: argparse.Namespace, failures: list[Failure]) -> None:
    from scs.simulation.plan_file import write_plan

    if arguments.keep is None:
        return
    for failure in failures:
        first = failure.violations[0]
        path = str(Path(arguments.keep) / f"seed-{failure.plan.seed}-{first.checker}.toml")
        _write(path, write_plan(failure.plan, f"{first.checker}: {first.sentence}"))
        print(f"scs: kept {path}", file=sys.stderr)


def _write(path: str, text: str) -> None:
    from scs.errors import BadFile

    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadFile(path, (f"cannot be written: {error.strerror or error}; name another place",)) from error


def _print(totals: Totals, failures: list[Failure]) -> None:
    from scs.cli.table import FOOTER, Paint, columns

    print(
        f"{totals.seeds} seeds, {totals.years:,.1f} device-years, {totals.visits:,} visits, "
        f"{totals.messages:,} messages, {totals.pulses:,} pulses"
    )
    print(
        f"{totals.cpu_us / 1e6:,.1f} s of processor time, {totals.times_real:,.0f} times real time; "
        f"at least {totals.least_faults} faults a seed"
    )
    print("\n".join(columns(("faults", "times"), [(k, f"{n:,}") for k, n in sorted(totals.families.items())], Paint())))
    print("by kind: " + ", ".join(f"{kind} {times}" for kind, times in sorted(totals.faults.items())))
    print("\n".join(columns(("checker", "looked"), [(k, f"{n:,}") for k, n in totals.looked.items()], Paint())))
    print(f"STOP: at most {totals.worst_stop_us} us from the frame to the last microsecond of output", end="")
    print(f", {totals.worst_hung_us} us with the processor standing still" if totals.worst_hung_us else "")
    if totals.excuses:
        print(f"{totals.excuses} implants can deliver no therapy any more, and say why")
    for failure in failures:
        _print_failure(failure)
    if totals.failed:
        print(f"{len(totals.failed)} seeds fail: {', '.join(map(str, totals.failed))}")
    print(f"{totals.violations} violations\n{FOOTER}")


def _print_failure(failure: Failure) -> None:
    left = failure.plan.faults
    print(f"\nseed {failure.plan.seed}: {len(left)} of {failure.faults_before} faults are needed")
    for row in left:
        print(f"  {row.at_us / 1e6:16.6f} s  {row.kind}" + (f" for {row.lasts_us / 1e6:g} s" if row.lasts_us else ""))
    for violation in failure.violations[:SHOWN_MAX]:
        print(f"  {violation.at_us / 1e6:16.6f} s  {violation.checker}: {violation.sentence}")


def _print_json(totals: Totals, failures: list[Failure]) -> None:
    import json

    print(
        json.dumps(
            {
                "seeds": totals.seeds,
                "device_years": round(totals.years, 3),
                "visits": totals.visits,
                "messages": totals.messages,
                "pulses": totals.pulses,
                "cpu_s": totals.cpu_us / 1e6,
                "times_real": round(totals.times_real),
                "least_faults": totals.least_faults,
                "faults": dict(sorted(totals.faults.items())),
                "families": dict(sorted(totals.families.items())),
                "looked": dict(totals.looked),
                "worst_stop_us": totals.worst_stop_us,
                "worst_hung_us": totals.worst_hung_us,
                "excuses": totals.excuses,
                "violations": totals.violations,
                "failed": totals.failed,
                "failures": [
                    {
                        "seed": failure.plan.seed,
                        "faults_needed": [[row.at_us, row.kind, row.lasts_us] for row in failure.plan.faults],
                        "violations": [[v.checker, v.at_us, v.sentence] for v in failure.violations],
                    }
                    for failure in failures
                ],
                "traces": {str(seed): digest for seed, digest in sorted(totals.digests.items())},
            }
        )
    )
