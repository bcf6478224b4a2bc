"""The conformance suite as its users have it: a command, a plugin of pytest, reports, traces; and what it catches."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from firmware_model.known_bad import KNOWN_BAD, KnownBad
from scs.clock import Duration
from scs.domain.profile import profile_ids
from scs.testing.checks.table import CHECKS, find_check
from scs.testing.conformance.mutants import BUDGETS
from scs.testing.conformance.runner import Runner, Settings, open_for
from scs.testing.report import Outcome
from scs.wire.trace import parse_trace
from tests.support import traceability
from tests.support.emulators import Ended, emulator, scs
from tests.support.known_bad_checks import CAUGHT_BY

LONG_S = 300
"""A run of everything takes half a minute on an idle machine."""


def conformance(*arguments: str) -> Ended:
    command = [sys.executable, "-m", "scs.cli", "conformance", *arguments]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONG_S, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def pytest_run(folder: Path, *arguments: str) -> Ended:
    """pytest in an empty project of somebody else's."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONG_S, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.mark.req("LK-01", "LK-02", "LK-03", "LK-04", "LK-05", "FW-02", "FW-07", "FW-31", "FW-36", "FW-38")
@pytest.mark.nightly
@pytest.mark.slow
def test_the_emulated_implant_passes_every_check_with_a_hundred_thousand_cases(tmp_path: Path) -> None:
    report, junit = tmp_path / "report.json", tmp_path / "junit.xml"
    done = conformance("--report-json", str(report), "--junit", str(junit), "--traces", str(tmp_path / "traces"))
    assert done.code == 0, done.out
    said = json.loads(report.read_text(encoding="utf-8"))
    assert said["cases"] >= 100_000
    assert [row["id"] for row in said["results"]] == [check.id for check in CHECKS]
    assert {row["outcome"] for row in said["results"]} == {"pass"}
    suite = Xml.parse(junit).getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == (str(len(CHECKS)), "0", "0")
    assert f"{len(CHECKS)} pass, 0 fail, 0 not evaluated; {said['cases']:,} cases in " in done.out
    assert not (tmp_path / "traces").exists()


DEVICE_MATTERS = (
    "measuring", "measuring-is-quiet", "broken-leads-are-found", "whole-matrix", "interlocks-hold", "judged-at-commit",
    "watching", "log-tells", "legal-is-accepted",
)  # fmt: skip
"""Checks whose way depends on rates, ratios, limits and electrodes of the device."""


@pytest.mark.req("FW-35", "FW-07", "FW-38")
@pytest.mark.slow
@pytest.mark.parametrize("profile_id", profile_ids())
def test_an_implant_of_every_shipped_profile_passes(profile_id: str, tmp_path: Path) -> None:
    done = conformance(
        "--profile", profile_id, "--budget", "1s", "--traces", str(tmp_path), "--only", *DEVICE_MATTERS
    )  # fmt: skip
    assert done.code == 0, done.out
    assert f"{len(DEVICE_MATTERS)} pass, 0 fail, 0 not evaluated" in done.out


LONG = (
    "interlock-ignores-rate",
    "programs-overlap",
    "first-amplitude-for-all",
    "policy-replaced",
    "storage-left-by-start",
    "mri-left-by-start",
    "split-rounded-up",
    "tried-amplitude-tenfold",
)
"""Their mistakes show in few of the groups that are tried."""


@pytest.mark.parametrize(
    "bad", [pytest.param(bad, id=bad.id, marks=[pytest.mark.slow] * (bad.id in LONG)) for bad in KNOWN_BAD]
)
def test_a_firmware_that_is_broken_on_purpose_is_caught(bad: KnownBad) -> None:
    """By the check that is known to catch it; `scs conformance --mutants` runs them all in their order."""
    settings = Settings(budget=BUDGETS[-1])
    with Runner(settings, open_for(settings, bad.build)) as runner:
        result = runner.run(find_check(CAUGHT_BY[bad.id]))
    assert result.outcome is Outcome.FAIL, f"{bad.id} ({bad.description}) passes {result.id}"
    assert result.reason


def test_every_broken_firmware_is_known_to_be_caught() -> None:
    assert set(CAUGHT_BY) == {bad.id for bad in KNOWN_BAD}


def test_every_check_names_requirements_and_hazards_that_there_are() -> None:
    requirements = {row.id for row in traceability.requirements()}
    hazards = {row.id for row in traceability.hazards()} | set(traceability.not_modelled())
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert check.requirements, check.id
        assert set(check.requirements) <= requirements, check.id
        assert set(check.hazards) <= hazards, check.id


