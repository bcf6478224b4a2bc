"""The tap shows every pulse that leaves, once, and nothing else; listening changes nothing that is delivered."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_model.bench import Bench
from firmware_model.tap import Departure, Run
from scs.clock import Duration
from scs.domain.program import Group
from tests.support.implants import a_device, a_group, a_program
from tests.support.pulse_by_pulse import Reference
from tests.support.speaker import Speaker

GROUPS = [
    a_group(a_program(ramp_us=0)),
    a_group(a_program(ramp_us=0, burst=(5, 500_000), width_us=500)),
    a_group(
        a_program("a", ramp_us=0),
        a_program("b", ramp_us=0, rate_mhz=130_000, shares={9: -1_000, 10: 1_000}),
        a_program("c", ramp_us=0, rate_mhz=71_000, ratio=None, shares={12: -1_000, 11: 400, 13: 600}),
    ),
]


def running(group: Group) -> tuple[Bench, Speaker, list[Departure]]:
    """An implant that delivers the group at its full amplitude, and what leaves from then on."""
    device = a_device()
    speaker = Speaker(device)
    speaker.open()
    speaker.write(group)
    speaker.start()
    speaker.keep_alive(Duration.of_s(2))
    seen: list[Departure] = []
    bench = Bench(device)
    bench.tap(seen.append)
    return bench, speaker, seen


@pytest.mark.parametrize("group", GROUPS)
def test_the_tap_shows_exactly_the_charge_that_the_ledger_counts(group: Group) -> None:
    bench, _, seen = running(group)
    before_pc, before = bench.leading_pc(), bench.pulses
    bench.jump(Duration.of_s(1))
    assert len(seen) == bench.pulses - before > 0
    for contact, charge in bench.leading_pc().items():
        shown = sum(pulse.currents_ua.get(contact, 0) * pulse.width_us for pulse in seen)
        assert shown == charge - before_pc.get(contact, 0)


@pytest.mark.parametrize("group", GROUPS)
def test_listening_changes_nothing(group: Group) -> None:
    (heard, _, _), (alone, speaker, seen) = running(group), running(group)
    alone.untap(seen.append)
    heard.jump(Duration.of_s(3))
    alone.jump(Duration.of_s(3))
    assert heard.leading_pc() == alone.leading_pc()
    assert heard.net_pc() == alone.net_pc()
    assert speaker.status().pulses == heard.pulses
    assert not seen


def test_pulses_come_in_the_order_of_their_beginnings_and_do_not_overlap() -> None:
    bench, _, seen = running(GROUPS[2])
    bench.jump(Duration.of_s(2))
    for first, then in pairwise(seen):
        assert first.start_us + first.width_us + first.gap_us + first.recharge_us <= then.start_us


@settings(max_examples=25)
@given(st.integers(1, 60_000))
def test_a_stop_shows_no_pulse_that_had_not_begun(at_us: int) -> None:
    bench, speaker, seen = running(GROUPS[1])
    stopped = bench.jump(Duration(at_us))
    speaker.stop()
    bench.jump(Duration.of_s(1))
    assert all(pulse.start_us < stopped.us for pulse in seen)
    assert len(seen) > 0 or at_us < 25_000


def test_a_burst_is_shown_pulse_by_pulse_at_its_inner_rate() -> None:
    bench, _, seen = running(GROUPS[1])
    bench.jump(Duration.of_ms(100))
    reference = Reference(GROUPS[1], [2_000], seen[0].start_us)
    reference.run(bench.jump(Duration(0)).us)
    whole = [start for start, _ in reference.starts]
    assert [pulse.start_us for pulse in seen][: len(whole)] == whole


class Counted:
    """Adds up what is told in runs, and again in cycles."""

    def __init__(self) -> None:
        self.pulses = 0
        self.leading_pc: Counter[int] = Counter()
        self.again = 0
        self._runs: list[tuple[int, int, dict[int, int]]] = []

    def on_run(self, run: Run) -> None:
        pulses = run.count * run.pulses
        charge = {contact: pulses * ua * run.pulse.width_us for contact, ua in run.pulse.currents_ua.items()}
        self._runs.append((run.first_us, pulses, charge))
        self._add(pulses, charge, 1)

    def on_again(self, since_us: int, period_us: int, times: int) -> None:
        self.again += times
        for first_us, pulses, charge in self._runs:
            if first_us >= since_us:
                self._add(pulses, charge, times)

    def _add(self, pulses: int, charge: dict[int, int], times: int) -> None:
        self.pulses += times * pulses
        for contact, amount in charge.items():
            self.leading_pc[contact] += times * amount


@pytest.mark.parametrize("group", [*GROUPS, a_group(a_program(ramp_us=0, cycling=(60_000_000, 30_000_000)))])
def test_whoever_counts_comes_to_the_same_as_the_ledger_to_the_last_picocoulomb(group: Group) -> None:
    device = a_device()
    counted, bench, speaker = Counted(), Bench(device), Speaker(device)
    device.parts.stimulator.taps.count(counted)
    speaker.open()
    speaker.write(group)
    speaker.start()
    bench.jump(Duration.of_s(36_000))
    speaker.stop()
    bench.jump(Duration.of_s(1))
    assert counted.pulses == bench.pulses > 500_000
    assert counted.leading_pc == Counter(dict(bench.leading_pc()))
    assert (counted.again > 0) == (group.programs[0].cycling is not None)
