"""What is said before the MRI mode is entered agrees with what the implant then does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from firmware_model.bench import Bench
from firmware_model.store import RamMemory
from scs.clock import Duration
from scs.domain.status import Mode, ResetCause
from scs.programmer.mri import Reading, Standing, findings, mri_data, mri_text, verdict_text
from scs.programmer.reading import Measurement
from scs.wire.requests import EnterMri, EnterStorage, GetBattery, GetResets, Start
from scs.wire.responses import BatteryReport, Done, RefusedReply, ResetReport
from scs.wire.terms import ContactState, Role
from tests.support.implants import a_device, a_group
from tests.support.speaker import Speaker, new_op_id

pytestmark = [pytest.mark.hazard("H29"), pytest.mark.req("FW-33")]

WELL = Measurement(1, ((1, 500, ContactState.OK), (2, 520, ContactState.OK)))


def a_speaker() -> tuple[Speaker, Bench]:
    speaker = Speaker(a_device(RamMemory()))
    speaker.open()
    speaker.write(a_group())
    return speaker, Bench(speaker.device)


def a_reading(speaker: Speaker, measured: Measurement | None = WELL) -> Reading:
    battery, resets = speaker.ask(GetBattery(), BatteryReport), speaker.ask(GetResets(), ResetReport)
    return Reading(speaker.status(), battery, resets, measured)


def standings(reading: Reading) -> dict[str, Standing]:
    return {found.about: found.standing for found in findings(reading)}


def _wear_out(speaker: Speaker, _bench: Bench) -> None:
    battery = speaker.device.parts.battery
    battery.over_discharges = battery.plan.over_discharges_max


def _hold_magnet(speaker: Speaker, bench: Bench) -> None:
    bench.magnet(is_near=True)
    bench.jump(Duration.of_s(3))
    speaker.open()


def _reset_twice(speaker: Speaker, bench: Bench) -> None:
    for _ in range(2):
        bench.reset(ResetCause.WATCHDOG_LATE)
    speaker.open()


SITUATIONS: dict[str, Callable[[Speaker, Bench], object]] = {
    "output": lambda speaker, _: speaker.ask(Start(new_op_id(), 0), Done),
    "battery": _wear_out,
    "magnet": _hold_magnet,
    "resets": _reset_twice,
}


@pytest.mark.parametrize("about", SITUATIONS)
def test_what_is_called_refused_is_refused_by_the_implant(about: str) -> None:
    speaker, bench = a_speaker()
    SITUATIONS[about](speaker, bench)
    reading = a_reading(speaker)
    assert [name for name, standing in standings(reading).items() if standing is Standing.REFUSED] == [about]
    assert f"NOT READY: the implant will refuse, because of {about}" in verdict_text(findings(reading))
    assert mri_data(reading)["is_refused"]
    assert speaker.ask(EnterMri(new_op_id()), RefusedReply).text


def test_an_implant_in_storage_has_to_be_woken_first() -> None:
    speaker, _ = a_speaker()
    speaker.ask(EnterStorage(new_op_id()), Done)
    assert standings(a_reading(speaker))["output"] is Standing.REFUSED
    speaker.refused(EnterMri(new_op_id()))


def test_what_is_not_called_refused_is_entered_and_the_words_then_say_how_to_leave() -> None:
    speaker, _ = a_speaker()
    reading = a_reading(speaker)
    assert Standing.REFUSED not in standings(reading).values()
    assert "For a person to decide: scanner." in verdict_text(findings(reading))
    speaker.ask(EnterMri(new_op_id()), Done)
    inside = a_reading(speaker)
    assert (inside.status.mode, mri_data(inside)["is_in_mri"]) == (Mode.MRI, True)
    assert "When leaving fails:" in mri_text(inside)
    assert "any other programmer that may write leaves the mode" in mri_text(inside)


def test_whoever_only_reads_is_told_that_another_one_writes() -> None:
    speaker, _ = a_speaker()
    reading = a_reading(speaker)
    reader = replace(reading, status=replace(reading.status, role=Role.READER))
    assert standings(reader)["programmer"] is Standing.REFUSED


@pytest.mark.parametrize(
    ("measured", "word"),
    [
        (None, "measure the impedances first"),
        (Measurement(0, ((3, 0, ContactState.OPEN),), is_kept=True), "E3 open"),
        (Measurement(1, ((1, 500, ContactState.OK), (6, 40, ContactState.SHORT))), "E6 short"),
        (Measurement(0, (), is_kept=True), "not measured since the implant began anew"),
    ],
)
def test_leads_that_are_not_known_to_be_whole_are_left_to_a_person(measured: Measurement | None, word: str) -> None:
    speaker, _ = a_speaker()
    reading = a_reading(speaker, measured)
    assert standings(reading)["leads"] is Standing.ASK
    assert word in mri_text(reading)


def test_one_unplanned_reset_is_worth_a_thought_and_the_implant_lets_itself_be_led_in() -> None:
    speaker, bench = a_speaker()
    bench.reset(ResetCause.WATCHDOG_LATE)
    speaker.open()
    assert standings(a_reading(speaker))["resets"] is Standing.ASK
    speaker.ask(EnterMri(new_op_id()), Done)
