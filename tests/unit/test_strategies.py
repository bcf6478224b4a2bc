"""What the shipped strategies draw: well formed, legal, nearly valid, as they say, and nothing filtered on the way."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.statistics import collector
from hypothesis.strategies import SearchStrategy

from scs.domain.policy import POLICY_IDS, find_policy
from scs.domain.profile import find_profile, profile_ids
from scs.domain.program import Group, Program, Tonic
from scs.domain.safety import judge
from scs.domain.verdict import Outcome, Tier
from scs.errors import RemoteProtocolError
from scs.testing.registration import strategies_by_type
from scs.testing.strategies import (
    NearlyValid,
    frames,
    groups,
    hostile_group_bytes,
    hostile_groups,
    implants,
    legal_groups,
    nearly_valid_groups,
    noise,
    programs,
    requests,
)
from scs.testing.target_simulated import leads_for
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import BODY_MAX, Direction
from scs.wire.prescription import decode_group, encode_group
from tests.support.implants import REFERENCE, two_leads

COUNTS: dict[str, tuple[SearchStrategy[Any], int]] = {
    "programs": (programs(), 2_000),
    "groups": (groups(), 500),
    "implants": (implants(), 2_000),
    "legal groups": (legal_groups(two_leads(), REFERENCE), 1_000),
    "hostile groups": (hostile_groups(), 500),
    "requests": (requests(), 2_000),
    "frames": (frames(), 2_000),
}
"""How many of each are drawn: ten thousand together."""
DEFAULT = find_policy("default")


def drawn(strategy: SearchStrategy[Any], check: Callable[[Any], None], count: int) -> Counter[str]:
    """Draw `count` examples with the health checks on, and count how each try of Hypothesis ended."""
    ends: Counter[str] = Counter()

    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate], derandomize=True,
              suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
    @given(strategy)
    def look(value: Any) -> None:
        check(value)

    def count_ends(statistics: Any) -> None:
        ends.update(case["status"] for case in statistics["generate-phase"]["test-cases"])

    with collector.with_value(count_ends):  # type: ignore[arg-type]
        look()
    return ends


def test_ten_thousand_are_drawn() -> None:
    assert sum(count for _, count in COUNTS.values()) == 10_000


@pytest.mark.nightly
@pytest.mark.slow
@pytest.mark.parametrize("name", COUNTS)
def test_nothing_is_filtered_out_of_ten_thousand(name: str) -> None:
    strategy, count = COUNTS[name]
    ends = drawn(strategy, lambda _: None, count)
    assert ends["valid"] >= count
    assert ends["invalid"] == 0


def test_a_filter_would_be_seen() -> None:
    """The count of what is thrown away can fail: here half is."""
    assert drawn(st.integers().filter(lambda n: n % 2), lambda _: None, 200)["invalid"] > 0


@pytest.mark.parametrize("there", strategies_by_type(), ids=lambda there: there.__name__)
def test_from_type_draws_each_type(there: type) -> None:
    @settings(max_examples=20)
    @given(st.from_type(there))
    def look(value: object) -> None:
        assert isinstance(value, there)

    look()


def test_a_project_that_only_imports_hypothesis_can_draw_programs() -> None:
    code = (
        "from hypothesis import given, settings, strategies as st\n"
        "from scs.domain.program import Program\n"
        "@settings(max_examples=5, database=None)\n"
        "@given(st.from_type(Program))\n"
        "def look(program): assert program.contacts.cathodes\n"
        "look(); print('drawn')\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "drawn\n"


@pytest.mark.req("FW-02")
@pytest.mark.parametrize("policy_id", POLICY_IDS)
@pytest.mark.parametrize("profile_id", profile_ids())
def test_what_is_called_legal_passes_every_rule_and_asks_nothing(profile_id: str, policy_id: str) -> None:
    profile, policy = find_profile(profile_id), find_policy(policy_id)
    implant = leads_for(profile)
    amplitudes: Counter[bool] = Counter()

    def look(group: Group) -> None:
        verdict = judge(group, implant, profile, policy)
        assert verdict.outcome in (Outcome.PASS, Outcome.NOTICE), (verdict.findings, group)
        amplitudes[group.programs[0].amplitude_ua > 0] += 1

    drawn(legal_groups(implant, profile, policy), look, 80)
    assert amplitudes[True] > amplitudes[False], "most of them deliver something"


@pytest.mark.slow
def test_legal_groups_reach_the_edge_of_what_is_legal() -> None:
    """A strategy that stayed far inside of the limits would test little."""
    implant = two_leads()

    def is_at_the_edge(group: Group) -> bool:
        program = group.programs[0]
        more = group.with_amplitudes({program.name: program.amplitude_ua + 50})
        found = judge(more, implant, REFERENCE, DEFAULT).findings
        return any(finding.rule == "shannon" and finding.tier is Tier.CONFIRM for finding in found)

    strategy = legal_groups(implant, REFERENCE, programs_max=1)
    find(strategy, is_at_the_edge, settings=settings(max_examples=20_000, database=None))


@pytest.mark.parametrize("profile_id", ["reference", "evoke", "proclaim"])
def test_what_is_nearly_valid_is_found_out_by_the_rule_that_it_names(profile_id: str) -> None:
    profile = find_profile(profile_id)
    rules: Counter[str] = Counter()

    def look(near: NearlyValid) -> None:
        assert near.rules, near.group
        rules.update(near.rules)
        rules["alone"] += len(near.rules) == 1
        rules["all"] += 1

    drawn(nearly_valid_groups(leads_for(profile), profile), look, 200)
    assert {"grid", "polarity", "patient-range"} <= set(rules)
    # Where two lines lie on the same step of the grid, or the patient's range is crossed with it, two rules speak.
    assert rules["alone"] > 0.6 * rules["all"]


def test_a_profile_that_cannot_carry_the_leads_is_said() -> None:
    with pytest.raises(ValueError, match="no group is legal"):
        find(
            legal_groups(two_leads(), find_profile("opennerve-gen2")), lambda _: True, settings=settings(database=None)
        )


@settings(max_examples=100)
@given(groups() | hostile_groups())
def test_every_group_travels_over_the_wire_as_it_is(group: Group) -> None:
    assert decode_group(encode_group(group)) == group


@settings(max_examples=100)
@given(requests())
def test_every_request_can_be_said(request: Any) -> None:
    body = encode_message(request)
    assert len(body) <= BODY_MAX
    assert decode_message(body, Direction.TO_IMPLANT) == request


@settings(max_examples=100)
@given(hostile_group_bytes())
def test_damaged_bytes_are_a_group_or_refused_with_a_reason(data: bytes) -> None:
    try:
        group = decode_group(data)
    except RemoteProtocolError as error:
        assert str(error)  # noqa: PT017 - both answers are right, and both are looked at
    else:
        assert encode_group(group)


@given(noise())
def test_noise_is_bounded(data: bytes) -> None:
    assert len(data) <= 600


def test_the_smallest_program_is_a_plain_one() -> None:
    smallest = find(programs(), lambda program: program.pulse_width_us >= 10, settings=settings(database=None))
    assert isinstance(smallest, Program)
    assert smallest.name == "P1"
    assert smallest.contacts.shares == ((0, -1_000), (1, 1_000))
    assert isinstance(smallest.waveform, Tonic)
    assert (smallest.pulse_width_us, smallest.amplitude_ua, smallest.cycling, smallest.patient) == (10, 0, None, None)


@pytest.mark.slow
def test_the_smallest_legal_group_is_one_program() -> None:
    def delivers(group: Group) -> bool:
        return group.programs[0].amplitude_ua >= 1_000

    strategy = legal_groups(two_leads(), REFERENCE, programs_max=2)
    smallest = find(strategy, delivers, settings=settings(database=None, max_examples=200))
    assert len(smallest.programs) == 1
    assert smallest.programs[0].amplitude_ua == 1_000
    assert len(smallest.programs[0].contacts.shares) == 2
