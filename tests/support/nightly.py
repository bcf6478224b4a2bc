"""`make nightly`: the long campaigns, one after the other on two processors, and what each of them counted.

Everything is seeded. `--part 10` runs a tenth of each, `--seed 2` is another night. What is searched and not counted is
always whole within its bounds, and says which; a part has narrower ones.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from scs.clock import WallClock
from tests.support.sources import ROOT

WORKERS = 2
SCS = ("-m", "scs.cli")


@dataclass(frozen=True, slots=True)
class Campaign:
    """One row: what is measured, and the command (for this interpreter) that measures it and prints its counts."""

    measure: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one."""

    campaign: Campaign
    code: int
    seconds: int
    said: str


def campaigns(part: int, seed: int, corpus: Path) -> tuple[Campaign, ...]:
    """The rows, with a `part`-th of every count."""

    def of(count: int) -> str:
        return str(max(1, count // part))

    def fuzz(target: str, runs: int, *more: str) -> Campaign:
        return Campaign(f"fuzzing: {target}", (*SCS, "fuzz", target, "--runs", of(runs), "--seed", str(seed), *more))

    kept = ("--corpus", str(corpus))
    search = ("-m", "scs.testing.commit_search")
    deep = _bounds(part)
    first = ("--first", str((seed - 1) * 20_000), "--jobs", "1")
    years = Campaign(
        "simulated device-years", (*SCS, "simulate", "--seeds", of(20_000), "--faults", "50", "--days", "37", *first)
    )
    sweep = ("-m", "scs.simulation.sweep", "--seeds", of(40), "--first", str((seed - 1) * 40))
    return (
        years,
        Campaign("every known-bad firmware in the simulated world", sweep),
        fuzz("decoder", 1_000_000_000, *kept),
        fuzz("session", 5_000_000, *kept),
        fuzz("implant", 5_000_000, *kept),
        fuzz("sealed", 3_000_000, *kept),
        fuzz("codec", 20_000_000, *kept),
        fuzz("all", 20_000, *kept),
        Campaign("fuzzing with Hypothesis", (*SCS, "fuzz", "all", "--engine", "hypothesis", "--runs", of(5_000),
                                             "--seed", str(seed), *kept)),
        Campaign("two-bit wire flips, 64 bytes", ("-m", "scs.testing.wire_errors", "--flips", of(44_000_000),
                                                  "--seed", str(seed))),
        Campaign("two-bit wire flips, 240 bytes", ("-m", "scs.testing.wire_errors", "--flips", of(3_000_000),
                                                   "--seed", str(seed), "--body", "228")),
        Campaign("memory flips, every region", ("-m", "scs.testing.image_flips", "--every", "--part", str(part))),
        Campaign("power cuts and pairs", ("-m", "scs.testing.power_cuts", "--pairs", "--every", str(part))),
        Campaign("exactly once", (*search, *deep)),
        Campaign("exactly once, in channels", (*search, "--sealed", *deep)),
        Campaign("whoever opens a session is connected", (*search, "--sealed", "--variant", "as-designed",
                 "--changes", "0", "--troubles", "2" if part == 1 else "1", "--cuts", "2")),
        Campaign("exactly once, cut at every byte and again",
                 (*search, "--variant", "as-designed", "--changes", "1", "--troubles", "0" if part > 1 else "1",
                  "--cuts", "2", "--every-byte")),
    )  # fmt: skip


def _bounds(part: int) -> tuple[str, ...]:
    """The bounds of a search in a `part`-th of a night; it is whole within them, for half of a search shows nothing.

    Narrower ones than those of a tenth would no longer find what is wrong with each of the variants.
    """
    return ("--troubles", "2" if part == 1 else "1", "--cuts", "1")


def run(campaign: Campaign) -> Result:
    """Run one to its end."""
    clock = WallClock()
    done = subprocess.run(
        [sys.executable, *campaign.command], cwd=ROOT, capture_output=True, text=True, errors="replace", check=False
    )
    said = (done.stdout if done.returncode in (0, 1) else done.stdout + done.stderr).strip()
    result = Result(campaign, done.returncode, clock.now().us // 1_000_000, said)
    sys.stdout.write(f"{_verdict(result)}  {campaign.measure}, {result.seconds} s\n")
    sys.stdout.flush()
    return result


def _verdict(result: Result) -> str:
    return "passed" if result.code == 0 else f"FAILED ({result.code})"


def main(argv: Sequence[str] | None = None) -> int:
    """Run every campaign and print their counts; 0 when all have passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.nightly", description=__doc__)
    parser.add_argument("--part", type=int, default=1, metavar="N", help="run an Nth of each; 1")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another night; 1")
    parser.add_argument("--only", default="", metavar="WORDS", help="the rows whose measure has these words")
    parser.add_argument("--list", action="store_true", help="print the commands and run none")
    arguments = parser.parse_args(argv)
    if arguments.part < 1:
        parser.error("--part is at least 1")
    rows = campaigns(arguments.part, arguments.seed, ROOT / "tests" / "corpus")
    rows = tuple(row for row in rows if arguments.only in row.measure)
    if arguments.list:
        sys.stdout.writelines(f"{row.measure}: python {' '.join(row.command)}\n" for row in rows)
        return 0
    with ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(run, rows))
    for result in results:
        sys.stdout.write(f"\n{_verdict(result)}  {result.campaign.measure}: {' '.join(result.campaign.command[1:])}\n")
        sys.stdout.writelines(f"    {line}\n" for line in result.said.splitlines())
    passed = sum(result.code == 0 for result in results)
    sys.stdout.write(f"\n{passed} of {len(results)} campaigns passed\n")
    return int(passed != len(results))


if __name__ == "__main__":
    sys.exit(main())
