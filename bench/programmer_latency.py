"""How long the programmer lets a person wait: key to picture, telemetry to picture, a long log, an hour of telemetry.

A real emulator and, where a log downloads, a real reader of it, each in a process of its own. Keys go to the programmer
at a pseudo-terminal and are over when it has drawn what they ask for; for the rest it runs without a terminal.
"""

from __future__ import annotations

import asyncio
import gc
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual import events
from textual.pilot import Pilot

import scs.programmer.worker as worker
from bench.at_a_terminal import ROOT, at_a_terminal, read_until
from bench.pairing import BenchRow
from programmer_tui.app import ProgrammerApp
from programmer_tui.messages import FromLink
from programmer_tui.widgets.line_view import LineView
from scs.cli.programmer import load_the_rest
from scs.clock import Duration
from scs.programmer.client import Client
from scs.programmer.worker_events import StatusRead
from tests.support.prescriptions import a_group

TELEMETRY = Duration.of_ms(50)
PROGRAMMER = """
import sys
import scs.programmer.worker as worker
from scs.clock import Duration
worker.STATUS_PERIOD = Duration.of_ms(50)
from scs.cli.main import main
sys.exit(main(["programmer", "--insecure", "--port", sys.argv[1]]))
"""
"""The programmer as it is, but with telemetry 20 times a second."""
READER = """
import sys
from bench.goodput import a_line
from scs.programmer.client import Client
from scs.wire.terms import Role
with Client.open(a_line(sys.argv[1]), role=Role.READER) as reader:
    while True:
        reader.log()
        print("read", flush=True)
"""
"""Somebody else, who reads the whole log over and over at a serial line's speed."""
KEYS = 200
PICTURES = 200
LOG_LINES = 100_000
SCROLLS = 60
HOUR_OF_STATUS = 3_600 * 5
"""The programmer reads the status five times a second."""
WARMING = 1_000
"""Status reports before the first look at memory: caches fill, and Python keeps what it once had."""
STATM = Path("/proc/self/statm")
FRAME_MS = 33.0
"""A picture at 30 Hz: what a person takes for at once."""
STALL_MS = 50.0
GROWTH_MB = 20.0
STARTS = 40
"""Starts and stops that fill the implant's log, so that there is something to download."""
CHOSEN = re.compile(rb"E(\d+): ")
"""What the editor says of the contact that an arrow key has chosen."""


class TimedProgrammer(ProgrammerApp):
    """Notes how old each status is when the picture that shows it is there."""

    CSS_PATH = str(ROOT / "programmer_tui" / "programmer.tcss")
    pictures_ms: list[float]

    def on_from_link(self, message: FromLink) -> None:
        # Textual calls the programmer's own handler after this one.
        if isinstance(message.event, StatusRead):
            arrived = message.event.at

            def painted() -> None:
                self.pictures_ms.append(arrived.until(self.clock.now()).us / 1_000)

            self.call_after_refresh(painted)


def run(repeats: int) -> list[BenchRow]:
    """Five rows, each against what a person notices; the last where there is a /proc."""
    if not hasattr(os, "openpty"):
        return []
    with emulator() as address:
        keys_ms = _keys(address)
        with a_log_that_downloads(address):
            among_ms = _keys(address)
            pictures_ms = asyncio.run(_pictures(address))
        stalls_ms, growth_mb = asyncio.run(_without_a_terminal(address))
    frame = f"a picture at 30 Hz, {FRAME_MS:g} ms"
    scrolling = f"longest stall while {LOG_LINES:,} log lines scroll"
    rows = [
        _at_most("key to picture, 95th percentile, telemetry at 20 Hz", frame, _p95(keys_ms), FRAME_MS, "ms"),
        _at_most("the same while somebody downloads the log", frame, _p95(among_ms), FRAME_MS, "ms"),
        _at_most("telemetry to picture, 95th percentile, meanwhile", frame, _p95(pictures_ms), FRAME_MS, "ms"),
        _at_most(scrolling, f"{STALL_MS:g} ms", max(stalls_ms), STALL_MS, "ms"),
    ]
    if growth_mb is not None:
        rows.append(_at_most("growth in an hour of telemetry", f"{GROWTH_MB:g} MB", growth_mb, GROWTH_MB, "MB"))
    return rows


