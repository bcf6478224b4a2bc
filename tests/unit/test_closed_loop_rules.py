"""Is a closed loop refused where it cannot be had, and carried unchanged where it can?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scs.domain.policy import find_policy
from scs.domain.profile import find_profile, profile_ids
from scs.domain.program import Burst, ClosedLoop, Group, Program, Tonic, replaced
from scs.domain.program_file import parse_program_file
from scs.domain.safety import judge
from scs.wire.prescription import decode_group, decode_profile, encode_document, encode_group

EXAMPLE = Path(__file__).parents[2] / "examples" / "closed-loop.toml"
FILE = parse_program_file("closed-loop.toml", EXAMPLE.read_text(encoding="utf-8"))
PROGRAM = FILE.group.programs[0]


def said(profile_id: str = "evoke", group: Group | None = None, **changes: Any) -> list[str]:
    """The sentences of the findings that block by the rule `grid`."""
    assert FILE.implant is not None
    asked = group or replaced(FILE.group, programs=(replaced(PROGRAM, **changes),))
    verdict = judge(asked, FILE.implant, find_profile(profile_id), find_policy("default"))
    return [finding.message for finding in verdict.findings if finding.rule == "grid"]


def loop(target_uv: int = 50, gain_na_per_uv: int = 3_000) -> dict[str, ClosedLoop]:
    return {"closed_loop": ClosedLoop(target_uv=target_uv, gain_na_per_uv=gain_na_per_uv)}


@pytest.mark.rule("grid")
def test_a_closed_loop_is_for_devices_that_sense() -> None:
    assert said() == []
    for profile_id in profile_ids():
        if profile_id != "evoke":
            assert any("has no closed loop" in message for message in said(profile_id)), profile_id


@pytest.mark.rule("grid")
@pytest.mark.parametrize(
    ("changes", "word"),
    [
        (loop(target_uv=14), "target 14 uV is below 15 uV"),
        (loop(target_uv=501), "target 501 uV is above 500 uV"),
        (loop(gain_na_per_uv=20_100), "gain 20.1 uA/uV is above 20 uA/uV"),
        (loop(gain_na_per_uv=150), "gain 0.15 uA/uV is off its grid"),
        ({"patient": None}, "no ceiling without the patient's range"),
        ({"waveform": Tonic(kind="tonic", rate_mhz=251_000)}, "cannot listen between the pulses of tonic at 251 Hz"),
    ],
)
def test_a_loop_that_cannot_be_had_is_blocked_and_told_why(changes: dict[str, Any], word: str) -> None:
    (message,) = said(**changes)
    assert word in message


@pytest.mark.rule("grid")
@pytest.mark.parametrize("changes", [loop(target_uv=15), loop(target_uv=500), loop(gain_na_per_uv=20_000)])
def test_the_ends_of_what_a_loop_can_be_told_belong_to_it(changes: dict[str, Any]) -> None:
    assert said(**changes) == []
    assert said(waveform=Tonic(kind="tonic", rate_mhz=250_000)) == []


@pytest.mark.rule("grid")
def test_a_loop_shares_its_output_with_no_other_program_and_has_no_bursts() -> None:
    beside = replaced(PROGRAM, name="beside", closed_loop=None)
    (message,) = said(group=replaced(FILE.group, programs=(PROGRAM, beside)))
    assert "2 programs share the output" in message
    burst = Burst(kind="burst", rate_mhz=40_000, pulses=5, intra_rate_mhz=500_000)
    assert any("between the pulses of burst at 40 Hz" in message for message in said(waveform=burst))


def test_a_loop_travels_under_key_16_and_a_program_without_one_travels_as_before() -> None:
    encoded = encode_group(FILE.group)
    # 10: key 16, a2: two pairs, 01 18 32: 50 uV, 02 19 0bb8: 3000 nA/uV.
    assert encoded.endswith(bytes.fromhex("10 a2 01 1832 02 19 0bb8"))
    assert decode_group(encoded) == FILE.group
    plain: Program = replaced(PROGRAM, closed_loop=None)
    assert len(encode_group(replaced(FILE.group, programs=(plain,)))) == len(encoded) - 9


def test_a_profile_with_a_loop_is_read_back_over_the_wire() -> None:
    profile = find_profile("evoke")
    assert profile.closed_loop is not None
    assert decode_profile(encode_document(profile)) == profile
