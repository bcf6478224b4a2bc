"""The gate and the interlocks, each against the other: what one accepts the other lets pass, what gets by one does not
get by the other, and a weakness of either is noticed.

Not everything that the gate blocks has a counterpart in the interlocks: the grid, timing, ranges of the patient, lead
faults, compliance, Shannon's line and the strict policy are rules of prescription. What the interlocks stand against
is what the output can do wrong: more, longer, more often, elsewhere, or not taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_model.blueprint import AS_DESIGNED, Blueprint
from firmware_model.bypasses import BYPASSES, Bypass, find_bypass
from firmware_model.comparator import Command
from firmware_model.interlocks import HARDWARE, Interlocks
from firmware_model.known_bad import find_known_bad
from firmware_model.output_stage import Pulse
from firmware_model.over_current import OverCurrent
from firmware_model.parts import Parts
from firmware_model.sensed import Leaving, Train
from scs.clock import Duration
from scs.domain.program import Group, replaced
from scs.domain.safety import judge
from scs.domain.status import Fault, Mode
from scs.domain.verdict import Verdict
from scs.errors import BadPrescription
from scs.testing.strategies import hostile_groups, legal_groups, nearly_valid_groups
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import Stage
from scs.wire.responses import RefusedReply, Staged
from scs.wire.terms import CHUNK_MAX, Reason
from tests.support.implants import REFERENCE, a_config, a_group, a_program, two_leads
from tests.support.witnesses import DEFAULT, Scene, crowded_groups, disagreements, what_gets_past

LEGAL = legal_groups(two_leads(), REFERENCE).map(
    lambda group: replaced(group, programs=tuple(replaced(program, ramp_us=0) for program in group.programs))
)
NEAR = nearly_valid_groups(two_leads(), REFERENCE).map(lambda near: near.group)

LOUD = {
    "driven": a_group(a_program(ramp_us=0)),
    "asymmetric": a_group(a_program(ramp_us=0, ratio=4, amplitude_ua=4_000, gap_us=50, shares={1: -1_000, 2: 1_000})),
    "passive": a_group(a_program(ramp_us=0, ratio=None)),
    "burst": a_group(a_program(ramp_us=0, burst=(5, 500_000), width_us=500)),
    "passive-burst": a_group(a_program(ramp_us=0, burst=(5, 500_000), ratio=None)),
    "together": a_group(
        a_program("a", ramp_us=0),
        a_program("b", ramp_us=0, rate_mhz=130_000, shares={3: 1_000, 10: -1_000}),
    ),
}
"""Groups of some milliamperes, so that what goes wrong is above what the comparator tolerates."""
DRIVEN, BURSTS = ("driven", "asymmetric", "burst", "together"), ("burst", "passive-burst")


def groups_for(bypass: Bypass) -> tuple[str, ...]:
    """In which groups a bypass changes anything."""
    return {"any": tuple(LOUD), "driven": DRIVEN, "burst": BURSTS}[bypass.needs]


PAIRS = [(bypass.id, name) for bypass in BYPASSES if bypass.id != "gate-open" for name in groups_for(bypass)]


# ------------------------------------------------------------------------------------------------- they agree


@pytest.mark.req("FW-02", "PR-01")
@pytest.mark.hazard("H04", "H33", "H34")
@settings(max_examples=60)
@given(st.one_of(LEGAL, crowded_groups(), NEAR, hostile_groups()))
def test_programmer_and_implant_say_the_same_of_every_group(group: Group) -> None:
    """The programmer's verdict, and the implant's over the wire."""
    mine = judge(group, two_leads(), REFERENCE, DEFAULT)
    scene = Scene(group)
    data = encode_group(group)
    whole = digest(data)
    for offset in range(0, len(data), CHUNK_MAX):
        chunk = Stage(0, offset, len(data), whole, data[offset : offset + CHUNK_MAX])
        said = scene.speaker.ask(
            chunk, RefusedReply if offset + CHUNK_MAX >= len(data) and mine.blocking_rules else Staged
        )
    assert isinstance(said, RefusedReply | Staged)
    if isinstance(said, RefusedReply):
        assert (said.reason, said.rules) == (Reason.BLOCKED, mine.blocking_rules)
    else:
        assert said.complete
        assert said.must_acknowledge == mine.must_acknowledge


@pytest.mark.req("FW-05", "FW-06", "FW-07")
@pytest.mark.hazard("H04", "H05", "H36")
@settings(max_examples=40)
@given(st.one_of(LEGAL, crowded_groups()))
def test_what_the_gate_accepts_the_interlocks_let_pass_and_the_monitors_confirm(group: Group) -> None:
    """One second pulse by pulse, then twenty in closed form."""
    assert disagreements(group) == []


# ----------------------------------------------------------------------------------- past the gate, and no further


@pytest.mark.req("FW-05", "FW-07")
@pytest.mark.hazard("H05", "H26", "H36")
@pytest.mark.parametrize(("bypass_id", "name"), PAIRS)
def test_no_pulse_that_is_wrong_leaves_and_no_charge_is_left(bypass_id: str, name: str) -> None:
    """Not one: the pulse that would be wrong is the one that opens the switches."""
    assert what_gets_past(LOUD[name], bypass_id, 0) == []


@pytest.mark.req("FW-05", "FW-07")
@pytest.mark.hazard("H05", "H26", "H36")
@settings(max_examples=40)
@given(st.sampled_from(PAIRS), st.integers(0, 60_000))
def test_it_does_not_matter_when_the_output_goes_wrong(pair: tuple[str, str], at_us: int) -> None:
    bypass_id, name = pair
    assert what_gets_past(LOUD[name], bypass_id, at_us) == []


@pytest.mark.parametrize(("bypass_id", "name"), PAIRS)
def test_what_nobody_listens_to_is_stopped_at_the_same_pulse(bypass_id: str, name: str) -> None:
    """The closed form admits nothing that would be refused pulse by pulse."""

    def course(listens: bool) -> tuple[Mode, Fault, int, dict[int, int]]:
        scene = Scene(LOUD[name])
        scene.run()
        if not listens:
            scene.silence()
        scene.bench.bypass(bypass_id)
        scene.bench.jump(Duration.of_s(5))
        parts = scene.device.parts
        return parts.modes.mode, parts.interlocks.fault, scene.bench.pulses, dict(scene.bench.net_pc())

    assert course(listens=True) == course(listens=False)


ABSOLUTE = {"contact-current", "total-current", "sum-zero", "overlap", "charge-density"}
"""What the interlocks never let leave, whoever ordered it. Under the default policy their densities are the same."""


@pytest.mark.req("FW-03", "FW-07")
@pytest.mark.hazard("H04", "H36")
@settings(max_examples=60)
@given(st.one_of(NEAR, hostile_groups(), crowded_groups()), st.sampled_from([1, 4, 16]))
def test_whatever_is_ordered_past_the_gate_stays_within_what_the_device_can(group: Group, factor: int) -> None:
    louder = replaced(
        group,
        programs=tuple(
            replaced(program, amplitude_ua=factor * program.amplitude_ua, ramp_us=0, patient=None, cycling=None)
            for program in group.programs
        ),
    )
    scene = Scene(louder)
    for contact in range(1, 17):
        # A rail that drives nearly everything.
        scene.bench.set_impedance(contact, 120)
    scene.bench.bypass("gate-open")
    scene.speaker.write(louder)
    scene.listen()
    scene.speaker.start()
    for _ in range(25):
        scene.bench.jump(Duration.of_ms(20))
        if len(scene.seen) > 3_000:
            break
    scene.whole.finish(scene.device.now.us)
    for violation in scene.whole.violations:
        assert violation.id not in ABSOLUTE, violation.sentence
        if violation.id == "net-charge":
            # A microcoulomb in a second, and one beyond it at once.
            assert violation.value <= 2_000_000, violation.sentence


@pytest.mark.req("FW-03", "FW-04")
@pytest.mark.rule("charge-density")
@pytest.mark.hazard("H04")
def test_a_small_contact_is_protected_by_its_own_area_even_past_the_gate() -> None:
    area = two_leads().areas_um2[1]
    most_ua = area // 2 // 600

    def after(amplitude_ua: int) -> Fault:
        interlocks = Interlocks(replace(HARDWARE["reference"], areas_um2=two_leads().areas_um2))
        interlocks.admits(pulse({1: -amplitude_ua, 0: amplitude_ua}, 600), 0)
        return interlocks.fault

    assert 600 * most_ua < HARDWARE["reference"].phase_pc
    assert after(most_ua) is Fault.NONE
    assert after(most_ua + 1) is Fault.OVER_CHARGE


def test_a_bypass_that_nobody_knows_is_refused_with_the_list_of_those_there_are() -> None:
    with pytest.raises(BadPrescription, match="choose one of gate-open, amplitude-forced"):
        find_bypass("magic")


# ----------------------------------------------------------------------------------------- a weak one is noticed


class _NoDensity(Parts):
    """A gate that leaves one rule out."""

    def judge(self, group: Group) -> Verdict:
        verdict = super().judge(group)
        return Verdict(tuple(f for f in verdict.findings if f.rule != "charge-density"), verdict.not_evaluated)


class _NoBalance(Parts):
    def judge(self, group: Group) -> Verdict:
        verdict = super().judge(group)
        return Verdict(tuple(f for f in verdict.findings if f.rule != "charge-balance"), verdict.not_evaluated)


class _TenthMore(Parts):
    """A gate with a profile that is a tenth too wide."""

    def judge(self, group: Group) -> Verdict:
        config, row = self.config, self.config.profile.amplitude
        wide = replaced(
            config.profile,
            amplitude=replaced(row, max_ua=row.max_ua * 11 // 10),
            total_current=replaced(config.profile.total_current, max_ua=row.max_ua * 11 // 10),
            contact_current=replaced(config.profile.contact_current, max_ua=row.max_ua * 11 // 10),
        )
        return judge(group, config.implant, wide, config.policy)


@pytest.mark.parametrize(
    ("weak", "group"),
    [
        (_NoDensity, a_group(a_program(ramp_us=0, amplitude_ua=12_000, width_us=600, shares={1: -1_000, 2: 1_000}))),
        (_NoBalance, a_group(a_program(ramp_us=0, ratio=None, rate_mhz=400_000))),
        (_TenthMore, a_group(a_program(ramp_us=0, amplitude_ua=26_000, width_us=30, shares={1: -1_000, 0: 1_000}))),
    ],
)
def test_a_gate_with_a_hole_is_noticed_by_the_other_witness(weak: type[Parts], group: Group) -> None:
    assert judge(group, two_leads(), REFERENCE, DEFAULT).blocking_rules, "the real gate blocks it"
    assert disagreements(group, replace(AS_DESIGNED, parts=weak)) != []


class _Uncompared(Interlocks):
    """Never told what is meant: only the limits of the device are left."""

    def command(self, channel: int, command: Command | None) -> None: ...


class _Trusting(Interlocks):
    """Believes that every recharge takes back what went in."""

    def admits(self, leaving: Leaving, at_us: int) -> bool:
        back = {contact: -current for contact, current in leaving.currents_ua.items()}
        if not leaving.recharge_ua:
            return super().admits(leaving, at_us)
        return super().admits(replace(leaving, recharge_ua=back, recharge_us=leaving.width_us), at_us)

    def admits_all(self, trains: Sequence[Train], from_us: int, until_us: int) -> bool:
        return False


class _OnePulseLate(Interlocks):
    """Opens the switches after the pulse that was wrong instead of before it."""

    def admits(self, leaving: Leaving, at_us: int) -> bool:
        was_latched = self.fault is not Fault.NONE
        return super().admits(leaving, at_us) or not was_latched


class _AnyCurrent(OverCurrent):
    """Comparators that let everything pass: beneath deaf interlocks they would still see what is far too much."""

    def passes(self, pulse: Pulse) -> bool:
        return True


@pytest.mark.parametrize(
    ("weak", "unseen"),
    [
        (replace(AS_DESIGNED, interlocks=_Uncompared), "everything-doubled polarity-swapped width-stretched rate-fast"),
        (replace(AS_DESIGNED, interlocks=_Trusting), "recharge-dropped recharge-small recharge-reversed"),
        (
            replace(find_known_bad("interlock-deaf").blueprint, over_current=_AnyCurrent),
            " ".join(bypass.id for bypass in BYPASSES[1:15]),
        ),
        (find_known_bad("interlock-slow").blueprint, "contact-doubled recharge-dropped width-stretched"),
        (replace(AS_DESIGNED, interlocks=_OnePulseLate), "contact-doubled recharge-dropped rate-doubled"),
    ],
    ids=["uncompared", "trusting", "deaf", "slow", "late"],
)
def test_interlocks_with_a_hole_are_noticed(weak: Blueprint, unseen: str) -> None:
    for bypass_id in unseen.split():
        assert what_gets_past(LOUD["driven"], bypass_id, 0, weak) != [], bypass_id


# ------------------------------------------------------------------------------------- counted and one by one


def pulse(currents: dict[int, int], width_us: int, channel: int = 0) -> Leaving:
    """With its mirror as recharge."""
    back = {contact: -current for contact, current in currents.items()}
    return Leaving(channel, currents, width_us, 0, back, width_us, 1, 0)


def passively(leaving: Leaving) -> Leaving:
    """The same, left to flow back by itself."""
    return replace(leaving, recharge_ua={}, recharge_us=0)


@st.composite
def trains(draw: st.DrawFn) -> list[Train]:
    """Up to three timers, fast and loud enough that some are refused, whose pulses fit beside one another."""
    shapes = []
    for channel in range(draw(st.integers(1, 3))):
        current, width = draw(st.integers(1, 26_000)), draw(st.integers(1, 300))
        contact = draw(st.integers(1, 3))
        way = draw(st.sampled_from(["mirror", "passive", "asymmetric"]))
        leaving = pulse({contact: -current, contact + 1: current}, width, channel)
        if way == "passive":
            leaving = passively(leaving)
        elif way == "asymmetric":
            back = current // 4
            leaving = replace(leaving, recharge_ua={contact: back, contact + 1: -back}, recharge_us=4 * width)
        shapes.append(leaving)
    together = sum(leaving.occupation_us for leaving in shapes)
    return [
        Train(leaving, draw(st.integers(1, 300)), together + draw(st.integers(0, 20_000)), draw(st.integers(0, 5_000)))
        for leaving in shapes
    ]


def one_by_one(interlocks: Interlocks, listed: Sequence[Train]) -> bool:
    """The pulses of all trains as they fall due, each waiting for the one before it."""
    dues = [
        (train.first_us + number * train.spacing_us, train.leaving.channel, train.leaving)
        for train in listed
        for number in range(train.count)
    ]
    free_us = 0
    for due_us, _, leaving in sorted(dues, key=lambda due: due[:2]):
        start_us = max(due_us, free_us)
        if not interlocks.admits(leaving, start_us):
            return False
        free_us = start_us + leaving.occupation_us
    return True


@pytest.mark.req("FW-07")
@pytest.mark.hazard("H36")
@settings(max_examples=200)
@given(trains(), st.lists(st.tuples(st.integers(1, 4), st.integers(1, 9_000)), max_size=4))
def test_what_is_admitted_in_closed_form_is_admitted_one_by_one_and_leaves_no_less(
    listed: list[Train], then: list[tuple[int, int]]
) -> None:
    """Whole trains may be refused for safety's sake, never admitted against it, and no more is forgotten."""
    counted, slow = Interlocks(HARDWARE["reference"]), Interlocks(HARDWARE["reference"])
    from_us = min(train.first_us for train in listed)
    until_us = max(train.first_us + train.count * train.spacing_us for train in listed)
    if not counted.admits_all(listed, from_us, until_us):
        assert counted.fault is Fault.NONE, "a bound that is not sure accuses nobody"
        return
    assert one_by_one(slow, listed)
    now_us = until_us + sum(train.leaving.occupation_us for train in listed)
    for contact, current_ua in then:
        leaving = passively(pulse({contact: -current_ua, contact + 1: current_ua}, 100, 5))
        if not counted.admits(leaving, now_us):
            return
        assert slow.admits(leaving, now_us), "the closed form remembers at least as much"
        now_us += 150


def test_the_interlocks_of_an_implant_know_the_areas_of_its_leads() -> None:
    scene = Scene(LOUD["driven"])
    areas = a_config().implant.areas_um2
    interlocks = scene.device.parts.interlocks
    over_ua = areas[1] // 2 // 600 + 1
    assert not interlocks.admits(pulse({1: -over_ua, 0: over_ua}, 600, 9), 0)
