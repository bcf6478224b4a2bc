"""Contacts and pairs are measured with pulses that keep the rules, and no measurement permits more."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_model.bench import Bench
from firmware_model.device import Device, DeviceConfig
from firmware_model.electrodes import BRIDGED_OHM, DAY_US, LEAD_OHM, Damage
from firmware_model.interlocks import OutputLimits
from firmware_model.probe import CONTACT_READS, PAIR_READS, Probe
from firmware_model.store import RamMemory
from firmware_model.tap import TEST_CHANNEL, Departure
from scs.clock import Duration, Instant
from scs.domain.lead import CASE, Implant, PluggedLead, catalogue
from scs.domain.policy import find_policy
from scs.domain.profile import DeviceProfile, find_profile, profile_ids
from scs.domain.status import Fault, Mode
from scs.errors import Refused
from scs.wire.requests import GetImpedance, GetImpedanceMatrix, MeasureImpedance, Start
from scs.wire.responses import Done, ImpedanceMatrix, ImpedanceResult
from scs.wire.terms import ContactState, ImpedanceState, Reason
from tests.support.implants import REFERENCE, a_device, a_group, a_program, two_leads
from tests.support.speaker import Speaker, new_op_id

pytestmark = [pytest.mark.req("FW-35"), pytest.mark.hazard("H25", "H26")]


def a_speaker(memory: RamMemory | None = None) -> Speaker:
    speaker = Speaker(a_device(memory))
    speaker.open()
    return speaker


def matrix(speaker: Speaker) -> dict[tuple[int, int], tuple[int, ContactState]]:
    found: dict[tuple[int, int], tuple[int, ContactState]] = {}
    while True:
        part = speaker.ask(GetImpedanceMatrix(len(found)), ImpedanceMatrix)
        assert part.state is ImpedanceState.READY
        found |= {(one, other): (ohms, state) for one, other, ohms, state in part.pairs}
        if len(found) == part.total:
            return found


def a_speaker_after_measuring(speaker: Speaker) -> Speaker:
    speaker.ask(MeasureImpedance(new_op_id()), Done)
    Bench(speaker.device).jump(Duration.of_s(1))
    return speaker


def test_the_matrix_has_every_pair_as_the_electrodes_have_it() -> None:
    speaker = a_speaker_after_measuring(a_speaker())
    electrodes = speaker.device.parts.electrodes
    pairs = matrix(speaker)
    assert list(pairs) == [(one, other) for one in range(1, 17) for other in range(one + 1, 17)]
    for (one, other), (ohms, state) in pairs.items():
        assert (ohms, state) == (electrodes.pair_ohms(one, other), ContactState.OK)
        assert max(electrodes.ohms(one), electrodes.ohms(other)) <= ohms < electrodes.ohms(one) + electrodes.ohms(other)


def test_every_test_pulse_is_heard_small_balanced_and_counted_apart_from_therapy() -> None:
    speaker, heard = a_speaker(), list[Departure]()
    Bench(speaker.device).tap(heard.append)
    a_speaker_after_measuring(speaker)
    ledger = speaker.device.parts.stimulator.ledger
    assert len(heard) == ledger.test_pulses == 16 * CONTACT_READS + 120 * PAIR_READS
    assert ledger.pulses == ledger.commanded_pc == ledger.delivered_pc == 0
    assert ledger.test_pc == sum(100 * 50 for _ in heard)
    for pulse in heard:
        assert pulse.program == TEST_CHANNEL
        assert sorted(pulse.currents_ua.values()) == [-100, 100]
        assert pulse.recharge_ua == {contact: -current for contact, current in pulse.currents_ua.items()}
        assert (pulse.width_us, pulse.recharge_us) == (50, 50)
    starts = [pulse.start_us for pulse in heard]
    assert {later - sooner for sooner, later in pairwise(starts)} == {1_000}


def test_the_first_test_pulse_waits_for_the_last_recharge_of_therapy() -> None:
    speaker, heard = a_speaker(), list[Departure]()
    speaker.write(a_group(a_program(ratio=8, rate_mhz=40_000, ramp_us=0)))
    speaker.ask(Start(new_op_id(), 0), Done)
    bench = Bench(speaker.device)
    bench.tap(heard.append)
    bench.jump(Duration.of_ms(102))
    speaker.stop()
    asked_us = speaker.device.now.us
    a_speaker_after_measuring(speaker)
    therapy = [pulse for pulse in heard if pulse.program != TEST_CHANNEL]
    first = next(pulse for pulse in heard if pulse.program == TEST_CHANNEL)
    last = therapy[-1]
    assert asked_us < last.start_us + last.width_us + last.gap_us + last.recharge_us, "it has yet to end"
    assert first.start_us >= last.start_us + last.width_us + last.gap_us + last.recharge_us
    assert speaker.device.parts.interlocks.fault is Fault.NONE


def test_stop_ends_the_test_pulses_at_once() -> None:
    speaker, heard = a_speaker(), list[Departure]()
    bench = Bench(speaker.device)
    bench.tap(heard.append)
    speaker.ask(MeasureImpedance(new_op_id()), Done)
    bench.jump(Duration.of_ms(100))
    speaker.stop()
    count = len(heard)
    bench.jump(Duration.of_s(1))
    assert 0 < count == len(heard) < 400
    assert speaker.ask(GetImpedanceMatrix(0), ImpedanceMatrix).state is ImpedanceState.NEVER


def test_the_interlocks_watch_test_pulses_too() -> None:
    speaker, heard = a_speaker(), list[Departure]()
    parts = speaker.device.parts
    Bench(speaker.device).tap(heard.append)
    parts.interlocks._limits = OutputLimits(99, 99, 12_750_000)
    a_speaker_after_measuring(speaker)
    assert not heard
    assert parts.interlocks.fault is Fault.OVER_CURRENT
    assert parts.modes.mode is Mode.SAFE


@pytest.mark.parametrize("profile_id", profile_ids())
def test_every_shipped_device_can_measure_within_its_own_rules(profile_id: str) -> None:
    profile = find_profile(profile_id)
    lead = max(
        (lead for lead in catalogue().values() if lead.count <= profile.counts.contacts), key=lambda it: it.count
    )
    probe = Probe(profile, find_policy("default"), Implant(leads=(PluggedLead(port="A", lead=lead),)))
    probe.check()
    program = probe.program(1, CASE)
    assert profile.amplitude.min_ua <= program.amplitude_ua
    assert program.amplitude_ua * program.pulse_width_us <= 100_000
    assert probe.reads * probe.spacing_us < 60_000_000, "the programmer waits for a minute"


def coarse() -> DeviceProfile:
    amplitude = REFERENCE.amplitude.model_copy(update={"step_ua": 2_000})
    return REFERENCE.model_copy(update={"amplitude": amplitude})


def test_a_device_whose_smallest_pulse_is_too_large_refuses_to_measure() -> None:
    config = DeviceConfig("SCS-000001", coarse(), find_policy("default"), two_leads())
    speaker = Speaker(Device(config, RamMemory(), random.Random(1), Instant(0)))
    speaker.open()
    heard: list[Departure] = []
    Bench(speaker.device).tap(heard.append)
    op_id = new_op_id()
    # The second answer says that the first was not taken for an order that was carried out.
    for _ in range(2):
        assert speaker.refused(MeasureImpedance(op_id)).reason is Reason.BLOCKED
    assert speaker.device.parts.modes.mode is not Mode.MEASURING
    Bench(speaker.device).jump(Duration.of_s(1))
    assert not heard


def test_a_loose_contact_is_intermittent_refused_and_stays_so_over_a_reset() -> None:
    memory = RamMemory()
    speaker = a_speaker(memory)
    speaker.write(a_group())
    Bench(speaker.device).break_lead(3, Damage.LOOSE)
    a_speaker_after_measuring(speaker)
    rows = {contact: state for contact, _, state in speaker.ask(GetImpedance(), ImpedanceResult).contacts}
    assert rows[3] is ContactState.INTERMITTENT
    assert {state for contact, state in rows.items() if contact != 3} == {ContactState.OK}
    again = a_speaker(memory)
    kept = again.ask(GetImpedance(), ImpedanceResult)
    assert [(contact, state) for contact, _, state in kept.contacts] == [(3, ContactState.INTERMITTENT)]
    assert again.refused(Start(new_op_id(), 0)).rules == ("lead-fault",)


def test_a_contact_that_breaks_while_it_is_read_is_intermittent() -> None:
    speaker = a_speaker()
    bench = Bench(speaker.device)
    speaker.ask(MeasureImpedance(new_op_id()), Done)
    bench.jump(Duration(5_500))
    bench.break_lead(1)
    bench.jump(Duration.of_s(1))
    rows = speaker.ask(GetImpedance(), ImpedanceResult).contacts
    assert rows[0][2] is ContactState.INTERMITTENT


def test_two_contacts_that_touch_are_both_short_and_refused() -> None:
    memory = RamMemory()
    speaker = a_speaker(memory)
    speaker.write(a_group())
    Bench(speaker.device).bridge_leads(3, 8)
    a_speaker_after_measuring(speaker)
    rows = {contact: (ohms, state) for contact, ohms, state in speaker.ask(GetImpedance(), ImpedanceResult).contacts}
    assert {contact for contact, (_, state) in rows.items() if state is ContactState.SHORT} == {3, 8}
    assert rows[3][0] == rows[8][0] == BRIDGED_OHM
    assert a_speaker(memory).refused(Start(new_op_id(), 0)).rules == ("lead-fault",)


def test_a_high_contact_is_told_and_kept_and_its_group_judged_by_its_ohms() -> None:
    memory = RamMemory()
    speaker = a_speaker(memory)
    speaker.write(a_group())
    Bench(speaker.device).set_impedance(3, 6_000)
    a_speaker_after_measuring(speaker)
    rows = {contact: state for contact, _, state in speaker.ask(GetImpedance(), ImpedanceResult).contacts}
    assert rows[3] is ContactState.HIGH
    again = a_speaker(memory)
    assert [row[2] for row in again.ask(GetImpedance(), ImpedanceResult).contacts] == [ContactState.HIGH]
    judged = again.device.parts.judge(a_group(a_program(shares={3: -1_000, 7: 1_000}, amplitude_ua=5_000)))
    assert "compliance" in {finding.rule for finding in judged.findings}


def test_tissue_grows_for_weeks_and_a_measurement_sees_it() -> None:
    speaker = a_speaker()
    electrodes, bench = speaker.device.parts.electrodes, Bench(speaker.device)
    drawn = electrodes.ohms(1)
    bench.implant()
    fresh = electrodes.ohms(1)
    bench.jump(Duration(21 * DAY_US))
    grown = electrodes.ohms(1)
    bench.jump(Duration(400 * DAY_US))
    tissue = drawn - LEAD_OHM
    # 0.85 at first, 0.85 + 0.35 * (1 - 1/e) = 1.0712 after 21 days, 1.20 in the end.
    assert fresh == LEAD_OHM + round(0.85 * tissue)
    assert grown == LEAD_OHM + round(1.07124 * tissue)
    assert electrodes.ohms(1) == LEAD_OHM + round(1.2 * tissue)
    assert electrodes.next_change_us(speaker.device.now.us) is None


def test_air_at_a_contact_makes_it_high_and_goes_away() -> None:
    speaker = a_speaker()
    bench = Bench(speaker.device)
    whole = speaker.device.parts.electrodes.ohms(5)
    bench.add_acute(5, 4_000, Duration.of_s(6 * 3_600))
    a_speaker_after_measuring(speaker)
    rows = {contact: state for contact, _, state in speaker.ask(GetImpedance(), ImpedanceResult).contacts}
    assert rows[5] is ContactState.HIGH
    bench.jump(Duration(4 * DAY_US))
    assert speaker.device.parts.electrodes.ohms(5) == whole


@settings(max_examples=30, deadline=None)
@given(
    damaged=st.dictionaries(st.integers(1, 16), st.sampled_from(list(Damage)) | st.integers(1, 30_000), max_size=5),
    bridged=st.lists(st.integers(1, 16), min_size=2, max_size=2, unique=True),
    share=st.sampled_from([3, 5, 9]),
    amplitude_ua=st.integers(1, 500).map(lambda steps: 50 * steps),
)
def test_no_measurement_ever_raises_a_limit(
    damaged: dict[int, Damage | int], bridged: list[int], share: int, amplitude_ua: int
) -> None:
    speaker = a_speaker()
    parts, bench = speaker.device.parts, Bench(speaker.device)
    group = a_group(a_program(shares={share: -1_000, 7: 1_000}, amplitude_ua=amplitude_ua))
    before, limits, profile = parts.judge(group), parts.interlocks._limits, parts.config.profile
    for contact, damage in damaged.items():
        if isinstance(damage, Damage):
            bench.break_lead(contact, damage)
        else:
            bench.set_impedance(contact, damage)
    bench.bridge_leads(*bridged)
    a_speaker_after_measuring(speaker)
    after = parts.judge(group)
    assert set(before.blocking_rules) <= set(after.blocking_rules)
    assert set(before.must_acknowledge) <= {*after.must_acknowledge, *after.blocking_rules}
    assert parts.interlocks._limits == limits
    assert parts.config.profile is profile
    for contact, health in ((share, after), (7, after)):
        assert parts.impedance.known is not None
        state = parts.impedance.known.classify(contact, profile.interface)
        assert ("lead-fault" in health.blocking_rules) or state == "ok"


def test_a_probe_names_the_rule_that_stops_it() -> None:
    with pytest.raises(Refused, match="too large to test with"):
        Probe(coarse(), find_policy("default"), two_leads()).check()
