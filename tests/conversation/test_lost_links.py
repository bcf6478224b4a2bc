"""What is said, and what is in force, when the link goes away in the middle of something."""

from __future__ import annotations

import pytest

from firmware_model.store import RamMemory
from scs.clock import Duration
from scs.domain.program import ElectrodeConfig, Group, Tonic, replaced
from scs.domain.status import LogKind, TherapyState
from scs.errors import LinkLost, NoAnswer, Refused, WrongDevice
from scs.programmer.changing import Written
from scs.programmer.client import Client
from scs.wire.prescription import encode_group
from scs.wire.terms import CHUNK_MAX, Role
from tests.support.reference_implant import SERIAL, plain_group, power_on_with
from tests.support.wires import Bedside, Quiet, Unplugged, Wire

OLD = plain_group(1_000, "Old")
RATE = Tonic(kind="tonic", rate_mhz=10_000)
WIDE = ElectrodeConfig.of({0: 125, **dict.fromkeys(range(1, 8), 125), 8: -1000})
NEW = Group(
    name="New",
    programs=tuple(
        replaced(program, contacts=WIDE, name=f"Program with number {program.name}", waveform=RATE)
        for program in plain_group(500, programs=4).programs
    ),
)
"""Two chunks long, so that there is a middle of the staging."""


def client_at(
    bedside: Bedside, there: Wire | None = None, back: Wire | None = None, role: Role = Role.WRITER
) -> Client:
    """A programmer whose failed link is replaced by a quiet one."""
    end = bedside.connect(there, back)
    client = Client.open(end, bedside.clock, role=role, chance=bedside.chance, reopen=bedside.connect)
    client.runner.pass_time = bedside.pass_time
    return client


def bedside_with_old_group(memory: RamMemory) -> Bedside:
    bedside = Bedside(power_on_with(memory))
    with client_at(bedside) as client:
        client.write_group(0, OLD)
    return bedside


def group_in_force(bedside: Bedside) -> Group:
    with client_at(bedside, role=Role.READER) as reader:
        return reader.read_group(0).group


def writes_of_a_whole_write() -> int:
    """How many frames the programmer sends in a write that nothing disturbs, with opening the session."""
    bedside = bedside_with_old_group(RamMemory())
    end = bedside.connect()
    Client.open(end, bedside.clock, chance=bedside.chance).write_group(0, NEW)
    return end.writes


def outcome_of_write(client: Client) -> Written | LinkLost:
    try:
        return client.write_group(0, NEW)
    except LinkLost as lost:
        return lost


def check_what_was_said(outcome: Written | LinkLost, in_force: Group) -> None:
    """A write that reports success is in force; one that does not says what is."""
    if isinstance(outcome, Written):
        assert in_force == NEW
        assert outcome.held.group == NEW
    elif "not made" in str(outcome):
        assert in_force == OLD
        assert "'Old'" in str(outcome)
    else:
        assert "not known" in str(outcome) or "holds what it held before" in str(outcome)


def test_the_new_group_is_long_enough_to_be_cut_in_the_middle() -> None:
    assert len(encode_group(NEW)) > CHUNK_MAX
    assert writes_of_a_whole_write() >= 6


@pytest.mark.hazard("H14")
@pytest.mark.req("LK-05", "PR-10")
@pytest.mark.parametrize("cut", range(2, 9))
@pytest.mark.parametrize("way", ["there", "back"])
def test_a_write_cut_at_any_message_says_what_is_in_force(cut: int, way: str) -> None:
    bedside = bedside_with_old_group(RamMemory())
    there, back = (Unplugged(cut), Quiet()) if way == "there" else (Quiet(), Unplugged(cut))
    client = client_at(bedside, there, back)
    outcome = outcome_of_write(client)
    check_what_was_said(outcome, group_in_force(bedside))
    # The link came back, so not knowing is no answer here.
    assert isinstance(outcome, Written) or "not made" in str(outcome)


@pytest.mark.hazard("H14")
@pytest.mark.req("PR-10")
@pytest.mark.parametrize("cut", range(2, 9))
def test_a_write_after_which_the_link_stays_away_does_not_claim_anything(cut: int) -> None:
    bedside = bedside_with_old_group(RamMemory())
    wire = Unplugged(cut)
    client = Client.open(bedside.connect(wire), bedside.clock, chance=bedside.chance)
    client.runner.pass_time = bedside.pass_time
    outcome = outcome_of_write(client)
    check_what_was_said(outcome, group_in_force(bedside))


@pytest.mark.hazard("H14")
@pytest.mark.hazard("H15")
@pytest.mark.req("LK-04", "PR-10")
def test_a_commit_whose_answer_was_lost_is_not_repeated_and_is_reported_as_done() -> None:
    bedside = bedside_with_old_group(RamMemory())
    # Answers to Open, Identify, GetStatus and two Stages arrive; that to Commit does not.
    client = client_at(bedside, Quiet(), Unplugged(5))
    written = client.write_group(0, NEW)
    assert written.resumed
    assert written.held.generation == 2
    commits = [entry for entry in client.log() if entry.kind is LogKind.GROUP_COMMITTED]
    assert len(commits) == 2


