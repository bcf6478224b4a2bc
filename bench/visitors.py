"""Twenty visitors of `scs web` at once: what they take of memory and processor, and how long one of them waits.

Each visitor has a programmer and an emulated implant in processes of their own. Nineteen are there and connected; the
twentieth goes from screen to screen, which is the most that a key can ask to be painted.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench.pairing import BenchRow
from tests.support.web_visits import Visitor, a_visit, processes_of, web_server

VISITORS = 20
CALM_S = 10.0
"""For how long the processor is watched while nobody presses a key."""
SCREENS = (("\x1bOP", b"Everywhere"), ("\x1bOQ", b"Demonstration")) * 15
"""F1 and F2, and what stands on no other screen."""
MEMORY_GB = 4.0
"""What a small machine with two cores has."""
FRAME_MS = 100.0
"""A screen that is there within a tenth of a second is there at once [R: Nielsen's limit, recalled]."""
CORES = 2.0
PATIENCE_S = 30.0


def run(repeats: int) -> list[BenchRow]:
    """Three rows; nothing where there is no /proc or where the extra `web` is missing."""
    try:
        import textual_serve  # noqa: F401
    except ImportError:
        return []
    if not Path("/proc/self/stat").exists():
        return []
    with tempfile.TemporaryDirectory(prefix="scs-visitors-") as folder, ExitStack() as stack:
        server = stack.enter_context(web_server("--visitors", str(VISITORS), folder=Path(folder)))
        visitors = []
        for number in range(1, VISITORS + 1):
            visitor = stack.enter_context(a_visit(server.address))
            visitor.until_seen(f"WEB-{number:06}: idle")
            visitors.append(visitor)
        # A process that was starting another one is gone by now.
        time.sleep(CALM_S)
        processes = [it for number in range(1, VISITORS + 1) for it in processes_of(f"WEB-{number:06}", Path(folder))]
        began, before = time.monotonic(), _processor_s(processes)
        time.sleep(CALM_S)
        cores = (_processor_s(processes) - before) / (time.monotonic() - began)
        waits_ms = [_screen(visitors[-1], key, words) for key, words in SCREENS]
        memory_gb = sum(_memory_kb(it) for it in processes) / 1e6
    p95 = statistics.quantiles(waits_ms, n=20)[-1]
    return [
        _at_most(f"{VISITORS} visitors, memory", f"{MEMORY_GB:g} GB", memory_gb, MEMORY_GB, "GB"),
        _at_most(f"{VISITORS} visitors, processor while they look", "two cores", cores, CORES, "cores"),
        _at_most("one of them, key to another screen, 95th percentile", f"{FRAME_MS:g} ms", p95, FRAME_MS, "ms"),
    ]


def _screen(visitor: Visitor, key: str, words: bytes) -> float:
    """Milliseconds from a key to the words of the screen that it leads to."""
    time.sleep(0.1)
    visitor.painted.clear()
    began = time.perf_counter()
    visitor.press(key)
    while words not in visitor.painted:
        if time.perf_counter() - began > PATIENCE_S:
            raise RuntimeError(f"{words!r} was not painted within {PATIENCE_S:g} s")
        time.sleep(0.0005)
    return (time.perf_counter() - began) * 1_000


def _processor_s(processes: list[int]) -> float:
    """Seconds of processor that these processes have had."""
    ticks = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory_kb(process: int) -> int:
    """What this process alone holds, and its part of what it shares."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _at_most(name: str, peer: str, value: float, allowed: float, unit: str) -> BenchRow:
    return BenchRow(name, peer, value, allowed, unit, value / allowed, 1.0, higher_is_better=False)
