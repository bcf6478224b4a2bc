"""What sealing costs: round trips in a channel against the same ones in the clear, and the handshake in processor time.

Both clients speak to one emulator over TCP and are timed in turn in one run.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random

from bench.pairing import BenchRow, throughput_row
from bench.round_trip import TRIPS, _free_port, _process, _wait_until
from scs.cli.bench_socket import call_bench
from scs.clock import WallClock
from scs.errors import RemoteProtocolError, ScsError
from scs.programmer.client import Client
from scs.programmer.pairing import SECRET_BYTES, Pairing, pair
from scs.programmer.sealed_link import FindKey
from scs.transport.address import open_transport
from scs.wire.channel import Greeting, answer_hello
from scs.wire.framing import FRAME_MIN, Decoder, Direction
from scs.wire.spoken import read_spoken
from scs.wire.terms import PairRole, Role

KEY = bytes(range(32))
SERIAL = "SCS-000001"
HANDSHAKES = 200
HANDSHAKE_S_MAX = 0.005
HANDSHAKE_BYTES_MAX = 100
LONGEST_TRIP_SHARE = 0.8


def run(repeats: int) -> list[BenchRow]:
    """Sealed against plain round trips; processor time and bytes of a handshake; what a forged first message costs."""
    with ExitStack() as stack:
        plain, sealed = _clients(stack)

        def many(client: Client) -> Callable[[], object]:
            return lambda: [client.status() for _ in range(TRIPS)]

        name, peer = f"{TRIPS} × sealed round trip over TCP", "the same in the clear"
        trips = throughput_row(
            name, many(sealed), peer, many(plain), repeats=3 * repeats, target=LONGEST_TRIP_SHARE, per_run=TRIPS
        )
    return [trips, *_handshake(), _forged()]


def _clients(stack: ExitStack) -> tuple[Client, Client]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    bench, address = str(folder / "bench"), f"tcp:127.0.0.1:{_free_port()}"
    stack.enter_context(_process("scs.cli", "emulate", "--insecure", "--link", address, "--bench", bench))
    connected: list[Client] = []

    def connect(find_key: FindKey | None = None) -> bool:
        try:
            connected.append(Client.connect(address, role=Role.READER, find_key=find_key))
        except ScsError:
            return False
        return True

    _wait_until(connect, f"the emulator to answer at {address}")
    connect(pair_at(address, bench))
    for client in connected:
        stack.enter_context(client)
    plain, sealed = connected
    return plain, sealed


def pair_at(address: str, bench: str) -> FindKey:
    """Pair with the implant at `address`, beside which `bench` holds a magnet; what finds its key."""
    held = json.loads(call_bench(bench, json.dumps({"do": "magnet", "for": "3 s"})))
    secret = read_spoken(held["pairing"], SECRET_BYTES)
    with open_transport(address) as transport:
        made = pair(transport, WallClock(), Pairing(secret, PairRole.CLINICIAN, None, Random(1), Random(2).randbytes))
    return {made.serial: (made.shared.pair, made.shared.secret)}.get


def _handshake() -> list[BenchRow]:
    chance, spent, size = Random(3), [], 0
    for counter in range(HANDSHAKES):
        began = time.process_time()
        greeting = Greeting(1, KEY, SERIAL, counter, lambda: chance.randbytes(32))
        (hello,) = Decoder(Direction.TO_IMPLANT).receive(greeting.hello)
        answer, _ = answer_hello(hello, KEY, SERIAL, lambda: 1, lambda: chance.randbytes(32))
        (welcome,) = Decoder(Direction.TO_PROGRAMMER).receive(answer)
        greeting.channel(welcome)
        spent.append(time.process_time() - began)
        size = len(hello.body) + len(welcome.body)
    both_s = statistics.median(spent)
    named = f"handshake, both sides together: {both_s * 1e3:.2f} ms of processor"
    most = f"{HANDSHAKE_S_MAX * 1e3:g} ms"
    framed = f"handshake: {size} bytes of payload, {size + 2 * FRAME_MIN} in frames"
    return [
        BenchRow(named, most, both_s, HANDSHAKE_S_MAX, "s", both_s / HANDSHAKE_S_MAX, 1, higher_is_better=False),
        BenchRow(
            framed, f"{HANDSHAKE_BYTES_MAX} bytes", size, HANDSHAKE_BYTES_MAX, "B", size / HANDSHAKE_BYTES_MAX, 1,
            higher_is_better=False,
        ),
    ]  # fmt: skip


def _forged() -> BenchRow:
    """A forged first message against a genuine one, as the implant sees them."""
    chance = Random(4)
    (hello,) = Decoder(Direction.TO_IMPLANT).receive(Greeting(1, KEY, SERIAL, 1, lambda: chance.randbytes(32)).hello)
    wrong = bytes(32)

    def seconds_of(key: bytes) -> float:
        spent = []
        for _ in range(HANDSHAKES):
            began = time.process_time()
            try:
                answer_hello(hello, key, SERIAL, lambda: 1, lambda: chance.randbytes(32))
            except RemoteProtocolError:
                assert key is wrong, "the genuine one is answered"
            spent.append(time.process_time() - began)
        return statistics.median(spent)

    forged_s, genuine_s = seconds_of(wrong), seconds_of(KEY)
    name = f"a forged first message: {forged_s * 1e6:.0f} us, no Diffie-Hellman"
    return BenchRow(
        name, f"a genuine one: {genuine_s * 1e6:.0f} us", forged_s, genuine_s, "s", forged_s / genuine_s, 0.5,
        higher_is_better=False,
    )  # fmt: skip


if __name__ == "__main__":
    for row in run(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        print(row)
