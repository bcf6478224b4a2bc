"""`scs run`: what a person and a script get from it."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from firmware_model.device import DeviceConfig
from scs.cli.main import main
from scs.cli.run import piece_us
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program_file import parse_program_file
from scs.testing.long_run import RunPlan
from tests.support.implants import two_leads
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
TONIC = str(ROOT / "examples" / "tonic-default.toml")
FAULTS = str(ROOT / "examples" / "faults" / "a-bad-month.toml")


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["run", *words])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "examples").glob("*.toml")))
def test_every_example_that_may_be_delivered_is_and_all_accounts_agree(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--acknowledge", "charge-density", "--acknowledge", "shannon"] if name.startswith("must-be") else []
    code, out, err = ran(capsys, str(ROOT / "examples" / name), "--for", "10min", "--json", *words)
    if name == "blocked.toml":
        assert code == 4
        assert "blocked" in err
        return
    data = json.loads(out)
    assert (code, data["is_well"], data["is_whole"]) == (0, True, True), data["checks"]
    assert data["watched_pulses"] > 0
    assert 0 <= data["therapy_us"] - 600_000_000 < 1_000_000
    assert data["commanded_pc"] == data["delivered_pc"] > 0


def test_a_month_with_faults_names_each_and_says_how_therapy_went(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran(capsys, TONIC, "--for", "30d", "--faults", FAULTS, "--start-again", "1h", "--telemetry", "6h")
    assert code == 0
    for said in ("lead-open", "torn-write", "dac-stuck", "4 times", "started again", "telemetry", "30 d 00:00:00"):
        assert said in out
    assert "never for clinical use" in out


def test_a_seed_is_one_course_of_events(capsys: pytest.CaptureFixture[str]) -> None:
    words = (TONIC, "--for", "12d", "--faults", FAULTS, "--json", "--seed")
    first, again, other = (ran(capsys, *words, seed)[1] for seed in ("5", "5", "6"))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--for", "30 parsecs"], "parsecs is no unit of time"),
        (["--for", "101y"], "choose a time from 1 ms to 100 y"),
        (["--for", "0s"], "choose a time from 1 ms"),
        (["--speed", "0"], "choose a number above 0"),
        (["--faults", "no-such-file.toml"], "no-such-file.toml: cannot be opened"),
        (["--profile", "acme"], "acme"),
    ],
)
def test_what_cannot_be_run_is_refused_in_a_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = ran(capsys, TONIC, *words)
    assert (code, out) == (2, "")
    assert said in err


def a_plan(example: str, duration_us: int) -> RunPlan:
    path = ROOT / "examples" / f"{example}.toml"
    file = parse_program_file(path.name, path.read_text(encoding="utf-8"))
    profile = find_profile(file.profile_id or "reference")
    config = DeviceConfig("SCS-000001", profile, find_policy("default"), file.implant or two_leads())
    return RunPlan(config, file.group, duration_us)


def test_a_run_is_cut_into_pieces_after_which_a_bar_moves_and_ctrl_c_is_heard() -> None:
    decade_us = 10 * 31_536_000_000_000
    assert piece_us(a_plan("tonic-default", decade_us), None) == decade_us // 200
    assert piece_us(a_plan("closed-loop", decade_us), None) == 5_000 * 25_000, "pulses of a loop are lived one by one"
    assert piece_us(a_plan("tonic-default", decade_us), 4.0) == 1_000_000, "a quarter of a second is waited"
    assert piece_us(a_plan("tonic-default", 100), None) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl-C is no signal to one process")
def test_an_interrupted_run_says_how_far_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)

    def interrupt() -> None:
        wait_until(lambda: signal.getsignal(signal.SIGINT) is not before, "the run to listen for Ctrl-C")
        os.kill(os.getpid(), signal.SIGINT)

    pressing = threading.Thread(target=interrupt)
    pressing.start()
    code, out, _ = ran(capsys, TONIC, "--for", "10min", "--speed", "2", "--json")
    pressing.join()
    assert code == 130
    data = json.loads(out)
    assert data["is_whole"] is False
    assert data["asked_us"] == 600_000_000
    assert 0 <= data["elapsed_us"] < data["asked_us"]
    assert signal.getsignal(signal.SIGINT) is before
