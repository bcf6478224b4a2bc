"""Does an implant that was put into a snapshot and back go on exactly as if nothing had happened?"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

import pytest

from firmware_model.bench import Bench
from firmware_model.bypasses import BYPASSES
from firmware_model.device import Device
from firmware_model.faults.memory import FallibleMemory
from firmware_model.snapshot import restore_snapshot, snapshot_time_us, take_snapshot
from firmware_model.store import RamMemory
from firmware_model.tap import Departure
from scs.clock import Duration, Instant
from scs.domain.program import Group
from scs.errors import BadFile, BadPrescription
from scs.wire.requests import EnterMri, MeasureImpedance
from scs.wire.responses import Done
from tests.support.implants import a_config, a_group, a_program
from tests.support.speaker import Speaker, new_op_id

SECOND = 1_000_000
BURSTS = a_group(a_program(burst=(5, 500_000), width_us=500, ratio=None, shares={1: -1_000, 2: 1_000}))


def an_implant(serial: str = "SCS-000001", seed: int = 1) -> Device:
    return Device(a_config(serial), FallibleMemory(RamMemory()), Random(seed), Instant(0))


def delivering(group: Group | None = None) -> Speaker:
    speaker = Speaker(an_implant())
    speaker.open()
    speaker.write(group or a_group())
    speaker.start()
    return speaker


def after(speaker: Speaker, us: int) -> Device:
    speaker.device.step(speaker.device.now + Duration(us))
    return speaker.device


def ramping() -> Device:
    return after(delivering(), 700_123)


def in_a_burst() -> Device:
    return after(delivering(BURSTS), 3 * SECOND + 27_000)


def cycling() -> Device:
    return after(delivering(a_group(a_program(cycling=(3 * SECOND, 2 * SECOND)))), 61 * SECOND + 5)


def measuring() -> Device:
    speaker = Speaker(an_implant())
    speaker.open()
    speaker.ask(MeasureImpedance(new_op_id()), Done)
    return speaker.device


def staged() -> Device:
    speaker = Speaker(an_implant())
    speaker.open()
    speaker.stage(a_group())
    return speaker.device


def in_mri() -> Device:
    speaker = Speaker(an_implant())
    speaker.open()
    speaker.ask(EnterMri(new_op_id()), Done)
    return speaker.device


def charging() -> Device:
    device = after(delivering(), 5 * SECOND)
    Bench(device).set_battery(300)
    Bench(device).place_charger(800)
    return device


def hung() -> Device:
    device = after(delivering(), 5 * SECOND)
    Bench(device).hang()
    return device


def worn_out() -> Device:
    device = after(delivering(), 5 * SECOND)
    Bench(device).memory.defects.is_worn_out = True
    Bench(device).break_lead(7)
    return device


SCENES: tuple[Callable[[], Device], ...] = (
    an_implant, ramping, in_a_burst, cycling, measuring, staged, in_mri, charging, hung, worn_out,
)  # fmt: skip


def course_of(device: Device) -> tuple[list[Departure], list[bytes], str]:
    """Every pulse, every byte, and the state at the end of some time in which STOP comes, and a magnet."""
    pulses: list[Departure] = []
    said: list[bytes] = []
    bench = Bench(device)
    bench.tap(pulses.append)
    for step in range(12):
        bench.jump(Duration(333_337))
        if step == 8:
            bench.magnet(is_near=True)
        said.append(device.take_output())
    bench.jump(Duration.of_s(30))
    bench.untap(pulses.append)
    return pulses, said, take_snapshot(device)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_a_restored_implant_goes_on_as_the_first_did(scene: Callable[[], Device]) -> None:
    device = scene()
    text = take_snapshot(device)
    assert take_snapshot(device) == text, "looking changes nothing"
    first = course_of(device)
    assert take_snapshot(device) != text
    restore_snapshot(device, text)
    assert take_snapshot(device) == text
    assert course_of(device) == first
    other = an_implant(seed=99)
    restore_snapshot(other, text)
    assert snapshot_time_us(text) == other.now.us
    assert course_of(other) == first


@pytest.mark.parametrize("bypass", BYPASSES, ids=lambda bypass: bypass.id)
def test_what_the_bench_has_bent_is_bent_in_the_snapshot_too(bypass: object) -> None:
    device = after(delivering(), 5 * SECOND)
    Bench(device).bypass(str(getattr(bypass, "id", "")))
    text = take_snapshot(device)
    first = course_of(device)
    restore_snapshot(device, text)
    assert course_of(device) == first


def test_who_listens_goes_on_listening() -> None:
    device = ramping()
    heard: list[Departure] = []
    told: list[object] = []
    Bench(device).tap(heard.append)
    device.parts.on_entry.append(told.append)
    restore_snapshot(device, take_snapshot(device))
    Bench(device).jump(Duration.of_s(1))
    Bench(device).reset()
    assert heard
    assert told


def test_a_snapshot_of_another_implant_or_of_other_code_is_refused_and_changes_nothing() -> None:
    device = ramping()
    mine = take_snapshot(device)
    with pytest.raises(BadFile, match=r"is of SCS-000002, and this is SCS-000001"):
        restore_snapshot(device, take_snapshot(an_implant("SCS-000002")))
    other = json.loads(mine)
    other["code"] = "0" * 64
    with pytest.raises(BadFile, match="another version of this program"):
        restore_snapshot(device, json.dumps(other))
    for text in ("", "[]", "{}", "nonsense", '{"format": "scs-snapshot/2"}'):
        with pytest.raises(BadFile, match=r"is no JSON|is no snapshot"):
            restore_snapshot(device, text)
    assert take_snapshot(device) == mine


@pytest.mark.parametrize("name", ["os:system", "builtins:eval", "firmware_model.snapshot:json.loads", "scs.clock:time"])
def test_a_tree_makes_nothing_that_is_not_ours(name: str) -> None:
    device = ramping()
    mine = take_snapshot(device)
    evil = json.loads(mine)
    evil["parts"]["therapy"]["class"] = name
    with pytest.raises(BadFile, match="is damaged"):
        restore_snapshot(device, json.dumps(evil))
    assert take_snapshot(device) == mine


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_snapshot_is_refused_and_changes_nothing(seed: int) -> None:
    device = staged()
    mine = take_snapshot(device)
    chance = Random(seed)
    damaged = json.loads(mine)
    branch = damaged["parts"]
    while isinstance(branch, dict) and len(branch) > 1 and chance.random() < 0.8:
        inner = [name for name, value in branch.items() if isinstance(value, dict) and value]
        if not inner:
            break
        branch = branch[chance.choice(inner)]
    branch.pop(chance.choice(list(branch)))
    try:
        restore_snapshot(device, json.dumps(damaged))
    except BadFile:
        assert take_snapshot(device) == mine


def test_a_part_that_belongs_to_nobody_is_not_put_into_a_snapshot() -> None:
    device = ramping()
    device.parts.senses.body = type("Stranger", (), {})()
    with pytest.raises(BadPrescription, match="belongs to no implant"):
        take_snapshot(device)
