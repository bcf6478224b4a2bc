"""`scs conformance --mutants`: which check catches which implant that is wrong on purpose."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scs.cli.exit_codes import ExitCode
from scs.cli.progress import progress_bar
from scs.cli.table import FOOTER, Paint, wrapped
from scs.programmer.steps import Progress

if TYPE_CHECKING:
    from scs.testing.conformance.mutants import Caught
    from scs.testing.conformance.runner import Settings


def run_mutants(settings: Settings, ids: list[str]) -> int:
    """Print the table; 1 when one of them passes every check."""
    from scs.clock import WallClock
    from scs.testing.conformance.mutants import catch_all, chosen

    if not settings.is_simulated:
        print("scs: --mutants needs --target sim: the implants that are wrong on purpose are emulated", file=sys.stderr)
        return ExitCode.UNREADABLE
    paint = Paint()
    clock = WallClock()
    began, total, done = clock.now(), len(chosen(ids)), 0
    with progress_bar(is_wanted=True) as show:

        def tell(caught: Caught) -> None:
            nonlocal done
            done += 1
            if show is not None:
                show(Progress("trying known-bad firmwares", done, total))
            _print(caught, paint)

        found = catch_all(settings, ids, tell)
    missed = [caught.id for caught in found if not caught.check]
    took = began.until(clock.now()).us // 1_000_000
    print(f"\n{len(found) - len(missed)} of {len(found)} known-bad firmwares were caught, in {took} s")
    if missed:
        print(f"not caught: {', '.join(missed)}")
    print(FOOTER)
    return ExitCode.BLOCKED if missed else ExitCode.OK


def _print(caught: Caught, paint: Paint) -> None:
    """The fault, what it is, and what was said of it."""
    verdict = paint("caught    ", "green") if caught.check else paint("NOT CAUGHT", "red", "bold")
    print(f"{verdict}  {caught.id:<32}{caught.hazard:<5}{caught.check}")
    print("\n".join(wrapped(caught.description, 12)))
    if caught.check:
        print("\n".join(wrapped(f"-> {caught.sentence}", 12)), flush=True)
