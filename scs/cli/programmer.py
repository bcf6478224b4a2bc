"""`scs programmer`: the clinician programmer in the terminal."""

from __future__ import annotations

import argparse
import gc
import os
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode
from scs.errors import BadAddress

if TYPE_CHECKING:
    from scs.programmer.recording import SessionRecord
    from scs.programmer.unresolved import Notes

THEMES = ("textual-dark", "textual-light", "high-contrast", "high-contrast-light", "colour-blind")
"""The names in programmer_tui/themes.py, which is not loaded for the help; a test compares."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    parser = subparsers.add_parser(
        "programmer",
        help="the clinician programmer in the terminal",
        description="Connect to an implant, edit and judge programs, deliver and stop therapy. Never for clinical use.",
    )
    parser.add_argument("--port", default="", metavar="ADDRESS", help="connect to this implant at once")
    parser.add_argument(
        "--demo", action="store_true", help="without a device: an emulated implant that ends with the programmer"
    )
    parser.add_argument("--serial", metavar="NUMBER", help="refuse any implant but the one with this serial number")
    parser.add_argument("--trace", default="", metavar="FILE", help="open a recorded link and step through it")
    parser.add_argument(
        "--role",
        choices=("patient", "clinician", "service", "engineer"),
        default="clinician",
        help="who sits before it (clinician), as far as the pair with the implant permits it",
    )
    parser.add_argument(
        "--theme", choices=THEMES, default="", help="the colours of this run; the settings screen chooses for good"
    )
    parser.add_argument("--keymap", metavar="FILE", help='your own keys: TOML, "id" = "key", the ids of docs/keys.md')
    parser.add_argument(
        "--insecure", action="store_true", help="talk in the clear, as only an implant on the bench allows"
    )
    parser.add_argument("--room", metavar="PATH", help="the door of a training scenario: shows its patient")
    parser.set_defaults(run=run)


def _keymap(path: str | None) -> Mapping[str, str]:
    """Read before the first screen is drawn, so that a wrong file is said where it was named."""
    if path is None:
        return {}
    from programmer_tui.catalogue import actions
    from programmer_tui.keymap import read_keymap
    from scs.cli.given_files import read_text

    return read_keymap(path, read_text(path), actions())


def _room(path: str | None) -> Callable[[Mapping[str, object]], dict[str, Any]] | None:
    if path is None:
        return None
    from scs.cli.train_live import door_of

    return door_of(path)


def _ask_bench(path: str, order: Mapping[str, object]) -> dict[str, Any]:
    from scs.cli.train_live import door_of

    return door_of(path)(order)


def _write_report(url: str, session: int, path: Path) -> int:
    from scs.cli.report import write_report

    return write_report(url, session, path)


def _record(address: str, say: Callable[[str], None]) -> SessionRecord | None:
    from scs.cli.recording import session_record

    return session_record("programmer", address, say)


def _notes() -> Notes:
    from scs.cli.recording import notes_of_operations

    return notes_of_operations(lambda _: None)


def load_the_rest() -> None:
    """What the first picture does without: sessions, messages, programs, rules, and every other screen.

    No key waits for them then, and the red screen of a STOP that nobody confirms is there before it is needed.
    """
    try:
        import_module("scs.programmer.worker")
        from programmer_tui.catalogue import actions

        actions()
    finally:
        # What was loaded stays. To look through all of it for what is no longer used takes 75 to 93 ms [measured], and
        # a STOP that is pressed meanwhile would wait for it.
        gc.freeze()
        gc.enable()


def run(arguments: argparse.Namespace) -> int:
    """Show the programmer until it is left."""
    if arguments.demo and arguments.port:
        raise BadAddress(f"--demo brings an implant of its own and --port names {arguments.port}; give one of them")
    # Loading makes much and throws away little, so nobody looks for garbage before `load_the_rest` is through.
    gc.disable()
    from programmer_tui.actions import UserRole
    from programmer_tui.app import ProgrammerApp
    from programmer_tui.habits import Habits, RememberedTheme
    from programmer_tui.pairs import Pairs
    from programmer_tui.passphrase import Passphrase
    from programmer_tui.recent import RecentAddresses
    from scs.cli.pairing_place import key_store
    from scs.cli.train_live import door_of
    from scs.records.place import records_url, state_folder

    recent = RecentAddresses(state_folder(os.environ) / "recent")
    ProgrammerApp(
        arguments.port, arguments.serial, recent=recent, trace_path=arguments.trace,
        records_url=records_url(os.environ),
        record=_record,
        emulators=state_folder(os.environ) / "emulators", demonstrate=arguments.demo,
        habits=Habits(
            arguments.theme, RememberedTheme(state_folder(os.environ) / "theme"), _keymap(arguments.keymap),
            Passphrase(state_folder(os.environ) / "passphrase"),
        ),
        role=UserRole(arguments.role), notes=_notes,
        room=_room(arguments.room), bench_of=door_of,
        pairs=Pairs(None if arguments.insecure else key_store(os.environ)), ask_bench=_ask_bench,
        write_report=_write_report, afterwards=load_the_rest,
    ).run()  # fmt: skip
    return ExitCode.OK
