"""The text by which a person names a carrier, and the sentence that a wrong one gets."""

from __future__ import annotations

import contextlib
import errno
import os
import pty
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scs.errors import BadAddress, PortBusy, PortNotFound, ScsError, TransportError
from scs.transport.address import open_listener, open_transport, parse_host_port, split_baud

Opener = Callable[[str], object]

HOLD_A_PORT = """
import fcntl, sys
port = open(sys.argv[1])
fcntl.flock(port, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""

SHOW_WHAT_IS_LOADED = """
import sys, scs.transport.address, scs.transport.ports
print(*({"serial", "socket", "selectors", "threading"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("text", "port", "baud"),
    [
        ("/dev/ttyUSB0", "/dev/ttyUSB0", 9600),
        ("/dev/ttyUSB0,57600", "/dev/ttyUSB0", 57600),
        ("COM3,115200", "COM3", 115_200),
        ("rfc2217://host:4000?timeout=2,38400", "rfc2217://host:4000?timeout=2", 38400),
        ("/srv/a,b/ipg", "/srv/a,b/ipg", 9600),
        ("/srv/a,b/ipg,300", "/srv/a,b/ipg", 300),
    ],
)
def test_a_rate_after_a_comma_is_taken_off_the_port(text: str, port: str, baud: int) -> None:
    assert split_baud(text, 9600) == (port, baud)


@pytest.mark.parametrize("baud", ["fast", "0", "-1", "", "1e5", "115200 ", "4294967296", "٣٠٠"])
def test_a_rate_that_is_no_number_is_refused_by_name(baud: str) -> None:
    with pytest.raises(BadAddress, match="the baud rate after the comma is"):
        split_baud(f"/dev/ttyUSB0,{baud}", 9600)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:4000", "127.0.0.1", 4000), ("ward-7.example:1", "ward-7.example", 1), ("[::1]:65535", "::1", 65_535)],
)
def test_host_and_port_are_told_apart(text: str, host: str, port: int) -> None:
    assert parse_host_port(f"tcp:{text}", text) == (host, port)


@pytest.mark.parametrize("text", ["", "4000", ":4000", "host", "host:", "host:0", "host:65536", "host:x", "::1:4000"])
@pytest.mark.parametrize("kind", ["tcp:", "socket://"])
def test_a_host_or_port_that_cannot_be_is_refused_with_the_text_and_a_remedy(kind: str, text: str) -> None:
    with pytest.raises(BadAddress, match=r"as in tcp:|correct it") as refusal:
        open_transport(kind + text)
    assert str(refusal.value).startswith(kind + text)


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused_in_our_own_words(text: str) -> None:
    with contextlib.suppress(BadAddress):
        assert split_baud(text, 1)[0] in text
    with contextlib.suppress(BadAddress):
        assert 1 <= parse_host_port(text, text).port <= 65_535


@pytest.mark.parametrize("opener", [open_transport, open_listener])
@pytest.mark.parametrize("text", ["", "   ", "\0", "/dev/tty\0USB0"])
def test_an_empty_or_impossible_text_is_refused(opener: Opener, text: str) -> None:
    with pytest.raises(BadAddress):
        opener(text)


@pytest.mark.parametrize("text", ["pty", "pty:/tmp/ipg"])
def test_a_programmer_is_told_who_makes_pseudo_terminals(text: str) -> None:
    with pytest.raises(BadAddress, match="open the path that it prints"):
        open_transport(text)


@pytest.mark.parametrize("text", ["/dev/ttyUSB0", "udp:127.0.0.1:4000", "serial:", "loop://", "PTY"])
def test_an_emulator_is_told_which_links_it_can_make(text: str) -> None:
    with pytest.raises(BadAddress, match=r"pty, pty:PATH, tcp:HOST:PORT or serial:DEVICE"):
        open_listener(text)


@pytest.mark.parametrize("text", ["/dev/no-such-port", "serial:/dev/no-such-port", "COM99", "spy:///dev/no-such-port"])
def test_a_port_that_is_not_there_is_named_with_what_was_found(text: str) -> None:
    with pytest.raises(PortNotFound, match=r"there is no such port; (found now|no serial adapter)") as refusal:
        open_transport(text)
    assert str(refusal.value).startswith(text)


def test_a_port_nobody_listens_at_is_told_with_what_to_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    for text in (f"tcp:127.0.0.1:{port}", f"socket://127.0.0.1:{port}", f"rfc2217://127.0.0.1:{port}"):
        with pytest.raises(PortNotFound, match=r"nobody listens there; start"):
            open_transport(text)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense://x",
        "loop://?colour=red",
        "socket://host:1?colour=red",
        "rfc2217://host",
        "rfc2217://host:1?colour=red",
    ],
)
def test_an_url_that_pyserial_cannot_use_is_a_bad_address(text: str) -> None:
    with pytest.raises(BadAddress):
        open_transport(text)


def test_a_file_that_is_no_port_is_a_bad_address(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no port", encoding="ascii")
    for path in (tmp_path / "notes.txt", tmp_path):
        with pytest.raises(BadAddress, match="no serial port or pseudo-terminal"):
            open_transport(str(path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every port")
def test_a_port_that_the_user_may_not_open_is_told_with_the_group_to_join(tmp_path: Path) -> None:
    (tmp_path / "port").touch(mode=0)
    with pytest.raises(TransportError, match="join its group"):
        open_transport(str(tmp_path / "port"))


def test_a_port_that_is_locked_by_another_program_is_busy() -> None:
    master, slave = pty.openpty()
    path = os.ttyname(slave)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLD_A_PORT,
            path,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(PortBusy, match="another program has the port open") as refusal:
            open_transport(path)
        assert isinstance(refusal.value.__cause__, OSError)
        assert refusal.value.__cause__.errno == errno.EAGAIN
    finally:
        holder.communicate(b"")
        os.close(master)
        os.close(slave)


def test_every_refusal_can_be_caught_as_ours_and_as_an_os_error() -> None:
    for error in (ScsError, OSError, TransportError):
        with pytest.raises(error):
            open_transport("/dev/no-such-port")


def test_reading_the_grammar_loads_neither_pyserial_nor_sockets() -> None:
    heavy = subprocess.run(
        [
            sys.executable,
            "-c",
            SHOW_WHAT_IS_LOADED,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert heavy.stdout.split() == []