@pytest.mark.hazard("H14")
@pytest.mark.req("FW-23", "LK-05")
@pytest.mark.parametrize("moment_us", range(0, 13_000, 500))
def test_an_implant_that_dies_at_any_moment_of_a_write_holds_the_old_or_the_new_group(moment_us: int) -> None:
    memory = RamMemory()
    bedside = bedside_with_old_group(memory)
    client = client_at(bedside)
    bedside.power_cycle_at = bedside.clock.now() + Duration(moment_us)
    outcome = outcome_of_write(client)
    bedside.power_cycle_at = None
    in_force = group_in_force(bedside)
    assert in_force in (OLD, NEW)
    check_what_was_said(outcome, in_force)


@pytest.mark.hazard("H12")
@pytest.mark.req("PR-02")
def test_the_wrong_implant_is_named_and_told_nothing() -> None:
    bedside = Bedside(power_on_with(RamMemory()))
    end = bedside.connect()
    with pytest.raises(WrongDevice, match=SERIAL):
        Client.open(end, bedside.clock, expect_serial="SOMEBODY-ELSE")
    with client_at(bedside) as client:
        assert client.role is Role.WRITER


@pytest.mark.hazard("H13")
@pytest.mark.req("PR-01")
def test_nobody_answering_is_said_after_four_seconds() -> None:
    bedside = Bedside(power_on_with(RamMemory()))
    began = bedside.clock.now()
    with pytest.raises(NoAnswer, match="4 s"):
        Client.open(bedside.connect(Unplugged(0)), bedside.clock)
    assert bedside.clock.now().since(began) == Duration.of_s(4)


@pytest.mark.hazard("H38")
@pytest.mark.req("PR-06")
def test_stop_that_nobody_answers_points_to_the_magnet() -> None:
    bedside = Bedside(power_on_with(RamMemory()))
    with pytest.raises(NoAnswer, match="magnet"):
        Client.unopened(bedside.connect(Unplugged(0)), bedside.clock).stop()


@pytest.mark.hazard("H32")
@pytest.mark.req("FW-36")
def test_a_second_programmer_reads_and_stops_but_does_not_write() -> None:
    bedside = bedside_with_old_group(RamMemory())
    first = client_at(bedside)
    second = Client.open(bedside.connect(), bedside.clock, chance=bedside.chance, patience=Duration(0))
    assert (first.role, second.role) == (Role.WRITER, Role.READER)
    first.start(0)
    with pytest.raises(Refused) as refused:
        second.write_group(0, NEW)
    assert refused.value.reason == "not-writer"
    assert second.read_group(0).group == OLD
    second.stop()
    assert first.status().therapy is TherapyState.OFF


@pytest.mark.hazard("H32")
@pytest.mark.req("LK-05")
def test_a_change_based_on_an_older_generation_is_refused() -> None:
    bedside = bedside_with_old_group(RamMemory())
    client = client_at(bedside)
    seen = client.read_group(0).generation
    client.write_group(0, NEW, base_generation=seen)
    with pytest.raises(Refused) as refused:
        client.write_group(0, OLD, base_generation=seen)
    assert refused.value.reason == "stale-generation"
    assert client.read_group(0).group == NEW


def test_the_role_of_a_programmer_that_vanished_is_granted_after_its_lease() -> None:
    bedside = bedside_with_old_group(RamMemory())
    client_at(bedside).runner.transport.close()
    second = client_at(bedside)
    assert second.role is Role.WRITER


@pytest.mark.hazard("H13")
@pytest.mark.req("FW-30")
def test_a_trial_ends_when_its_programmer_vanishes_and_what_is_committed_stands() -> None:
    bedside = bedside_with_old_group(RamMemory())
    client = client_at(bedside)
    client.start(0)
    client.hold(Duration.of_s(3))
    assert client.set_amplitude(0, 1_500).trial
    client.runner.transport.close()
    bedside.pass_time(Duration.of_s(10))
    with client_at(bedside, role=Role.READER) as reader:
        status = reader.status()
        assert (status.therapy, status.trial) == (TherapyState.OFF, False)
        assert reader.read_group(0).group == OLD


def test_a_trial_is_held_for_as_long_as_it_is_kept_alive() -> None:
    bedside = bedside_with_old_group(RamMemory())
    client = client_at(bedside)
    client.start(0)
    client.hold(Duration.of_s(3))
    client.set_amplitude(0, 1_500)
    client.hold(Duration.of_s(30))
    status = client.status()
    assert (status.trial, status.targets_ua) == (True, (1_500,))


@pytest.mark.hazard("H38")
@pytest.mark.req("PR-06")
def test_stop_in_the_middle_of_a_log_download_comes_first_and_the_download_goes_on() -> None:
    bedside = bedside_with_old_group(RamMemory())
    client = client_at(bedside)
    for _ in range(12):
        client.start(0)
        client.hold(Duration.of_s(1))
        client.soft_stop()
        client.hold(Duration.of_s(3))
    client.start(0)
    client.hold(Duration.of_s(3))
    session = client.runner.session
    pressed: list[int] = []

    def press(progress: object) -> None:
        if not pressed:
            pressed.append(1)
            session.stop(bedside.clock.now())

    entries = client.log(progress=press)
    assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
    assert client.status().therapy is TherapyState.OFF
    assert not session.is_stopping
