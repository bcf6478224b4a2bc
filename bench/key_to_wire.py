"""How long STOP is under way in the programmer: from the key at its terminal to the frame's first byte on the wire.

A real programmer at a pseudo-terminal, a real emulator, and a relay between them that notes when a STOP passes.
Meanwhile a log downloads over and over, at a serial line's speed.
"""

from __future__ import annotations

import os
import select
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.at_a_terminal import PATIENCE_S, at_a_terminal, read_until
from bench.goodput import BAUD
from bench.pairing import BenchRow
from bench.programmer_latency import a_log_that_downloads, emulator
from scs.wire.framing import Decoder, Direction, FrameType

STOP_KEY = b"\x18"
"""Ctrl+X, which every terminal can send."""
KEYS = 200
ALLOWED_MS = 50.0
BETWEEN_S = 0.05
"""A person does not press in step with the telemetry."""


class Relay:
    """One connection passed on, and when each STOP passed."""

    def __init__(self, address: str) -> None:
        host, _, port = address.removeprefix("tcp:").rpartition(":")
        self._implant = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp:127.0.0.1:{self._listener.getsockname()[1]}"
        self.passed_s: list[float] = []
        self.has_passed = threading.Event()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @contextmanager
    def running(self) -> Iterator[Relay]:
        self._thread.start()
        try:
            yield self
        finally:
            self._is_over.set()
            self._listener.close()
            self._thread.join()

    def _run(self) -> None:
        programmer, _ = self._listener.accept()
        decoder = Decoder(Direction.TO_IMPLANT)
        with programmer, socket.create_connection(self._implant) as implant:
            for end in (programmer, implant):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            other = {programmer: implant, implant: programmer}
            while not self._is_over.is_set():
                for end in select.select([programmer, implant], [], [], 0.1)[0]:
                    try:
                        data = end.recv(65_536)
                    except ConnectionResetError:
                        return
                    if not data:
                        return
                    now_s = time.perf_counter()
                    other[end].sendall(data)
                    if end is programmer and any(frame.type is FrameType.STOP for frame in decoder.receive(data)):
                        self.passed_s.append(now_s)
                        self.has_passed.set()


def run(repeats: int) -> list[BenchRow]:
    """One row: what ninety-nine of a hundred presses stay below."""
    if not hasattr(os, "openpty"):
        return []
    with emulator() as address, a_log_that_downloads(address), Relay(address).running() as relay:
        waits_ms = _pressed(relay)
    p99_ms = statistics.quantiles(waits_ms, n=100)[-1]
    name = f"STOP key to wire, 99th percentile of {KEYS}, a log downloads at {BAUD:,} baud"
    return [BenchRow(name, f"{ALLOWED_MS:g} ms", p99_ms, ALLOWED_MS, "ms", p99_ms / ALLOWED_MS, 1.0, False)]


def _pressed(relay: Relay) -> list[float]:
    with tempfile.TemporaryDirectory(prefix="scs-stop-") as folder:
        environment = {**os.environ, "XDG_STATE_HOME": folder, "SCS_RECORDS_URL": "none"}
        arguments = ["-m", "scs.cli", "programmer", "--insecure", "--port", relay.address]
        with at_a_terminal(arguments, environment) as terminal:
            read_until(terminal, lambda seen: b"idle" in seen)
            threading.Thread(target=_draw, args=(terminal,), daemon=True).start()
            return [_press(terminal, relay) for _ in range(KEYS)]


def _press(terminal: int, relay: Relay) -> float:
    """Milliseconds from one press to its frame."""
    time.sleep(BETWEEN_S)
    relay.has_passed.clear()
    already = len(relay.passed_s)
    began_s = time.perf_counter()
    os.write(terminal, STOP_KEY)
    if not relay.has_passed.wait(PATIENCE_S):
        raise RuntimeError(f"no STOP on the wire within {PATIENCE_S:g} s of the key")
    return (relay.passed_s[already] - began_s) * 1_000


def _draw(terminal: int) -> None:
    """Take what the programmer draws, or its terminal would be full."""
    try:
        while os.read(terminal, 65_536):
            pass
    except OSError:
        # The programmer has ended.
        return
