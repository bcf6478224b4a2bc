"""SCS_KEYLOG=FILE: the keys of an emulated implant's channels, so that a capture of a test session can be read.

It is asked for by name each time, says so on the screen, and an implant that is marked as implanted writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from firmware_model.device import Device
from scs.errors import BadFile
from scs.wire.channel import Channel
from scs.wire.keylog import ENVIRONMENT, keys_of_implant


@contextmanager
def key_log(device: Device, environment: Mapping[str, str], say: Callable[[str], None]) -> Iterator[None]:
    """Write a line for each channel that `device` makes, if the environment names a file; raises BadFile."""
    path = environment.get(ENVIRONMENT, "")
    if not path:
        yield
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise BadFile(path, (f"cannot be written ({error.strerror}); name another in {ENVIRONMENT}",)) from error
    say(f"keys of every channel go to {path}, because {ENVIRONMENT} says so: whoever has it reads the captures")

    def on_channel(channel: Channel) -> None:
        # One write a line: two emulators may share a file, and one that is killed leaves whole lines.
        os.write(descriptor, f"{keys_of_implant(channel).line()}\n".encode())

    device.gate.on_channel = on_channel
    try:
        yield
    finally:
        device.gate.on_channel = None
        os.close(descriptor)
