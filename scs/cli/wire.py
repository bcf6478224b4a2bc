"""`scs wire`: the verbs and their options. What the verbs do is in wire_capture, wire_decode and wire_replay."""

from __future__ import annotations

import argparse
from typing import Any

DIRECTIONS = ("to-implant", "to-programmer")


def add_parser(subparsers: Any) -> None:
    """Add `wire` with its verbs to the command line."""
    parser = subparsers.add_parser(
        "wire",
        help="capture, decode and replay what passes on a link",
        description="See what passes on a link between a programmer and an implant (docs/wire.md). A software model, "
        "never for clinical use.",
    )
    parser.set_defaults(run=run)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, about: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = verbs.add_parser(name, help=about, description=about.capitalize() + ".")
        return added

    _add_capture(verb("capture", "write what passes into a pcapng file for Wireshark, until Ctrl-C"))
    _add_decode(verb("decode", "print a capture or a trace in words, as JSON lines or in hexadecimal"))
    _add_replay(verb("replay", "send the programmer's side of a capture again and compare the answers"))
    verb("dissector", "print the dissector for Wireshark, in Lua")


def _add_capture(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help='a new pcapng file; "-" is standard output, for wireshark -k -i -')
    parser.add_argument("--implant", metavar="URL", help="where the implant is: /dev/ttyUSB0, tcp:HOST:PORT, …")
    parser.add_argument("--offer", metavar="LINK", default="pty", help="the programmer's side: pty, pty:PATH, "
                        "tcp:HOST:PORT or serial:DEVICE[,BAUD] (default: %(default)s)")  # fmt: skip
    parser.add_argument("--hear-programmer", metavar="URL", help="only listen: a carrier that hears the programmer")
    parser.add_argument("--hear-implant", metavar="URL", help="only listen: a carrier that hears the implant")


def _add_decode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help='a capture or a trace; "-" is standard input')
    parser.add_argument(
        "--format", choices=("text", "json", "hex"), default="text", help="text, JSON lines or hex dump"
    )
    parser.add_argument(
        "--type", nargs="+", metavar="TYPE", default=[], help="only these: request, response, … or noise"
    )
    parser.add_argument("--message", nargs="+", metavar="NAME", default=[], help="only these: GetStatus, Committed, …")
    parser.add_argument("--direction", choices=DIRECTIONS, help="only what went this way")
    parser.add_argument("--keys", metavar="LOG", help="the key log of a test session, which opens sealed frames")


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a capture or a trace")
    parser.add_argument("--to", metavar="URL", required=True, help="an emulated implant, or one on a dummy load")
    parser.add_argument("--link", type=int, default=0, metavar="N", help="of several links in a capture (default: 0)")
    parser.add_argument("--dummy-load", action="store_true", help="a resistor and no body is connected: may stimulate")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Carry out one verb and return its exit code."""
    if arguments.verb == "capture":
        from scs.cli.wire_capture import capture

        return capture(arguments)
    if arguments.verb == "decode":
        from scs.cli.wire_decode import decode

        return decode(arguments)
    if arguments.verb == "replay":
        from scs.cli.wire_replay import replay

        return replay(arguments)
    import sys

    from scs.wire.dissector import dissector

    sys.stdout.write(dissector())
    return 0
