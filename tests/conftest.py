"""What holds for every test: how Hypothesis searches, and that nobody leaves a thread behind."""

from __future__ import annotations

import gc
import os
import tempfile
import threading
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.traceability import Evidence, requirements

settings.register_profile("dev", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True, max_examples=50)
# The same examples every time, so half of them: a run on a person's machine draws a hundred new ones.
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "dev"))

os.environ["SCS_RECORDS_URL"] = "none"
"""What tests do belongs in nobody's session records; a test of the records names a book of its own."""

_STATE = tempfile.TemporaryDirectory(prefix="scs-tests-")
os.environ["XDG_STATE_HOME"] = _STATE.name
"""Nor among what a person's programs keep."""

_FAREWELL_S = 2.0
"""How long a thread that was told to stop may take; a thread that was not told is still there after it."""


def pytest_configure(config: pytest.Config) -> None:
    """Watch that a run of everything leaves no requirement without a test that passed."""
    config.pluginmanager.register(Evidence(frozenset(row.id for row in requirements())), "evidence")


def pytest_collection_finish() -> None:
    """Every test is there now and stays: looking at all of them again and again took a twentieth of the time."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@pytest.fixture(autouse=True)
def _no_thread_is_left_behind() -> Iterator[None]:
    """Fail the test that leaves a thread: it would hold its port and speak into the next test."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(_FAREWELL_S)
    alive = sorted(thread.name for thread in left if thread.is_alive())
    assert not alive, f"threads left running: {', '.join(alive)}; stop and join them in the test"
