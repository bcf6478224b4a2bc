"""The MRI mode is not entered when nothing could lead out of it again, and the reason is told with its numbers."""

from __future__ import annotations

import pytest

from firmware_model.bench import Bench
from firmware_model.store import RamMemory
from firmware_model.way_out import TALKING, WAITING, needed_pc, needed_permille
from scs.clock import Duration
from scs.domain.status import BatteryLevel, Mode, ResetCause
from scs.wire.requests import EnterMri, EnterStorage, LeaveMri
from scs.wire.responses import Done
from scs.wire.terms import Reason
from tests.support.implants import a_device, a_group
from tests.support.speaker import Speaker, new_op_id

pytestmark = [pytest.mark.hazard("H29"), pytest.mark.req("FW-33")]


def a_speaker() -> tuple[Speaker, Bench]:
    speaker = Speaker(a_device(RamMemory()))
    speaker.open()
    speaker.write(a_group())
    return speaker, Bench(speaker.device)


def test_a_charge_that_would_not_last_until_somebody_leads_out_is_refused_with_both_numbers() -> None:
    speaker, bench = a_speaker()
    needed = needed_permille(speaker.device.parts)
    bench.set_battery(needed - 1)
    refused = speaker.refused(EnterMri(new_op_id()))
    assert refused.reason is Reason.DEPLETED
    assert f"holds {(needed - 1) / 10:.1f} % and {needed / 10:.1f} % are needed" in refused.text
    assert "charge or replace it first" in refused.text
    assert (speaker.status().mode, speaker.device.parts.store.image.kept) == (Mode.IDLE, None)
    speaker.ask(EnterStorage(new_op_id()), Done)


def test_with_the_least_charge_that_is_let_in_the_implant_can_still_be_led_out_after_a_day() -> None:
    speaker, bench = a_speaker()
    bench.set_battery(needed_permille(speaker.device.parts) + 1)
    speaker.ask(EnterMri(new_op_id()), Done)
    bench.jump(WAITING)
    speaker.open()
    speaker.keep_alive(Duration.of_s(1_800))
    assert not speaker.device.parts.battery.is_empty
    speaker.ask(LeaveMri(new_op_id()), Done)
    assert speaker.status().mode is Mode.IDLE


def test_what_is_needed_is_a_day_of_waiting_and_an_hour_of_talk() -> None:
    parts = a_device().parts
    plan = parts.battery.plan
    assert needed_pc(parts) == (plan.housekeeping_ua + plan.leak_ua) * 86_400_000_000 + plan.telemetry_ua * TALKING.us
    assert 10 <= needed_permille(parts) < plan.recharged_permille, "a cell that is taken for recharged may enter"


def test_a_cell_at_its_end_a_magnet_and_repeated_resets_are_refused_each_with_its_reason() -> None:
    speaker, bench = a_speaker()
    parts = speaker.device.parts
    parts.battery.over_discharges = parts.battery.plan.over_discharges_max
    assert parts.battery.level is BatteryLevel.ENDED
    refused = speaker.refused(EnterMri(new_op_id()))
    assert (refused.reason, "end of service" in refused.text) == (Reason.DEPLETED, True)
    parts.battery.over_discharges = 0
    bench.magnet(is_near=True)
    refused = speaker.refused(EnterMri(new_op_id()))
    assert (refused.reason, "take it away first" in refused.text) == (Reason.WRONG_MODE, True)
    bench.magnet(is_near=False)
    for _ in range(2):
        bench.reset(ResetCause.WATCHDOG_LATE)
    again = Speaker(speaker.device)
    again.open()
    refused = again.refused(EnterMri(new_op_id()))
    assert (refused.reason, "reset itself 2 times" in refused.text) == (Reason.BUSY, True)
    bench.jump(Duration.of_s(601))
    again.open()
    again.ask(EnterMri(new_op_id()), Done)
    assert again.status().mode is Mode.MRI


def test_an_implant_that_is_in_the_mode_already_says_so_whatever_its_battery_holds() -> None:
    speaker, bench = a_speaker()
    speaker.ask(EnterMri(new_op_id()), Done)
    bench.set_battery(1)
    speaker.ask(EnterMri(new_op_id()), Done)
    assert speaker.status().mode is Mode.MRI
