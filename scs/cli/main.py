"""The `scs` command. A verb's module is imported when the verb is asked for, and its heavy parts when it runs.

So `scs --help` loads no verb at all, and `scs check` neither screens, ports nor numbers libraries. A verb is a row of
VERBS and a module scs.cli.<verb> with `add_parser(subparsers)`, which sets `run(arguments) -> exit code`.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from scs import __version__
from scs.cli.table import FOOTER

VERBS = {
    "check": "judge program files by every safety rule",
    "charge": "charge, density and Shannon's k of one phase on one contact",
    "pulses": "the exact pulse timeline of a program file",
    "run": "deliver a program file for days or years of simulated time",
    "simulate": "play seeds of faults against implant, link and programmers",
    "device": "talk to an implant: identify, write, start, stop, measure, log",
    "emulate": "run an emulated implant behind a serial link",
    "bench-control": "break, mend, rewind and look into a running emulator",
    "conformance": "try an implant, emulated or real, by named checks",
    "records": "the recorded sessions: list, show, compare, verify, export, note",
    "report": "a recorded session as HTML or PDF",
    "replay": "run a trace again, on the emulated implant or on a real one",
    "wire": "capture, decode and replay what passes on a link",
    "prove": "prove the safety rules, by points and by lemmas",
    "fuzz": "feed every reader with damaged input",
    "programmer": "the clinician programmer in the terminal",
    "web": "the programmer in a browser, each visitor with an emulated implant",
    "demo": "an emulated implant and a programmer, ready to use",
    "longevity": "how long a battery lasts under a program file",
    "sweep": "a program at every amplitude, width and rate: judged, delivered, felt",
    "cohort": "many patients under groups of programs",
    "body": "what the models of tissue and fibres say",
    "train": "train on a virtual patient, and be scored",
    "leads": "list the lead catalogue with its sources",
    "profiles": "list the device profiles with their sources",
    "schema": "print the JSON Schema of program files",
    "bench": "measure speed against other software (in a checkout)",
}
"""Verb to its line in the help, in the order shown there."""

SHORT_LIVED = frozenset({"check", "charge", "leads", "profiles", "schema"})
"""They end before their garbage would matter, so they run without looking for it."""


class _Parser(argparse.ArgumentParser):
    """Words that nobody takes are told by the verb to which they were said, with the usage of that verb."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        found, others = super().parse_known_args(args, namespace)
        if others:
            self.error(f"nothing here takes {' '.join(others)}; see '{self.prog} --help'")
        return found, others


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `argv` is the process's own when not given."""
    if argv is None:
        return _whole_process(sys.argv[1:])
    arguments = _parser(argv).parse_args(argv)
    from scs.cli.failures import guarded

    return guarded(arguments.run, arguments)


def _whole_process(argv: Sequence[str]) -> int:
    """The command as a process of its own, tuned to start and end quickly.

    Imports make much and throw away little, so looking for garbage while they run, and taking everything apart again
    at the end, costs a third of the time of `scs check` and finds nothing.
    """
    # Plugins of pydantic are other people's code, and looking for them reads the metadata of every package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if not argv or argv[0] not in SHORT_LIVED:
        return main(argv)
    gc.disable()
    code = main(argv)
    # Nothing is open and no thread runs; what was printed is all that is left to do.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def module_of(verb: str) -> Any:
    """The module of a verb: its name, with an underscore where the verb has a hyphen."""
    return import_module(f"scs.cli.{verb.replace('-', '_')}")


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for the verb that is asked for, or, for help and for mistakes, one that knows every verb by name."""
    parser = _Parser(
        prog="scs",
        description="A spinal cord stimulator in software: implant, serial link and programmer.",
        epilog=FOOTER,
    )
    parser.add_argument("--version", action="version", version=f"scs {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = argv[0] if argv else None
    if asked in VERBS:
        module_of(asked).add_parser(subparsers)
        verb_parser = subparsers.choices[asked]
        if FOOTER not in (verb_parser.description or ""):
            verb_parser.epilog = FOOTER
    else:
        for verb, about in VERBS.items():
            subparsers.add_parser(verb, help=about)
    return parser