@contextmanager
def emulator() -> Iterator[str]:
    """An implant in a process of its own with a group, and something in its log; its address."""
    command = [
        sys.executable,
        "-m",
        "scs.cli",
        "emulate",
        "--insecure",
        "--link",
        "tcp:127.0.0.1:0",
        "--end-with-stdin",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None, "both were asked for"  # noqa: PT018
        address = process.stdout.readline().removeprefix("connect to ").strip()
        threading.Thread(target=process.stdout.read, daemon=True).start()
        try:
            with Client.connect(address) as client:
                client.write_group(0, a_group())
                for _ in range(STARTS):
                    client.start(0)
                    client.stop()
            yield address
        finally:
            process.stdin.close()


@contextmanager
def a_log_that_downloads(address: str) -> Iterator[None]:
    """From the first whole log that somebody else has read, over and over, to the end."""
    command = [sys.executable, "-c", READER, address]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "it was asked for"
        if process.stdout.readline() != "read\n":
            raise RuntimeError("whoever should read the log could not")
        threading.Thread(target=process.stdout.read, daemon=True).start()
        try:
            yield
        finally:
            process.kill()
            process.wait()


def _keys(address: str) -> list[float]:
    """From an arrow key at a pseudo-terminal to the bytes that draw what it chose, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="scs-latency-") as folder:
        environment = {**os.environ, "XDG_STATE_HOME": folder, "SCS_RECORDS_URL": "none"}
        with at_a_terminal(["-c", PROGRAMMER, address], environment) as terminal:
            read_until(terminal, lambda seen: b"idle" in seen)
            os.write(terminal, b"\x1bOS")
            read_until(terminal, lambda seen: CHOSEN.search(seen) is not None)
            # Down and up in turn, so that the contact after a key is another one than before it.
            keys = ((b"\x1b[B", b"2"), (b"\x1b[A", b"1"))
            return [_key(terminal, *keys[number % 2]) for number in range(KEYS)]


def _key(terminal: int, key: bytes, chosen: bytes) -> float:
    # A person does not press in step with the telemetry.
    time.sleep(0.03)
    began = time.perf_counter()
    os.write(terminal, key)
    read_until(terminal, lambda seen: chosen in CHOSEN.findall(seen))
    return (time.perf_counter() - began) * 1_000


async def _pictures(address: str) -> Sequence[float]:
    """Milliseconds from status to picture, with telemetry at 20 Hz."""
    before, worker.STATUS_PERIOD = worker.STATUS_PERIOD, TELEMETRY
    app = TimedProgrammer(address)
    app.pictures_ms = []
    try:
        async with app.run_test(size=(80, 24)):
            await _until(lambda: len(app.pictures_ms) > PICTURES)
    finally:
        worker.STATUS_PERIOD = before
    return app.pictures_ms[1:]


async def _without_a_terminal(address: str) -> tuple[list[float], float | None]:
    """Milliseconds of stalls while a long log scrolls, and megabytes an hour."""
    # As the command does.
    app = ProgrammerApp(address, afterwards=load_the_rest)
    async with app.run_test(size=(80, 24)) as pilot:
        await _until(lambda: app.link.status)
        await pilot.press("f6")
        await _until(lambda: app.link.log)
        return await _scroll_a_long_log(app), await _an_hour(app, pilot)


async def _scroll_a_long_log(app: ProgrammerApp) -> list[float]:
    """How late a clock that ticks every millisecond is, while a person pages through a long log."""
    one = app.link.log[-1]
    app.link.log = tuple(replace(one, sequence=number) for number in range(1, LOG_LINES + 1))
    stalls: list[float] = []
    done = asyncio.Event()

    async def tick() -> None:
        while not done.is_set():
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            stalls.append((time.perf_counter() - began - 0.001) * 1_000)

    ticking = asyncio.create_task(tick())
    app.screen.refresh()
    await _until(lambda: len(app.screen.query_one(LineView).lines) >= LOG_LINES)
    app.screen.query_one(LineView).focus()
    for number in range(SCROLLS):
        app.post_message(events.Key("pageup" if number % 3 else "home" if number % 2 else "end", None))
        await asyncio.sleep(0.02)
    done.set()
    await ticking
    return stalls


async def _an_hour(app: ProgrammerApp, pilot: Pilot[None]) -> float | None:
    """Megabytes that the process has more after an hour's worth of status reports, each one shown."""
    status = app.link.status
    assert status is not None, "the implant answered"
    app.link.log = app.link.log[-1:]
    await pilot.press("f3")
    before = 0.0
    for number in range(WARMING + HOUR_OF_STATUS):
        if number == WARMING:
            before = _memory_mb()
        shown = replace(status, at_us=status.at_us + number * 200_000, pulses=number)
        app.post_message(FromLink(app.link._number, StatusRead(shown, app.clock.now())))
        await asyncio.sleep(0)
        while app.message_queue_size or app.screen.message_queue_size:
            await asyncio.sleep(0.001)
    gc.collect()
    return _memory_mb() - before if STATM.exists() else None


def _memory_mb() -> float:
    """What this process holds; nothing where nobody says it."""
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if STATM.exists() else 0.0


async def _until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("waited a minute in vain")
        await asyncio.sleep(0.01)


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _at_most(name: str, peer: str, value: float, allowed: float, unit: str) -> BenchRow:
    return BenchRow(name, peer, value, allowed, unit, value / allowed, 1.0, higher_is_better=False)
