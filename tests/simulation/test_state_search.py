"""All states of the implant: none breaks an invariant, and implants that are wrong have states that do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from firmware_model.device import Device
from firmware_model.known_bad import find_known_bad
from scs.domain.status import Mode
from scs.testing.state_search import Search, search, summary
from scs.testing.states.happenings import HAPPENINGS

BROKEN = {
    "gate-skipped-at-amplitude": "more than a step",
    "ramp-one-step-too-far": "200 uA left the electrodes, and 150 uA were asked for",
    "ramp-skipped": "150 uA followed one of 0 uA",
    "on-while-on-adds": "100 uA are set, and 50 uA were asked for",
    "on-while-stopping-jumps": "more than a step",
    "commit-jumps": "more than a step",
    "soft-stop-never-ends": "a soft stop has not ended",
    "lower-amplitude-ignored": "0 uA were asked for",
    "empty-battery-delivers": "0 uA were asked for: power-on; the same",
    "start-ignores-slot": "slot 1 holds no group, and its start was accepted",
    "latch-forgotten": "SAFE was left by what does not end it",
    "resumes-at-power-on": "therapy began without a start",
    "mri-lost-at-reset": "MRI was left by what does not end it",
    "mri-entered-running": "in MRI",
    "depleted-left-too-soon": "DEPLETED was left by what does not end it",
    "trial-outlives-lease": "nobody holds the lease",
    "stop-by-ramp": "STOP did not take the output to zero in one step",
    "stop-on-tick": "STOP left something that falls due",
    "stop-unanswered": "STOP was not answered",
    "stop-clears-fault": "SAFE was left by what does not end it",
    "start-in-safe": "SAFE was left by what does not end it",
}

LONG = (
    "gate-skipped-at-amplitude",
    "on-while-stopping-jumps",
    "commit-jumps",
    "soft-stop-never-ends",
    "lower-amplitude-ignored",
    "latch-forgotten",
    "trial-outlives-lease",
    "on-while-on-adds",
    "ramp-one-step-too-far",
    "ramp-skipped",
    "empty-battery-delivers",
    "stop-by-ramp",
)
"""Hundreds and thousands of states lie before the one that shows these."""


@pytest.mark.req("FW-01", "FW-09", "FW-11", "FW-26", "FW-31", "FW-33", "FW-34")
@pytest.mark.hazard("H01", "H03", "H08", "H09", "H28", "H29", "H38")
@pytest.mark.slow
def test_no_reachable_state_of_the_implant_breaks_an_invariant() -> None:
    """No output but in therapy, none above what was asked for, STOP at once, and always a way back to therapy."""
    process = subprocess.run(
        [sys.executable, "-m", "scs.testing.state_search"], capture_output=True, text=True, check=False
    )
    states, modes, verdict = process.stdout.splitlines()
    assert (verdict, process.returncode) == ("no invariant is broken", 0), process.stderr
    count, transitions = (int(words.split()[0]) for words in states.split(", "))
    assert count > 1_000
    assert transitions > 20 * count
    in_mode = dict(part.rsplit(" ", 1) for part in modes.removeprefix("states in each mode: ").split(", "))
    assert set(in_mode) == {mode.name for mode in Mode}
    assert all(int(number) for number in in_mode.values())


@pytest.mark.parametrize(
    ("fault", "said"),
    [pytest.param(*row, id=row[0], marks=[pytest.mark.slow] * (row[0] in LONG)) for row in BROKEN.items()],
)
def test_an_implant_that_is_wrong_has_a_state_that_shows_it(fault: str, said: str) -> None:
    found = search(find_known_bad(fault).build)
    assert len(found.violations) == 1
    assert said in str(found.violations[0])
    assert f"VIOLATION: {found.violations[0].sentence}: power-on; " in summary(found)


@pytest.mark.slow
def test_a_mode_that_nobody_can_leave_is_a_dead_end() -> None:
    without_way_out = tuple(happening for happening in HAPPENINGS if happening.words != "storage is left")
    (violation,) = Search(Device, without_way_out).run().violations
    assert str(violation) == "from here nobody gets back to therapy: power-on; storage is entered"
