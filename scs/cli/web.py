"""`scs web`: the terminal programmer in a browser, for courses and for trying it out. Each visitor has an own implant.

Whoever has the address that is printed can do what the person who started it can do, so it holds a random token, and
only this machine reaches it unless another --host is named.
"""

from __future__ import annotations

import argparse
import ipaddress
import sys
from typing import Any

from scs.cli.exit_codes import ExitCode
from scs.errors import BadAddress, Unreadable

VISITORS = 20
"""As many as two cores and 4 GB bear (`scs bench visitors`); each is two processes."""
VISITORS_MAX = 500
"""Above this the processes would not fit the memory of any machine this is meant for."""
PORT_MAX = 65_535


def add_parser(subparsers: Any) -> None:
    """Add `web` to the command line."""
    parser = subparsers.add_parser(
        "web",
        help="the programmer in a browser, each visitor with an emulated implant",
        description="Serve the terminal programmer to browsers. Each visitor has a process and an emulated implant of "
        "an own, both of which end with the visit. The printed address holds a token; without it there is nothing to "
        "see. Ctrl+C ends everything. A software model, never for clinical use.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: this machine only)")
    parser.add_argument("--port", type=_port, default=8000, help="the port; 0 takes a free one (default: %(default)s)")
    parser.add_argument(
        "--visitors", type=_visitors, default=VISITORS, metavar="N", help="how many at once (default: %(default)s)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; 0 then. Raises Unreadable without the extra, BadAddress for a port in use."""
    try:
        from scs.cli.web_server import ProgrammerServer
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("aiohttp", "aiohttp_jinja2", "textual_serve"):
            raise
        raise Unreadable(
            f"scs web needs the package {error.name}, which is not installed; install it with: pip install 'scs[web]'"
        ) from error
    if not is_loopback(arguments.host):
        print(
            f"scs web: {arguments.host} is reached from other machines, the link is not encrypted, and whoever has the "
            "address can open files and ports as you can; use it only in a network that you trust",
            file=sys.stderr,
        )
    try:
        server = ProgrammerServer(arguments.host, arguments.port, arguments.visitors)
    except OSError as error:
        raise BadAddress(
            f"{arguments.host}:{arguments.port}: {error.strerror or error}; choose another --port or --host"
        ) from error
    server.serve()
    return ExitCode.OK


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`; a name that is not `localhost` might be any."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _port(text: str) -> int:
    return _number(text, 0, PORT_MAX)


def _visitors(text: str) -> int:
    return _number(text, 1, VISITORS_MAX)


def _number(text: str, lowest: int, highest: int) -> int:
    number = int(text)
    if not lowest <= number <= highest:
        raise argparse.ArgumentTypeError(f"{number} is none of {lowest} to {highest}")
    return number
