"""A project's own programs on its own device: what passes, and what is said of what does not."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_model.known_bad import find_known_bad
from scs.domain.profile import find_profile
from scs.domain.program import replaced
from scs.domain.program_file import ProgramFile, parse_program_file
from scs.testing.checks.check import NotEvaluated
from scs.testing.checks.speaker import Failed
from scs.testing.program_trial import try_program
from scs.testing.target import LinkTarget
from scs.testing.target_simulated import SimulatedTarget
from tests.support.emulators import emulator
from tests.support.sources import ROOT, text_of

CI = ROOT / "examples" / "ci"


def a_file(name: str = "tonic-default") -> ProgramFile:
    return parse_program_file(name, text_of(f"examples/{name}.toml"))


@pytest.mark.parametrize("name", ["tonic-default", "burst-cycled", "four-interleaved", "steering-by-shares"])
def test_the_examples_are_delivered_as_prescribed(name: str) -> None:
    file = a_file(name)
    try_program(SimulatedTarget(find_profile(file.profile_id or "reference")), file)


def test_a_program_that_a_rule_blocks_is_told_in_the_rules_words() -> None:
    with pytest.raises(Failed, match=r"charge-density: .* lower"):
        try_program(SimulatedTarget(), a_file("blocked"))


def test_a_device_that_delivers_otherwise_is_shown_with_the_smallest_program() -> None:
    with pytest.raises(Failed) as failed:
        try_program(
            SimulatedTarget(build=find_known_bad("recharge-missing-unsensed").build), a_file("four-interleaved")
        )
    assert failed.value.group is not None
    assert len(failed.value.group.programs) == 1
    assert "recharge" in failed.value.sentence


def test_over_a_link_the_status_is_believed_and_nothing_starts_without_a_dummy_load(tmp_path: Path) -> None:
    file = a_file()
    quick = ProgramFile(file.title, file.source, replaced(
        file.group, programs=tuple(replaced(program, ramp_us=0) for program in file.group.programs)
    ), file.implant)  # fmt: skip
    with emulator(tmp_path) as implant:
        for has_dummy_load in (False, True):
            target = LinkTarget(implant.address, has_dummy_load=has_dummy_load)
            try:
                if has_dummy_load:
                    try_program(target, quick)
                else:
                    with pytest.raises(NotEvaluated, match="dummy-load"):
                        try_program(target, quick)
            finally:
                target.close()


def test_leads_that_are_not_plugged_in_are_named(tmp_path: Path) -> None:
    with emulator(tmp_path) as implant:
        target = LinkTarget(implant.address, has_dummy_load=True)
        try:
            with pytest.raises(
                Failed, match=r"the program is for .*; the implant has medtronic-977a2, medtronic-977a2"
            ):
                try_program(target, a_file("paddle-5-6-5"))
        finally:
            target.close()


def test_the_ci_job_is_short_and_each_of_its_lines_works(tmp_path: Path) -> None:
    job = text_of("examples/ci/job.yml")
    assert len(job.splitlines()) < 20
    shutil.copytree(CI, tmp_path / "project")
    lines = re.findall(r"- run: ([^#\n]*)", job)
    assert lines.pop(0).startswith("pip install")
    shell = "\n".join(line.strip().replace("--budget 60s", "--budget 2s") for line in lines)
    # A job gives each line a shell of its own; here one that waits for the emulator stands for all of them.
    shell = shell.replace(" &\n", " &\nwhile [ ! -e device ]; do sleep 0.05; done\n") + "\nkill %1\n"
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-ec", "set -m\n" + shell],
        cwd=tmp_path / "project",
        env={"PATH": path, "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert (tmp_path / "project" / "conformance.xml").exists()


def test_a_failure_in_a_project_reads_like_a_sentence_with_the_program_behind_it(tmp_path: Path) -> None:
    shutil.copytree(CI, tmp_path / "project")
    shutil.copy(ROOT / "examples" / "blocked.toml", tmp_path / "project" / "programs")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_programs.py"],
        cwd=tmp_path / "project", capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "\ncharge-density: E2 carries 213 µC/cm² per phase, above 50 µC/cm²; use at most 3.55 mA" in done.stdout
    assert 'format = "scs-program/1"' in done.stdout
    assert "1 failed, 2 passed" in done.stdout
