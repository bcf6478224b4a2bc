"""`scs device backup` and `restore`: only the program region travels, and into another implant only by name."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from firmware_model.regions import CALIBRATION, CHECKS, IDENTITY, KEYS, LOG, PROGRAM, REGIONS, Region
from firmware_model.store import RamMemory
from scs.cli.device_backup import back_up, restore
from scs.cli.exit_codes import ExitCode
from scs.domain.backup_file import parse_backup
from scs.errors import BadFile, BadPrescription
from scs.programmer.client import Client
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group, a_program

OTHER = "SCS-000002"
GROUPS = (a_group(a_program(name="legs")), a_group(a_program(name="back", amplitude_ua=2_000)))


def a_backup(folder: Path) -> Path:
    path = folder / "backup.json"
    with LiveImplant(*GROUPS) as implant, Client.open(implant.connect()) as client:
        assert back_up(client, str(path))["slots"] == [0, 1]
    return path


def restored(implant: LiveImplant, path: Path, onto: str | None = None, *rules: str) -> tuple[int, dict[str, Any]]:
    with Client.open(implant.connect()) as client:
        return restore(client, Namespace(file=str(path), onto=onto, acknowledge=list(rules)))


def named(implant: LiveImplant) -> list[str]:
    with Client.open(implant.connect()) as client:
        found = [client.find_group(slot) for slot in range(client.identify().identity.groups)]
    return [held.group.programs[0].name for held in found if held is not None]


def part(memory: RamMemory, region: Region) -> bytes:
    return memory.read(region.start, region.end - region.start)


@pytest.mark.req("PR-12")
@pytest.mark.hazard("H12")
def test_a_backup_goes_into_another_implant_only_when_its_serial_number_is_typed(tmp_path: Path) -> None:
    path = a_backup(tmp_path)
    with LiveImplant(serial=OTHER) as other:
        with pytest.raises(BadPrescription, match=r"type the serial number .* --onto SCS-000002"):
            restored(other, path)
        with pytest.raises(BadPrescription, match="check the patient"):
            restored(other, path, "SCS-000001")
        assert named(other) == []
        code, data = restored(other, path, OTHER)
        assert (code, data["written"]) == (ExitCode.OK, [0, 1])
        assert named(other) == ["legs", "back"]


@pytest.mark.req("PR-12")
@pytest.mark.hazard("H12")
def test_calibration_identity_keys_and_all_else_of_the_other_implant_stay_as_they_are(tmp_path: Path) -> None:
    path, memory = a_backup(tmp_path), RamMemory()
    with LiveImplant(serial=OTHER, memory=memory) as other:
        before = {region.name: part(memory, region) for region in REGIONS}
        restored(other, path, OTHER)
        changed = {region.name for region in REGIONS if part(memory, region) != before[region.name]}
    assert changed <= {PROGRAM.name, LOG.name, CHECKS.name}
    assert PROGRAM.name in changed
    assert not changed & {CALIBRATION.name, IDENTITY.name, KEYS.name}


@pytest.mark.req("PR-12")
@pytest.mark.parametrize("field", ["calibration", "identity", "keys"])
def test_a_backup_that_brings_more_than_programs_is_refused(tmp_path: Path, field: str) -> None:
    path = a_backup(tmp_path)
    tree = json.loads(path.read_text(encoding="utf-8"))
    assert set(tree) == {"format", "serial", "profile", "leads", "slots"}
    with pytest.raises(BadFile, match=field):
        parse_backup("backup.json", json.dumps({**tree, field: "01"}))


def test_a_backup_goes_back_into_its_own_implant_and_what_is_the_same_is_left_alone(tmp_path: Path) -> None:
    path = a_backup(tmp_path)
    with LiveImplant(GROUPS[0]) as implant:
        code, data = restored(implant, path)
        assert (code, data["written"], data["same"]) == (ExitCode.OK, [1], [0])


def test_a_group_that_the_rules_want_considered_stops_the_whole_restore(tmp_path: Path) -> None:
    path = a_backup(tmp_path)
    tree = json.loads(path.read_text(encoding="utf-8"))
    tree["slots"][1]["group"]["programs"][0] |= {"amplitude": "12 mA", "pulse_width": "300 us"}
    path.write_text(json.dumps(tree), encoding="utf-8")
    with LiveImplant() as implant:
        code, data = restored(implant, path)
        assert (code, data["slot"], data["written"]) == (ExitCode.BLOCKED, 1, [])
        assert named(implant) == [], "the first one was written before the second was looked at"


def test_a_backup_for_other_leads_and_one_that_names_a_slot_twice_are_refused(tmp_path: Path) -> None:
    path = a_backup(tmp_path)
    tree = json.loads(path.read_text(encoding="utf-8"))
    with pytest.raises(BadFile, match="names one twice"):
        parse_backup("backup.json", json.dumps({**tree, "slots": [tree["slots"][0]] * 2}))
    tree["leads"][0]["model"] = "another"
    path.write_text(json.dumps(tree), encoding="utf-8")
    with LiveImplant() as implant, pytest.raises(BadPrescription, match="other places"):
        restored(implant, path)


def test_a_backup_never_replaces_a_file(tmp_path: Path) -> None:
    path = tmp_path / "backup.json"
    path.write_text("mine", encoding="utf-8")
    with LiveImplant() as implant, Client.open(implant.connect()) as client, pytest.raises(BadFile, match="new file"):
        back_up(client, str(path))
    assert path.read_text(encoding="utf-8") == "mine"
