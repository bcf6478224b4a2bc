"""`scs wire replay`: the programmer's side of a capture once more, to an emulated implant or to a dummy load."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, wrapped
from scs.cli.wire_file import packets_in
from scs.errors import BadFile, BadPrescription
from scs.wire.capture import Packet, trace_of
from scs.wire.capture_view import SEALED, look
from scs.wire.framing import Direction
from scs.wire.requests import SetAmplitude, Start
from scs.wire.trace import EVENTS_MAX, TraceHeader

if TYPE_CHECKING:
    from scs.testing.replay import Replayed

SHOWN = 20
"""Differences on the screen; --json has all of them."""


def replay(arguments: Namespace) -> int:
    """Replay and print the differences; 0 without any, 1 with one."""
    from scs.testing.replay import Replay
    from scs.testing.target import SIMULATED, open_target

    if arguments.to == SIMULATED:
        raise BadPrescription("sim: is no link; start an emulator with scs emulate, or run a trace with scs replay")
    packets = _packets(arguments)
    if not arguments.dummy_load:
        check_harmless(packets)
    trace = trace_of(packets, TraceHeader(target=arguments.to))
    target = open_target(arguments.to, has_dummy_load=arguments.dummy_load)
    try:
        found = Replay(trace, target, is_exact=False).run()
    finally:
        target.close()
    sealed = sum(_is_sealed(number, packet) for number, packet in enumerate(packets, start=1))
    shown = (
        json.dumps(_fields(arguments, found, sealed), indent=2) if arguments.json else _text(arguments, found, sealed)
    )
    print(shown)
    return ExitCode.BLOCKED if found.differences else ExitCode.OK


def check_harmless(packets: Iterable[Packet]) -> None:
    """Raise BadPrescription when one of them would stimulate, or may: nobody may be connected to the implant then."""
    for number, packet in enumerate(packets, start=1):
        if packet.direction is not Direction.TO_IMPLANT:
            continue
        if _is_sealed(number, packet):
            raise BadPrescription(
                f"packet {number} is sealed, so nobody can see whether it stimulates; an implant refuses it when it "
                "comes again, and to see that, connect a resistor and no body, and say so with --dummy-load"
            )
        message = look(number, packet).message
        if isinstance(message, Start | SetAmplitude):
            raise BadPrescription(
                f"packet {number} is {type(message).__name__}, which stimulates: connect a resistor and no body, and "
                "say so with --dummy-load"
            )


def _is_sealed(number: int, packet: Packet) -> bool:
    frame = look(number, packet).frame
    return frame is not None and frame.type in SEALED


def _packets(arguments: Namespace) -> list[Packet]:
    """The packets of one link, as link 0, for a carrier has one."""
    links: set[int] = set()
    chosen = []
    with packets_in(arguments.file) as packets:
        for packet in packets:
            links.add(packet.link)
            if packet.link == arguments.link:
                chosen.append(Packet(packet.at_us, packet.direction, packet.data))
            if len(chosen) > EVENTS_MAX:
                raise BadFile(arguments.file, (f"holds more than {EVENTS_MAX} packets of a link; capture less",))
    if not chosen:
        there = ", ".join(map(str, sorted(links))) or "none"
        raise BadFile(arguments.file, (f"holds no packet of link {arguments.link}; there are links: {there}",))
    return chosen


def _text(arguments: Namespace, found: Replayed, sealed: int) -> str:
    paint = Paint()
    lines = [f"{found.events:,} packets of {arguments.file} on {arguments.to}, {found.answers:,} answers compared"]
    for difference in found.differences[:SHOWN]:
        lines.append(paint(f"packet {difference.line - 1}, {difference.at_us / 1e6:.6f} s", "yellow"))
        lines += wrapped(difference.sentence, 2)
    more = len(found.differences) - SHOWN
    lines += [f"and {more} more; --json has all of them"] if more > 0 else []
    if sealed:
        lines += wrapped(f"{sealed:,} of the packets are sealed: an implant opens none of them a second time", 0)
    same = "every answer is the one in the capture"
    lines.append(same if not found.differences else "this implant does not answer as the one in the capture did")
    return "\n".join([*lines, FOOTER])


def _fields(arguments: Namespace, found: Replayed, sealed: int) -> dict[str, Any]:
    return {
        "capture": arguments.file,
        "to": arguments.to,
        "packets": found.events,
        "answers": found.answers,
        "sealed": sealed,
        "same": not found.differences,
        "differences": [
            {"packet": one.line - 1, "at_us": one.at_us, "sentence": one.sentence} for one in found.differences
        ],
    }
