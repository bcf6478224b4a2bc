"""The same small conversation over every carrier: what one side says arrives whole, at once, and in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from scs.clock import Duration, WallClock
from scs.errors import LinkClosed, TransportError
from tests.support.carriers import CARRIERS, Carrier, loop_url
from tests.support.waiting import PATIENCE, read_exactly, wait_until

Plug = Callable[[Path], AbstractContextManager[Carrier]]
EVERY_BYTE = bytes(range(256))


@pytest.fixture(params=CARRIERS, ids=lambda plug: plug.__name__)
def carrier(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Carrier]:
    plug: Plug = request.param
    with plug(tmp_path) as made:
        yield made


def test_every_byte_value_arrives_unchanged_and_in_order(carrier: Carrier) -> None:
    said = EVERY_BYTE * 4 + EVERY_BYTE[::-1]
    carrier.programmer.write(said)
    assert read_exactly(carrier.programmer, len(said)) == said


def test_many_small_frames_go_there_and_back_in_turn(carrier: Carrier) -> None:
    for number in range(25):
        frame = bytes([0, number]) * 40
        carrier.programmer.write(frame)
        assert read_exactly(carrier.programmer, 80, f"bytes of frame {number}") == frame


def test_a_read_of_silence_returns_nothing_when_its_time_has_passed(carrier: Carrier) -> None:
    clock = WallClock()
    began = clock.now()
    assert carrier.programmer.read(Duration.of_ms(30)) == b""
    took = clock.now().since(began)
    assert Duration.of_ms(29) <= took < Duration.of_s(5)


def test_a_read_returns_what_is_there_long_before_its_time_has_passed(carrier: Carrier) -> None:
    clock = WallClock()
    began = clock.now()
    carrier.programmer.write(b"\x00")
    assert carrier.programmer.read(Duration.of_s(60)) == b"\x00"
    assert clock.now().since(began) < PATIENCE


def test_after_closing_this_end_a_read_and_a_write_say_so(carrier: Carrier) -> None:
    carrier.programmer.close()
    carrier.programmer.close()
    with pytest.raises(LinkClosed, match="this end of the link was closed"):
        carrier.programmer.read(Duration.of_ms(1))
    with pytest.raises(LinkClosed):
        carrier.programmer.write(b"\x00")


@pytest.mark.parametrize("plug", [plug for plug in CARRIERS if plug is not loop_url], ids=lambda plug: plug.__name__)
def test_the_far_side_unplugged_in_the_middle_is_told_in_a_sentence(plug: Plug, tmp_path: Path) -> None:
    with plug(tmp_path) as carrier:
        carrier.programmer.write(b"before")
        assert read_exactly(carrier.programmer, 6) == b"before"
        carrier.unplug()
        with pytest.raises(LinkClosed, match=r"the other end of the link is gone.*; \w+"):
            read_exactly(carrier.programmer, 1)
        wait_until(lambda: _write_fails(carrier), "a write to a link that is gone to fail")


def _write_fails(carrier: Carrier) -> bool:
    """The operating system may take a first write before it learns that nobody is there."""
    try:
        carrier.programmer.write(b"after")
    except TransportError:
        return True
    return False
