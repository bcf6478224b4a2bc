"""A trace that is run again: byte by byte where it was made, with its numbers rewritten elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from firmware_model.known_bad import find_known_bad
from scs.clock import Duration
from scs.testing.checks.table import find_check
from scs.testing.conformance.runner import Runner, Settings, open_for
from scs.testing.report import Outcome
from tests.support.emulators import emulator, scs

CASES = {
    "output-tenfold": "soft-start",
    "stop-by-ramp": "repeated-operation",
    "start-in-safe": "modes-are-kept",
    "latch-forgotten": "fault-stays-latched",
}


def a_trace(folder: Path, fault: str, check: str) -> str:
    """The trace that the suite writes when this check fails on this firmware."""
    settings = Settings(traces=str(folder), budget=Duration.of_s(1))
    with Runner(settings, open_for(settings, find_known_bad(fault).build)) as runner:
        result = runner.run(find_check(check))
    assert result.outcome is Outcome.FAIL
    return result.trace


@pytest.mark.parametrize(("fault", "check"), list(CASES.items())[:3], ids=list(CASES)[:3])
def test_the_firmware_that_failed_answers_the_same_and_the_good_one_does_not(
    tmp_path: Path, fault: str, check: str
) -> None:
    path = a_trace(tmp_path, fault, check)
    again = scs("replay", path, "--broken", fault)
    assert again.code == 0, again.out
    assert "every answer is the one in the trace: what failed fails again" in again.out
    good = scs("replay", path)
    assert good.code == 1
    assert "this implant does not answer as the one in the trace did" in good.out
    assert good.out.startswith(f"the trace: {check} (")


def test_a_difference_is_a_line_of_the_trace_a_time_and_a_sentence(tmp_path: Path) -> None:
    path = a_trace(tmp_path, "start-in-safe", "modes-are-kept")
    said = scs("replay", path, "--json").data
    assert said["same"] is False
    first = said["differences"][0]
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[first["line"] - 1])["kind"] == "from-implant"
    assert json.loads(lines[first["line"] - 1])["at_us"] == first["at_us"]
    assert "RESPONSE Done" in first["sentence"]
    assert "a fault is latched" in first["sentence"]


def test_over_a_link_sessions_and_numbers_of_this_run_take_the_place_of_those_in_the_trace(tmp_path: Path) -> None:
    path = a_trace(tmp_path / "traces", "stop-by-ramp", "repeated-operation")
    with emulator(tmp_path) as implant:
        for _ in range(2):
            # Twice, for operation numbers are carried out once.
            said = scs("replay", path, "--target", f"pty:{implant.address}", "--dummy-load", "--json").data
            fields = [one["sentence"].split(":")[0].split(" #")[0] for one in said["differences"]]
            # It is another implant, with other leads; and STOP ends therapy at once.
            assert set(fields) == {"Identity", "Chunk", "Status"}, said["differences"]
            assert "therapy is OFF and was RAMPING_DOWN" in said["differences"][-1]["sentence"]


def test_over_a_link_the_firmware_that_failed_fails_again(tmp_path: Path) -> None:
    path = a_trace(tmp_path / "traces", "stop-by-ramp", "repeated-operation")
    with emulator(tmp_path, "--broken", "stop-by-ramp") as implant:
        said = scs("replay", path, "--target", implant.address, "--dummy-load", "--json").data
    assert not [one for one in said["differences"] if one["sentence"].startswith("Status")]


def test_what_stimulates_is_not_sent_to_a_link_before_somebody_says_dummy_load(tmp_path: Path) -> None:
    path = a_trace(tmp_path / "traces", "stop-by-ramp", "repeated-operation")
    with emulator(tmp_path) as implant:
        refused = scs("replay", path, "--target", implant.address)
        assert refused.code == 2
        assert "is Start, which stimulates: connect a resistor and no body" in refused.err
        assert scs("device", "--insecure", "--port", implant.address, "--json", "status").data["pulses"] == 0


def test_deeds_of_the_bench_are_left_out_over_a_link_and_named(tmp_path: Path) -> None:
    path = a_trace(tmp_path / "traces", "latch-forgotten", CASES["latch-forgotten"])
    with emulator(tmp_path) as implant:
        done = scs("replay", path, "--target", implant.address, "--dummy-load")
    assert "left out, for nobody can do it to this target: " in done.out


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "is empty"), ("{}\n", "is no trace"), ("nonsense", "is no JSON")],
    ids=["empty", "json", "text"],
)
def test_a_file_that_is_no_trace_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text(text, encoding="utf-8")
    done = scs("replay", str(path))
    assert done.code == 2
    assert said in done.err


def test_an_implant_that_falls_silent_is_a_difference(tmp_path: Path) -> None:
    path = a_trace(tmp_path, "start-in-safe", "modes-are-kept")
    done = scs("replay", path, "--broken", "stop-sticks", "--json")
    assert done.code == 1
    assert done.data["differences"]


def test_a_fault_is_for_the_emulated_implant_alone(tmp_path: Path) -> None:
    path = a_trace(tmp_path, "start-in-safe", "modes-are-kept")
    done = scs("replay", path, "--broken", "stop-sticks", "--target", "pty:nowhere", "--dummy-load")
    assert done.code == 2
    assert "--broken and --profile choose the emulated implant" in done.err
