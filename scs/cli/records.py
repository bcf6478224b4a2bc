"""`scs records`: the sessions that were recorded here, what was done in them, and whether the book is whole."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Register the verb and its own verbs."""
    parser = subparsers.add_parser(
        "records",
        help="the recorded sessions: list, show, compare, verify, export, note",
        description="What was done and seen in sessions with implants. SCS_RECORDS_URL names another book than this "
        "person's own, and SCS_RECORDS_URL=none records nothing.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    parser.set_defaults(run=run)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, about: str, *sessions: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = verbs.add_parser(name, help=about, description=about.capitalize() + ".")
        added.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        for session in sessions:
            added.add_argument(session, metavar=session.upper(), help='its number in the list, or "last"')
        return added

    verb("list", "list the sessions, oldest first")
    show = verb("show", "show the lines of a session", "session")
    show.add_argument("--all", action="store_true", help="also what was only looked at, and each line in full")
    verb("compare", "say what differs between two sessions", "earlier", "later")
    check = verb("verify", "look for changed, exchanged and missing lines in the whole book; 2 when there are any")
    check.add_argument("--expect", metavar="DIGEST", help="the digest that was noted elsewhere before")
    verb("export", "print a session whole, one JSON object a line", "session")
    note = verb("note", "add what the patient reports to a session; nothing is ever changed", "session")
    note.add_argument("text", metavar="TEXT", help="what is to be remembered")
    note.add_argument("--pain", type=int, choices=range(11), metavar="0..10", help="pain as the patient rates it")
    note.add_argument("--relief", type=int, choices=range(101), metavar="0..100", help="relief in percent")


def run(arguments: argparse.Namespace) -> int:
    """Carry out one verb and return its exit code."""
    from scs.cli.records_verbs import run_verb

    return run_verb(arguments)
