"""How much of a line of 115,200 baud a download of the log uses: a real emulator, a real client, and a paced line.

The line is the faulty transport without a fault: every byte takes its ten bits, both ways. What counts is what a person
wants, the bodies of the pages; frames, requests and the waits between them are what is lost.
"""

from __future__ import annotations

from random import Random

from bench.pairing import BenchRow, seconds
from bench.programmer_latency import emulator
from scs.clock import WallClock
from scs.programmer.client import Client
from scs.programmer.events import Answered, Event
from scs.transport.address import open_transport
from scs.transport.faulty import FaultyTransport
from scs.transport.link_faults import LinkFaults, WireFaults
from scs.wire.codec import encode_message
from scs.wire.responses import LogPage
from scs.wire.terms import Role

BAUD = 115_200
LINE = BAUD / 10
"""Bytes a second, with a start and a stop bit each."""
WANTED = 0.85
DOWNLOADS = 3


def run(repeats: int) -> list[BenchRow]:
    """One row: the best of some downloads, because whatever else the machine does only takes away."""
    with emulator() as address:
        best = max(_goodput(address) for _ in range(min(repeats, DOWNLOADS)))
    name = f"goodput of a log download at {BAUD:,} baud"
    return [BenchRow(name, f"the line, {LINE:,.0f} bytes/s", best, LINE, "bytes/s", best / LINE, WANTED, True)]


def a_line(address: str) -> FaultyTransport:
    """A connection to an emulator as slow as a serial line."""
    line = LinkFaults(both_ways=WireFaults(baud=BAUD))
    return FaultyTransport(open_transport(address), Random(1), line, WallClock())


def _goodput(address: str) -> float:
    """Bytes of bodies of pages a second."""
    carried = 0

    def count(event: Event) -> None:
        nonlocal carried
        if isinstance(event, Answered) and isinstance(event.response, LogPage):
            carried += len(encode_message(event.response))

    with Client.open(a_line(address), role=Role.READER) as client:
        client.runner.session.witness = count
        took_s = seconds(client.log)
    return carried / took_s
