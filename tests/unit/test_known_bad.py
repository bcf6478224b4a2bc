"""Every implant that is wrong on purpose is wrong where somebody outside can see it, and the real one is not."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_model.device import Device
from firmware_model.known_bad import KNOWN_BAD, KnownBad, find_known_bad
from firmware_model.store import RamMemory
from scs.clock import Duration, Instant
from scs.domain.status import Mode
from scs.errors import BadPrescription
from tests.support import traceability
from tests.support.bench_scene import Scene
from tests.support.emulators import emulator
from tests.support.implants import a_config, a_group
from tests.support.known_bad_day import DAY
from tests.support.known_bad_delivery import BURST, DELIVERY
from tests.support.known_bad_judgement import JUDGEMENT, PLAIN
from tests.support.known_bad_supply import SUPPLY
from tests.support.speaker import Speaker

SCS = [sys.executable, "-m", "scs.cli"]
SCENES = {**JUDGEMENT, **DELIVERY, **SUPPLY, **DAY}


@pytest.mark.parametrize("fault", KNOWN_BAD, ids=lambda fault: fault.id)
def test_the_fault_shows_from_outside_and_the_real_implant_does_not_have_it(fault: KnownBad) -> None:
    shows = SCENES[fault.id]
    assert not shows(Device), f"the real implant: {fault.description}"
    assert shows(fault.build), f"not to be seen: {fault.description}"


def test_there_are_at_least_forty_and_each_has_a_scene() -> None:
    assert len(KNOWN_BAD) >= 40
    assert sorted(SCENES) == sorted(fault.id for fault in KNOWN_BAD)


def test_ids_are_unique_and_each_names_a_hazard_of_the_table_in_one_line() -> None:
    hazards = {row.id for row in traceability.hazards()} | set(traceability.not_modelled())
    assert len({fault.id for fault in KNOWN_BAD}) == len(KNOWN_BAD)
    assert len({fault.description for fault in KNOWN_BAD}) == len(KNOWN_BAD)
    for fault in KNOWN_BAD:
        assert fault.hazard in hazards, fault
        assert fault.description == fault.description.strip()
        assert 0 < len(fault.description) <= 100
        assert fault.description.isprintable()


def test_no_two_are_the_same_implant() -> None:
    made = [(fault.blueprint, fault.device) for fault in KNOWN_BAD]
    assert all(one != other for place, one in enumerate(made) for other in made[:place])
    assert all(pair != (KnownBad("", "", "").blueprint, Device) for pair in made)


@pytest.mark.parametrize("fault", KNOWN_BAD, ids=lambda fault: fault.id)
def test_a_plain_day_goes_by_without_a_crash(fault: KnownBad) -> None:
    """A fault that only ends the program would be caught by anybody."""
    device = fault.build(a_config(), RamMemory(), random.Random(1), Instant(0))
    speaker = Speaker(device)
    speaker.open()
    speaker.write(a_group())
    speaker.start()
    speaker.keep_alive(Duration.of_s(3))
    speaker.stop()
    speaker.wait(Duration.of_s(1))
    assert speaker.status().mode in (Mode.IDLE, Mode.THERAPY, Mode.SAFE)


@pytest.mark.parametrize("fault", [fault for fault in KNOWN_BAD if fault.id.endswith("-unsensed")], ids=lambda f: f.id)
def test_behind_the_sense_lines_nothing_trips_so_the_pulses_tell(fault: KnownBad) -> None:
    for group in (PLAIN, BURST):
        scene = Scene(fault.build)
        scene.run(group)
        assert scene.speaker.status().mode is Mode.THERAPY


def test_an_unknown_id_is_answered_with_those_there_are() -> None:
    with pytest.raises(BadPrescription, match="stop-needs-role"):
        find_known_bad("stop-needs-rule")


def test_the_command_lists_every_fault_with_its_hazard() -> None:
    run = subprocess.run([*SCS, "emulate", "--list-broken"], capture_output=True, text=True, timeout=60, check=True)
    listed = [line.split() for line in run.stdout.splitlines()]
    for fault in KNOWN_BAD:
        assert any(words[:2] == [fault.id, fault.hazard] for words in listed)
    assert max(map(len, run.stdout.splitlines())) <= 80


@pytest.mark.slow
def test_an_emulator_that_is_broken_on_purpose_is_broken(tmp_path: Path) -> None:
    """Its STOP is done and not answered, so nobody can say that the output is off."""
    ends: list[int] = []
    for place, options in enumerate(((), ("--broken", "stop-unanswered"))):
        folder = tmp_path / str(place)
        folder.mkdir()
        with emulator(folder, *options) as running:
            stop = subprocess.run(
                [*SCS, "device", "--insecure", "--port", running.address, "stop"], timeout=60, check=False
            )
        ends.append(stop.returncode)
    assert ends[0] == 0
    assert ends[1] not in (0, 2)


def test_what_is_broken_is_said_beside_what_may_be_piped(tmp_path: Path) -> None:
    command = [*SCS, "emulate", "--link", "tcp:nowhere.invalid:1", "--broken", "stop-needs-role"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "this firmware is broken on purpose: STOP is served for the session that writes" in run.stderr
    assert "(stop-needs-role, H38)" in run.stderr


def test_an_unknown_fault_is_no_emulator_at_all() -> None:
    command = [*SCS, "emulate", "--link", "pty", "--broken", "stop-needs-rule"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 2
    assert 'no known-bad firmware "stop-needs-rule"' in run.stderr
