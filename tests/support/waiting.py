"""Every wait of the tests. A wait names what it waits for, so that a test that hangs says on what."""

from __future__ import annotations

import threading
from collections.abc import Callable

from scs.clock import Duration, WallClock
from scs.transport.base import Transport

PATIENCE = Duration.of_s(10)
"""How long a thing that should happen at once may take on a machine that is busy with everything else."""

_INTERVAL = Duration.of_ms(2)


def wait_until(condition: Callable[[], object], what: str, timeout: Duration = PATIENCE) -> None:
    """Return as soon as `condition()` is true; fail with `what` when it is not within `timeout`."""
    clock = WallClock()
    deadline = clock.now() + timeout
    pause = threading.Event()
    while not condition():
        if clock.now() >= deadline:
            raise AssertionError(f"waited {timeout.seconds:g} s in vain for {what}")
        pause.wait(_INTERVAL.seconds)


def read_exactly(transport: Transport, count: int, what: str = "bytes", timeout: Duration = PATIENCE) -> bytes:
    """Read until `count` bytes are there; fail with what there is when they do not come within `timeout`."""
    clock = WallClock()
    deadline = clock.now() + timeout
    got = b""
    while len(got) < count:
        left = clock.now().until(deadline)
        if left.us == 0:
            raise AssertionError(f"waited {timeout.seconds:g} s for {count} {what}; {len(got)} came: {got[-64:]!r}")
        got += transport.read(left)
    return got
