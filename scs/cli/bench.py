"""`scs bench`: runs the comparisons of bench/ in a checkout and prints medians of ratios."""

from __future__ import annotations

import sys
from argparse import Namespace
from importlib import import_module
from pathlib import Path
from typing import Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import Paint, columns

REPEATS = 7
"""An odd number, so that a median is one of the measurements; enough to outvote a hiccup of the machine."""


def add_parser(subparsers: Any) -> None:
    """Add `bench` to the command line."""
    parser = subparsers.add_parser(
        "bench",
        help="measure speed against other software (in a checkout)",
        description="Time this project against other software in turn and print the medians of the ratios. Needs a "
        "checkout with its development dependencies.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these files of bench/, such as startup")
    parser.add_argument("--repeats", type=int, default=REPEATS, metavar="N", help=f"{REPEATS} if not given")
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Run the chosen benches and print their rows."""
    from scs.errors import BadFile

    folder = Path(__file__).resolve().parents[2] / "bench"
    present = sorted(path.stem for path in folder.glob("*.py") if "def run(" in path.read_text(encoding="utf-8"))
    if not present:
        raise BadFile(str(folder), ("there are no benches here; run this in a checkout",))
    unknown = sorted(set(arguments.names) - set(present))
    if unknown:
        raise BadFile(str(folder), (f"there is no bench {', '.join(unknown)}; choose from {', '.join(present)}",))
    sys.path.insert(0, str(folder.parent))
    rows: list[Any] = []
    for name in arguments.names or present:
        if not arguments.json:
            print(f"running {name} ...", file=sys.stderr)
        rows += import_module(f"bench.{name}").run(max(1, arguments.repeats))
    if arguments.json:
        import json

        print(json.dumps([row.as_dict() for row in rows], indent=2))
        return ExitCode.OK
    headings = ("ratio", "target", "reached", "what", "against")
    cells = [
        [
            f"{row.ratio:.2f}",
            f"{'>=' if row.higher_is_better else '<='} {row.target:g}",
            "yes" if row.reached else "NO",
            row.name,
            row.peer,
        ]
        for row in rows
    ]
    print("\n".join(columns(headings, cells, Paint())))
    return ExitCode.OK
