"""Every way to carry bytes between the two sides, each as a context: a transport at one end, an echo at the other.

`unplug` takes the far side away in the middle, the way it goes away in life.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from scs.transport.address import open_listener, open_transport
from scs.transport.base import Transport
from scs.transport.memory import memory_pair
from scs.transport.memory_listener import MemoryListener
from tests.support.echo import EchoEnd, EchoHost
from tests.support.rfc2217_server import Rfc2217Server
from tests.support.waiting import wait_until


@dataclass
class Carrier:
    """The programmer's end of a link whose other end echoes."""

    programmer: Transport
    unplug: Callable[[], None]


def _echo_host(stack: ExitStack, text: str) -> EchoHost:
    return stack.enter_context(EchoHost(open_listener(text)))


@contextmanager
def in_memory(_: Path) -> Iterator[Carrier]:
    near, far = memory_pair()
    with near, EchoEnd(far) as echo:
        yield Carrier(near, echo.stop)


@contextmanager
def in_process(_: Path) -> Iterator[Carrier]:
    listener = MemoryListener()
    with EchoHost(listener) as host, listener.connect() as near:
        yield Carrier(near, host.stop)


@contextmanager
def pty(_: Path) -> Iterator[Carrier]:
    with ExitStack() as stack:
        host = _echo_host(stack, "pty")
        yield Carrier(stack.enter_context(open_transport(host.listener.address)), host.stop)


@contextmanager
def pty_by_link(folder: Path) -> Iterator[Carrier]:
    with ExitStack() as stack:
        host = _echo_host(stack, f"pty:{folder / 'ipg'}")
        yield Carrier(stack.enter_context(open_transport(f"{folder / 'ipg'},57600")), host.stop)


@contextmanager
def tcp(_: Path) -> Iterator[Carrier]:
    with ExitStack() as stack:
        host = _echo_host(stack, "tcp:127.0.0.1:0")
        yield Carrier(stack.enter_context(open_transport(host.listener.address)), host.stop)


@contextmanager
def socket_url(_: Path) -> Iterator[Carrier]:
    with ExitStack() as stack:
        host = _echo_host(stack, "tcp:127.0.0.1:0")
        url = host.listener.address.replace("tcp:", "socket://")
        yield Carrier(stack.enter_context(open_transport(url)), host.stop)


@contextmanager
def socket_url_of_pyserial(_: Path) -> Iterator[Carrier]:
    """With an option in the URL, pyserial's own handler carries it."""
    with ExitStack() as stack:
        host = _echo_host(stack, "tcp:127.0.0.1:0")
        url = host.listener.address.replace("tcp:", "socket://") + "?logging=error"
        yield Carrier(stack.enter_context(open_transport(url)), host.stop)


@contextmanager
def spy_url(folder: Path) -> Iterator[Carrier]:
    with ExitStack() as stack:
        host = _echo_host(stack, "pty")
        url = f"spy://{host.listener.address}?file={folder / 'spied.txt'}"
        yield Carrier(stack.enter_context(open_transport(url)), host.stop)


@contextmanager
def loop_url(_: Path) -> Iterator[Carrier]:
    with open_transport("loop://") as programmer:
        yield Carrier(programmer, programmer.close)


@contextmanager
def rfc2217_of_pyserial(_: Path) -> Iterator[Carrier]:
    with ExitStack() as stack:
        host = _echo_host(stack, "pty")
        server = stack.enter_context(Rfc2217Server(host.listener.address))
        yield Carrier(stack.enter_context(open_transport(server.url)), server.stop)


@contextmanager
def rfc2217_of_ser2net(folder: Path) -> Iterator[Carrier]:
    with ExitStack() as stack:
        host = _echo_host(stack, "pty")
        port = free_tcp_port()
        process = stack.enter_context(
            ser2net(folder, f"telnet(rfc2217),tcp(nodelay),127.0.0.1,{port}", host.listener.address)
        )
        wait_until(lambda: is_listening(port), f"ser2net to listen at port {port}")
        # ser2net does not answer for the control lines of a pseudo-terminal, which has none.
        url = f"rfc2217://127.0.0.1:{port}?ign_set_control"
        yield Carrier(stack.enter_context(open_transport(url)), lambda: _end(process))


@contextmanager
def raw_tcp_of_ser2net(folder: Path) -> Iterator[Carrier]:
    with ExitStack() as stack:
        host = _echo_host(stack, "pty")
        port = free_tcp_port()
        process = stack.enter_context(ser2net(folder, f"tcp(nodelay),127.0.0.1,{port}", host.listener.address))
        wait_until(lambda: is_listening(port), f"ser2net to listen at port {port}")
        yield Carrier(stack.enter_context(open_transport(f"tcp:127.0.0.1:{port}")), lambda: _end(process))


@contextmanager
def socat_pair(folder: Path) -> Iterator[Carrier]:
    """The emulator plays the implant at one end of somebody else's pseudo-terminal pair."""
    with ExitStack() as stack:
        process = stack.enter_context(socat(folder / "implant", folder / "programmer"))
        _echo_host(stack, f"serial:{folder / 'implant'}")
        yield Carrier(stack.enter_context(open_transport(str(folder / "programmer"))), lambda: _end(process))


CARRIERS = (
    in_memory,
    in_process,
    pty,
    pty_by_link,
    tcp,
    socket_url,
    socket_url_of_pyserial,
    spy_url,
    loop_url,
    rfc2217_of_pyserial,
    rfc2217_of_ser2net,
    raw_tcp_of_ser2net,
    socat_pair,
)


@contextmanager
def socat(first: Path, second: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A pair of pseudo-terminals joined by socat, at two links."""
    program = _program("socat")
    ends = [f"pty,raw,echo=0,link={path}" for path in (first, second)]
    with _running([program, *ends]) as process:
        wait_until(lambda: first.exists() and second.exists(), "socat to make its two pseudo-terminals")
        yield process


@contextmanager
def ser2net(folder: Path, accepter: str, device: str) -> Iterator[subprocess.Popen[bytes]]:
    """ser2net offering `device` through `accepter`, with nothing taken from the machine's own configuration."""
    program = _program("ser2net")
    settings = folder / "ser2net.yaml"
    settings.write_text(
        f"connection: &implant\n  accepter: {accepter}\n  connector: serialdev,{device},115200n81,local\n"
        f"  options:\n    kickolduser: false\n",
        encoding="ascii",
    )
    with _running([program, "-n", "-u", "-c", str(settings), "-P", str(folder / "ser2net.pid")]) as process:
        yield process


def free_tcp_port() -> int:
    """A port that nobody used a moment ago, for programs that cannot choose one and say which."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Whether the port is taken, found out without connecting: a single-client server would take that for a client."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed, and this test is about talking through it")
    return found


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(10)
