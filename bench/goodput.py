"""How much of a line of 115,200 baud a download of the log uses: a real emulator, a real client, and a paced line.

The line is the faulty transport without a fault: every byte takes its ten bits, both ways. What counts is what a person
wants, the bodies of the pages; frames, seals, requests and the waits between them are what is lost.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

from bench.pairing import BenchRow, seconds
from bench.round_trip import _free_port, _process, _wait_until
from bench.sealing import pair_at
from scs.clock import WallClock
from scs.errors import ScsError
from scs.programmer.client import Client
from scs.programmer.events import Answered, Event
from scs.programmer.sealed_link import FindKey
from scs.transport.address import open_transport
from scs.transport.faulty import FaultyTransport
from scs.transport.link_faults import LinkFaults, WireFaults
from scs.wire.codec import encode_message
from scs.wire.responses import LogPage, LogPart
from scs.wire.terms import Role
from tests.support.prescriptions import a_group

BAUD = 115_200
LINE = BAUD / 10
"""Bytes a second, with a start and a stop bit each."""
WANTED = 0.85
DOWNLOADS = 3
STARTS = 300
"""Each leaves three entries, and a log holds a thousand."""


def run(repeats: int) -> list[BenchRow]:
    """In a channel and in the clear: the best of some downloads, for whatever else the machine does only takes away."""
    with an_emulator() as (address, find_key):
        _fill_the_log(address)
        return [
            _row(how, max(_goodput(address, key) for _ in range(min(repeats, DOWNLOADS))))
            for how, key in (("sealed", find_key), ("in the clear", None))
        ]


def _row(how: str, best: float) -> BenchRow:
    name = f"goodput of a log download at {BAUD:,} baud, {how}"
    return BenchRow(name, f"the line, {LINE:,.0f} bytes/s", best, LINE, "bytes/s", best / LINE, WANTED, True)


def a_line(address: str) -> FaultyTransport:
    """A connection to an emulator as slow as a serial line."""
    line = LinkFaults(both_ways=WireFaults(baud=BAUD))
    return FaultyTransport(open_transport(address), Random(1), line, WallClock())


@contextmanager
def an_emulator() -> Iterator[tuple[str, FindKey]]:
    """An implant on the bench, in a process of its own, and what finds the key of a pair that was made with it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scs-goodput-")))
        bench, address = str(folder / "bench"), f"tcp:127.0.0.1:{_free_port()}"
        stack.enter_context(_process("scs.cli", "emulate", "--insecure", "--link", address, "--bench", bench))
        _wait_until(lambda: _answers(address), f"the emulator to answer at {address}")
        yield address, pair_at(address, bench)


def _answers(address: str) -> bool:
    try:
        Client.connect(address, role=Role.READER).close()
    except ScsError:
        return False
    return True


def _fill_the_log(address: str) -> None:
    """With what a log holds after some years: starts and stops."""
    with Client.connect(address) as client:
        client.write_group(0, a_group())
        for _ in range(STARTS):
            client.start(0)
            client.stop()


def _goodput(address: str, find_key: FindKey | None) -> float:
    """Bytes of bodies of pages a second."""
    carried = 0

    def count(event: Event) -> None:
        nonlocal carried
        if isinstance(event, Answered) and isinstance(event.response, LogPage | LogPart):
            carried += sum(len(encode_message(part)) for part in (*event.before, event.response))

    with Client.open(a_line(address), role=Role.READER, find_key=find_key) as client:
        client.runner.session.witness = count
        took_s = seconds(client.log)
    return carried / took_s