@pytest.mark.slow
def test_the_same_seed_makes_the_same_cases(tmp_path: Path) -> None:
    def cases(seed: int) -> object:
        path = tmp_path / "report.json"
        done = conformance(
            "--only", "one-wrong-bit", "judged-at-stage", "--budget", "1s", "--seed", str(seed),
            "--report-json", str(path),
        )  # fmt: skip
        assert done.code == 0
        rows = json.loads(path.read_text(encoding="utf-8"))["results"]
        return [(row["id"], row["cases"], row["evidence"]) for row in rows]

    assert cases(3) == cases(3)


def test_pytest_runs_the_checks_by_their_ids_and_reports_them(tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    done = pytest_run(
        tmp_path, "--scs-target", "sim:", "--scs-budget", "1s", "-k", "identity or one-writer", f"--junitxml={junit}"
    )
    assert done.code == 0, done.out
    assert " conformance " in done.out
    assert "pass          identity " in done.out
    properties = {
        (case.get("name"), one.get("name")): one.get("value")
        for case in Xml.parse(junit).iter("testcase")
        for one in case.iter("property")
    }
    assert properties["test_the_implant_keeps_its_promise[one-writer]", "requirements"] == "FW-36"


def test_what_would_stimulate_hardware_is_not_evaluated_before_somebody_says_dummy_load(tmp_path: Path) -> None:
    with emulator(tmp_path) as implant:
        done = pytest_run(
            tmp_path,
            "--scs-target",
            f"pty:{implant.address}",
            "--scs-budget",
            "5s",
            "-k",
            "soft-start or identity",
            "-rs",
        )
        assert done.code == 0, done.out
        assert "1 passed, 1 skipped" in done.out
        assert "not evaluated: needs --scs-dummy-load: it starts stimulation" in done.out
        status = scs("device", "--insecure", "--port", implant.address, "--json", "status").data
        assert status["pulses"] == 0


def test_a_failure_on_a_link_is_a_sentence_with_a_trace_that_opens(tmp_path: Path) -> None:
    with emulator(tmp_path, "--broken", "first-program-judged-only") as implant:
        done = conformance(
            "--target", f"pty:{implant.address}", "--only", "judged-at-stage", "--traces", str(tmp_path / "traces"),
            "--budget", "20s", "--dummy-load",
        )  # fmt: skip
    assert done.code == 1
    assert "\nFAIL judged-at-stage (FW-02, FW-04, FW-03)\n" in done.out
    assert 'format = "scs-program/1"' in done.out
    (path,) = (tmp_path / "traces").iterdir()
    trace = parse_trace(str(path), path.read_text(encoding="utf-8"))
    assert trace.header.check == "judged-at-stage"
    assert trace.header.sentence in done.out.replace("\n", " ")
    assert trace.events[-1].kind == "note"
    assert any(event.kind == "from-implant" for event in trace.events)


def test_a_project_of_somebody_else_gets_an_implant_by_a_fixture(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "from scs.testing.checks.speaker import Speaker\n"
        "from random import Random\n"
        "def test_it_answers(scs_target):\n"
        "    assert Speaker(scs_target, Random(1)).become_writer().session\n",
        encoding="utf-8",
    )
    done = pytest_run(tmp_path, "--scs-target", "sim:", "test_mine.py")
    assert "1 passed" in done.out, done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--only", "magic"), "magic"),
        (("--budget", "10ms"), "below 1 s"),
        (("--seeds", "0"), "use 1 or more"),
        (("--profile", "magic"), "magic"),
        (("--mutants", "magic"), "magic"),
    ],
)
def test_what_nobody_knows_is_refused_in_words(arguments: tuple[str, ...], said: str) -> None:
    done = conformance(*arguments)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_several_seeds_are_a_line_each() -> None:
    done = conformance("--only", "identity", "--seeds", "2", "--budget", "1s")
    assert [line.split(":")[0] for line in done.out.splitlines()] == ["seed 1", "seed 2"]


@pytest.mark.slow
def test_the_table_of_known_bad_firmwares_says_which_check_caught_it() -> None:
    done = conformance("--mutants", "start-in-safe", "stop-unanswered")
    assert done.code == 0
    assert "caught      start-in-safe                   H09" in done.out
    assert "2 of 2 known-bad firmwares were caught" in done.out


def test_a_short_budget_is_kept_on_a_link(tmp_path: Path) -> None:
    with emulator(tmp_path) as implant:
        settings = Settings(target=f"pty:{implant.address}", budget=Duration.of_s(2))
        done = conformance("--target", settings.target, "--budget", "2s")
    assert done.code == 0, done.out
    assert "What was not evaluated is no pass." in done.out
