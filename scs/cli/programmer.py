"""`scs programmer`: the clinician programmer in the terminal."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from scs.cli.exit_codes import ExitCode


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    parser = subparsers.add_parser(
        "programmer",
        help="the clinician programmer in the terminal",
        description="Connect to an implant, edit and judge programs, deliver and stop therapy. Never for clinical use.",
    )
    parser.add_argument("--port", default="", metavar="ADDRESS", help="connect to this implant at once")
    parser.add_argument("--serial", metavar="NUMBER", help="refuse any implant but the one with this serial number")
    parser.add_argument("--trace", default="", metavar="FILE", help="open a recorded link and step through it")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the programmer until it is left."""
    from programmer_tui.app import ProgrammerApp
    from programmer_tui.recent import RecentAddresses

    recent = RecentAddresses(_state_folder() / "recent")
    ProgrammerApp(arguments.port, arguments.serial, recent=recent, trace_path=arguments.trace).run()
    return ExitCode.OK


def _state_folder() -> Path:
    """Where this person's programs keep what they may forget (XDG base directories; LOCALAPPDATA on Windows)."""
    named = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(named) if named else Path.home() / ".local" / "state") / "scs"
