"""Request round trips between two processes: our status against pymodbus reading ten registers.

Both use the same kind of pseudo-terminal pair, joined by the same relay, or both use TCP on this machine; they are
timed in turn in one run.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient

from bench.modbus_peer import BAUD, REGISTERS
from bench.pairing import BenchRow, throughput_row
from scs.errors import ScsError
from scs.programmer.client import Client
from scs.wire.terms import Role

TRIPS = 50
"""Round trips in one timed piece: some milliseconds for us, a second for a serial Modbus client."""
PATIENCE_S = 20.0
"""How long a peer may take to start on a busy machine."""
PAUSE_S = 0.05


def run(repeats: int) -> list[BenchRow]:
    """Two rows, serial and TCP: pieces of TRIPS round trips a second, ours over the peer's."""
    rows = []
    with ExitStack() as stack:
        if hasattr(os, "openpty"):
            ours, theirs = _ours_serial(stack), _theirs_serial(stack)
            rows.append(_row("round trip over a pty pair", ours, theirs, repeats, target=5))
    with ExitStack() as stack:
        ours, theirs = _ours_tcp(stack), _theirs_tcp(stack)
        rows.append(_row("round trip over TCP", ours, theirs, repeats, target=1))
    return rows


def _row(
    name: str, ours: Callable[[], object], theirs: Callable[[], object], repeats: int, *, target: float
) -> BenchRow:
    def many(one: Callable[[], object]) -> Callable[[], object]:
        def trips() -> None:
            for _ in range(TRIPS):
                one()

        return trips

    peer = "pymodbus, 10 holding registers"
    return throughput_row(f"{TRIPS} × {name}", many(ours), peer, many(theirs), repeats=repeats, target=target)


def _ours_serial(stack: ExitStack) -> Callable[[], object]:
    implant_end, programmer_end = stack.enter_context(_pty_pair())
    stack.enter_context(_process("scs.cli", "emulate", "--insecure", "--link", f"serial:{implant_end},{BAUD}"))
    return _ours(stack, f"{programmer_end},{BAUD}")


def _ours_tcp(stack: ExitStack) -> Callable[[], object]:
    address = f"tcp:127.0.0.1:{_free_port()}"
    stack.enter_context(_process("scs.cli", "emulate", "--insecure", "--link", address))
    return _ours(stack, address)


def _ours(stack: ExitStack, address: str) -> Callable[[], object]:
    connected: list[Client] = []

    def connect() -> bool:
        try:
            connected.append(Client.connect(address, role=Role.READER))
        except ScsError:
            return False
        return True

    _wait_until(connect, f"the emulator to answer at {address}")
    client = stack.enter_context(connected[0])
    return client.status


def _theirs_serial(stack: ExitStack) -> Callable[[], object]:
    server_end, client_end = stack.enter_context(_pty_pair())
    stack.enter_context(_process("bench.modbus_peer", "serial", str(server_end)))
    client = ModbusSerialClient(str(client_end), framer=FramerType.RTU, baudrate=BAUD, timeout=1)
    return _theirs(stack, client)


def _theirs_tcp(stack: ExitStack) -> Callable[[], object]:
    port = _free_port()
    stack.enter_context(_process("bench.modbus_peer", "tcp", str(port)))
    return _theirs(stack, ModbusTcpClient("127.0.0.1", port=port, timeout=1))


def _theirs(stack: ExitStack, client: Any) -> Callable[[], object]:
    stack.callback(client.close)

    def read() -> object:
        answer = client.read_holding_registers(0, count=REGISTERS, device_id=1)
        assert not answer.isError(), "the peer answers"
        return answer

    def answers() -> bool:
        from pymodbus.exceptions import ModbusException

        try:
            return bool(client.connect()) and bool(read())
        except ModbusException:
            return False

    _wait_until(answers, "the Modbus server to answer")
    return read


@contextmanager
def _pty_pair() -> Iterator[tuple[Path, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        ends = Path(folder, "a"), Path(folder, "b")
        with _process("bench.pty_relay", *map(str, ends)):
            _wait_until(lambda: all(end.is_symlink() for end in ends), "the pseudo-terminal pair")
            yield ends


@contextmanager
def _process(module: str, *arguments: str) -> Iterator[None]:
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"waited {PATIENCE_S:g} s in vain for {what}")
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    for row in run(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        print(row)
