"""The end of a host: whoever ends it, or asks its bench, may come too late for it."""

from __future__ import annotations

import os
import sys

import pytest

from firmware_model.host import Errand
from tests.support.live_implant import LiveImplant


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe cannot be read without waiting there")
def test_a_host_that_has_ended_takes_no_word_and_writes_none_to_what_was_opened_since() -> None:
    with LiveImplant() as implant:
        host = implant._host
    # The first numbers that are free are those of the pipe that the host has closed.
    pipes = [os.pipe() for _ in range(4)]
    host.close()
    host.ask_bench(Errand("{}", lambda _: None))
    for read, write in pipes:
        os.set_blocking(read, False)
        with pytest.raises(BlockingIOError):
            os.read(read, 1)
        os.close(read)
        os.close(write)
