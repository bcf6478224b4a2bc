"""Every known-bad firmware in the simulated world: `python -m scs.simulation.sweep` prints a line for each as it goes.

What is wanted is that every play ends, that no checker breaks down over an implant that is wrong, and that the real
firmware is accused of nothing in the same seeds. How many are caught is told: not every fault shows in a few seeds, and
each has a scene of its own that catches it (`scs conformance --mutants`).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from firmware_model.device import Device
from firmware_model.known_bad import KNOWN_BAD, find_known_bad
from scs.errors import BadPrescription
from scs.simulation.plan import draw_plan
from scs.simulation.seed import play
from scs.simulation.world import Build

SEEDS, DAYS, FAULTS, VISITS = 4, 30, 20, 8
REAL = "the real firmware"


@dataclass(slots=True)
class Swept:
    """What one firmware came to: its seeds, who accused it how often, and where our own side broke down."""

    name: str
    seeds: int = 0
    accused: Counter[str] = field(default_factory=Counter)
    first: int | None = None
    """The first seed that shows it."""
    broken_down: list[str] = field(default_factory=list)

    @property
    def is_real(self) -> bool:
        return self.name == REAL

    @property
    def is_in_order(self) -> bool:
        return not self.broken_down and not (self.is_real and self.accused)


def sweep(name: str, build: Build, seeds: Sequence[int], days: int, *, until_caught: bool) -> Swept:
    """Play the seeds with one firmware; with `until_caught` to the first that shows what is wrong."""
    swept = Swept(name)
    for seed in seeds:
        outcome = play(draw_plan(seed, days, FAULTS, VISITS), build)
        swept.seeds += 1
        swept.accused.update(violation.checker for violation in outcome.violations)
        if outcome.broken_down:
            swept.broken_down.append(f"seed {seed}: {outcome.violations[-1].sentence}")
        if outcome.violations and swept.first is None:
            swept.first = seed
            if until_caught:
                break
    return swept


def line(swept: Swept) -> str:
    """One line."""
    by = ", ".join(f"{checker} {times}" for checker, times in sorted(swept.accused.items()))
    found = f"seed {swept.first}: {by}" if by else f"nothing in {swept.seeds} seeds"
    wrong = "" if swept.is_in_order else "  NOT AS IT SHOULD BE " + "; ".join(swept.broken_down)
    return f"{swept.name:<36} {found}{wrong}"


def main(argv: Sequence[str] | None = None, say: Callable[[str], object] = print) -> int:
    """Sweep and print; 0 when every play ended as a play should."""
    parser = argparse.ArgumentParser(prog="python -m scs.simulation.sweep", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help=f"for each; {SEEDS}")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the number of the first; 0")
    parser.add_argument("--days", type=int, default=DAYS, metavar="N", help=f"of each seed; {DAYS}")
    parser.add_argument("--only", action="append", default=[], metavar="ID", help="this one; all if not given")
    parser.add_argument("--all-seeds", action="store_true", help="go on after the first seed that shows it")
    arguments = parser.parse_args(argv)
    if arguments.seeds < 1 or arguments.days < 1 or arguments.first < 0:
        parser.error("--seeds and --days are at least 1, and --first is at least 0")
    try:
        builds = dict(_builds(arguments.only))
    except BadPrescription as error:
        parser.error(str(error))
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    all_swept = []
    for name, build in builds.items():
        swept = sweep(name, build, seeds, arguments.days, until_caught=not arguments.all_seeds)
        all_swept.append(swept)
        say(line(swept))
        sys.stdout.flush()
    wrong = [swept.name for swept in all_swept if not swept.is_in_order]
    caught = sum(bool(swept.accused) for swept in all_swept if not swept.is_real)
    plays = sum(swept.seeds for swept in all_swept)
    say(f"{caught} of {len(builds) - 1} known-bad firmwares are accused, with up to {len(seeds)} seeds each")
    say(f"{plays} plays, and each came to an end")
    if wrong:
        say(f"{len(wrong)} NOT AS THEY SHOULD BE: {', '.join(wrong)}")
    return int(bool(wrong))


def _builds(only: Sequence[str]) -> Iterator[tuple[str, Build]]:
    yield REAL, Device
    for bad in map(find_known_bad, only) if only else KNOWN_BAD:
        yield bad.id, bad.build


if __name__ == "__main__":
    sys.exit(main())
