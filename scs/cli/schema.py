"""`scs schema`: the JSON Schema of program files, for editors and other programs."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from scs.cli.exit_codes import ExitCode


def add_parser(subparsers: Any) -> None:
    """Add `schema` to the command line."""
    parser = subparsers.add_parser(
        "schema",
        help="print the JSON Schema of program files",
        description="Print the JSON Schema of program files, for an editor that completes and checks them.",
    )
    parser.set_defaults(run=run)


def run(_: Namespace) -> int:
    """Print the schema."""
    import json

    from scs.domain.program_file import program_schema

    print(json.dumps(program_schema(), indent=2, ensure_ascii=False))
    return ExitCode.OK
