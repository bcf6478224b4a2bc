"""Comparators open the switches with nobody else's help: the interlocks deceived, the firmware standing still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from firmware_model.blueprint import AS_DESIGNED
from firmware_model.faults.campaign import Campaign
from firmware_model.faults.kinds import find_kind
from firmware_model.interlocks import HARDWARE, Interlocks
from firmware_model.interlocks import WIDEST as WIDEST_LIMITS
from firmware_model.over_current import TRIP, WIDEST, OverCurrent, TripLevels
from firmware_model.sensed import Leaving, Train
from firmware_model.store import RamMemory
from scs.clock import Duration
from scs.domain.profile import find_profile, profile_ids
from scs.domain.status import Fault, LogKind, Mode
from scs.wire.requests import ClearFault, Start
from scs.wire.responses import Done
from scs.wire.terms import Reason
from tests.simulation.test_faults import delivering
from tests.support.implants import a_device
from tests.support.speaker import Speaker, new_op_id


class Deceived(Interlocks):
    """Takes everything that leaves for what was told: whatever their sense lines show, it looks right."""

    def admits(self, leaving: Leaving, at_us: int) -> bool:
        return True

    def admits_all(self, trains: Sequence[Train], from_us: int, until_us: int) -> bool:
        return True


DECEIVED = replace(AS_DESIGNED, interlocks=Deceived)
MOMENT = Duration.of_ms(100)
"""Less than the watchdog takes: firmware that hangs has not been reset yet."""


def let_pass(campaign: Campaign, duration: Duration) -> None:
    device = campaign._device
    campaign.step(device.now + duration)


@pytest.mark.req("FW-08")
@pytest.mark.hazard("H26", "H36")
def test_a_current_beyond_the_device_leaves_not_once_while_the_interlocks_are_deceived_and_the_firmware_hangs() -> None:
    device, bench, campaign = delivering(DECEIVED)
    campaign.begin(find_kind("task-hang"), {})
    let_pass(campaign, Duration.of_ms(50))
    assert bench.pulses > 0
    campaign.begin(find_kind("dac-full"), {})
    pulses = bench.pulses
    let_pass(campaign, MOMENT)
    assert device.parts.watchdog.is_hung, "nobody but the comparators was there to see it"
    assert bench.pulses == pulses
    assert device.parts.over_current.is_latched
    assert device.parts.interlocks.fault is Fault.NONE, "the interlocks saw nothing"
    assert LogKind.INTERLOCK_TRIPPED not in {entry.kind for entry in device.parts.event_log.after(0)}


@pytest.mark.req("FW-08", "FW-12")
@pytest.mark.hazard("H37")
def test_firmware_that_begins_anew_finds_the_latch_keeps_it_and_says_who_it_was() -> None:
    device, _bench, campaign = delivering(DECEIVED)
    for kind_id in ("task-hang", "dac-full"):
        campaign.begin(find_kind(kind_id), {})
    let_pass(campaign, Duration.of_s(1))
    parts = device.parts
    assert (parts.modes.mode, parts.interlocks.fault) == (Mode.SAFE, Fault.OVER_CURRENT)
    assert parts.store.image.fault is Fault.OVER_CURRENT, "a reset later it is latched still"
    told = [entry.detail for entry in parts.event_log.after(0) if entry.kind is LogKind.INTERLOCK_TRIPPED]
    assert told == ["over-current by the comparator"]
    assert parts.stimulator.is_idle


@pytest.mark.req("FW-08")
def test_a_cleared_latch_trips_again_as_long_as_the_converters_are_wrong() -> None:
    device, bench, campaign = delivering(DECEIVED)
    campaign.begin(find_kind("dac-full"), {})
    let_pass(campaign, Duration.of_s(70))
    speaker = Speaker(device)
    speaker.open()
    assert speaker.refused(Start(new_op_id(), 0)).reason is Reason.FAULT_LATCHED
    pulses = bench.pulses
    speaker.ask(ClearFault(new_op_id()), Done)
    assert not device.parts.over_current.is_latched
    speaker.start()
    speaker.keep_alive(Duration.of_s(2))
    assert (bench.pulses, device.parts.modes.mode) == (pulses, Mode.SAFE)
    campaign.mend(find_kind("dac-full"), {})
    speaker.ask(ClearFault(new_op_id()), Done)
    speaker.start()
    speaker.keep_alive(Duration.of_s(2))
    assert bench.pulses > pulses


@pytest.mark.req("FW-08")
def test_firmware_that_runs_notices_at_once() -> None:
    device, _bench, campaign = delivering(DECEIVED)
    campaign.begin(find_kind("dac-full"), {})
    let_pass(campaign, MOMENT)
    assert (device.parts.modes.mode, device.parts.interlocks.fault) == (Mode.SAFE, Fault.OVER_CURRENT)


@pytest.mark.req("FW-08")
@pytest.mark.parametrize("profile_id", profile_ids())
def test_the_trip_levels_lie_above_what_a_device_may_do_and_no_further_than_a_tenth(profile_id: str) -> None:
    profile, limits, levels = find_profile(profile_id), HARDWARE[profile_id], TRIP[profile_id]
    for level_ua, most_ua in (
        (levels.total_ua, max(profile.total_current.max_ua, limits.total_ua)),
        (levels.contact_ua, limits.contact_ua),
    ):
        assert most_ua < level_ua <= most_ua * 11 // 10
    assert WIDEST.total_ua >= levels.total_ua
    assert WIDEST.contact_ua >= levels.contact_ua
    assert WIDEST.total_ua > WIDEST_LIMITS.total_ua


@pytest.mark.req("FW-08")
def test_a_full_pulse_passes_and_one_microampere_above_the_level_does_not_in_either_phase() -> None:
    speaker = Speaker(a_device(RamMemory()))
    device, _bench, _ = delivering()
    pulse = device.parts.stimulator.delivering[0][1]
    levels = TripLevels(total_ua=10_000, contact_ua=6_000)
    wide = {1: -6_000, 2: -4_000, 3: 6_000, 4: 4_000}
    for lead, back, passes in (
        (wide, {}, True),
        ({**wide, 1: -6_001, 2: -3_999}, {}, False),
        ({1: -5_001, 2: -5_000, 3: 5_001, 4: 5_000}, {}, False),
        ({1: -10, 2: 10}, {1: 6_001, 2: -6_001}, False),
        ({1: -10, 2: 10}, wide, True),
    ):
        comparators = OverCurrent(levels)
        assert comparators.passes(replace(pulse, currents_ua=lead, recharge_ua=back)) is passes
        assert comparators.is_latched is not passes
        assert comparators.passes(pulse) is passes, "once latched, nothing passes"
        comparators.reset()
        assert comparators.passes(pulse)
    assert speaker.device.parts.over_current.levels == TRIP["reference"]
