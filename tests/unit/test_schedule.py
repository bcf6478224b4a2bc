"""Windows of a day: how they are written, what is wrong with them, and the arithmetic of their edges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scs.domain.policy import find_policy
from scs.domain.program import Group
from scs.domain.program_file import ProgramFile, parse_program_file
from scs.domain.program_text import write_program_file
from scs.domain.safety import judge
from scs.domain.schedule import DAY_US, HOUR_US, MINUTE_US, Window, closes_in_us, most_us_a_day, opens_in_us
from scs.domain.verdict import Tier
from scs.errors import BadFile
from scs.testing.strategies.prescriptions import schedules
from scs.wire.prescription import decode_group, digest, encode_group
from scs.wire.requests import Stage
from scs.wire.responses import RefusedReply
from scs.wire.terms import CHUNK_MAX, Reason
from tests.support.implants import REFERENCE, a_device, a_group, a_program, two_leads
from tests.support.speaker import Speaker

PLAIN = a_group(a_program())
FILE = write_program_file(ProgramFile("a title", "declared", PLAIN))


def written(line: str) -> str:
    return FILE.replace('delivery = "interleaved"', f'delivery = "interleaved"\n{line}')


def findings(group: Group) -> list[str]:
    verdict = judge(group, two_leads(), REFERENCE, find_policy("default"))
    return [f.message for f in verdict.findings if f.rule == "grid" and f.tier is Tier.BLOCK]


def is_open(windows: tuple[Window, ...], minute: int) -> bool:
    """Minute by minute, by walking through each window."""
    return any(minute in {(w.from_minute + step) % 1_440 for step in range(w.minutes)} for w in windows)


@given(schedules(), st.integers(0, DAY_US - 1))
def test_edges_are_those_that_are_found_minute_by_minute(windows: tuple[Window, ...], at_us: int) -> None:
    closes_us = closes_in_us(windows, at_us)
    assert (closes_us is not None) is is_open(windows, at_us // MINUTE_US)
    if closes_us is not None:
        before, after = (at_us + closes_us - 1) // MINUTE_US % 1_440, (at_us + closes_us) // MINUTE_US % 1_440
        ends = {window.to_minute for window in windows}
        assert is_open(windows, before)
        assert after in ends
    opens_us = opens_in_us(windows, at_us)
    assert 0 < opens_us <= DAY_US
    assert (at_us + opens_us) % DAY_US in {window.from_minute * MINUTE_US for window in windows}


@given(schedules())
def test_a_group_with_windows_comes_back_from_the_wire_and_from_a_file(windows: tuple[Window, ...]) -> None:
    group = Group(name="G1", schedule=windows, daily_dose_us=90_000_000, programs=(a_program(),))
    assert decode_group(encode_group(group)) == group
    text = write_program_file(ProgramFile("a title", "declared", group))
    assert parse_program_file("a.toml", text).group == group


def test_a_group_without_windows_and_dose_is_encoded_as_before() -> None:
    assert encode_group(PLAIN)[:15] == bytes.fromhex("a3 01 62 4731 02 6b 696e7465726c6561")
    # a5 five pairs … 04 82 two windows: a2 from 8:00 (19 01e0) to 22:00 (19 0528), a2 23:00 (19 0564) to 0:30 (18 1e)
    # 05 1a 03938700 a minute
    encoded = encode_group(a_group(schedule=((480, 1_320), (1_380, 30)), daily_dose_us=60_000_000))
    assert encoded[0] == 0xA5
    assert encoded.endswith(bytes.fromhex("04 82 a2 01 1901e0 02 190528 a2 01 190564 02 181e 05 1a03938700"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('schedule = [{ from = "8:00", to = "22:00" }]', "group.schedule[0].from: '8:00' is no time of the day"),
        ('schedule = [{ from = "08:00", to = "24:00" }]', "group.schedule[0].to: '24:00' is no time of the day"),
        ('schedule = [{ from = "08:00", to = "08:00" }]', "has no length; move one end"),
        ("schedule = [{ from = 480, to = 600 }]", "480 is no time of the day"),
        ('schedule = [{ from = "08:00" }]', 'to = "22:00"'),
        ("schedule = []", "group.schedule"),
        ("schedule = [" + ", ".join(f'{{ from = "0{n}:00", to = "0{n}:30" }}' for n in range(5)) + "]", "group.sched"),
        ('daily_dose = "6"', "group.daily_dose"),
        ('daily_dose = "0 s"', "group.daily_dose"),
    ],
)
def test_a_file_with_a_wrong_window_or_dose_is_refused_with_a_sentence(line: str, said: str) -> None:
    with pytest.raises(BadFile) as caught:
        parse_program_file("a.toml", written(line))
    assert said in str(caught.value)


@pytest.mark.parametrize("minute", [-1, 1_440, True, "08:00"])
def test_a_minute_that_no_day_has_cannot_come_off_the_wire(minute: object) -> None:
    with pytest.raises(ValidationError):
        Window.model_validate({"from_minute": minute, "to_minute": 5})


@pytest.mark.parametrize(
    ("windows", "is_wrong"),
    [
        (((480, 720), (780, 1_320)), False),
        (((480, 720), (720, 1_320)), True),
        (((480, 720), (600, 660)), True),
        (((600, 660), (480, 720)), True),
        (((1_320, 60), (30, 90)), True),
        (((1_320, 60), (61, 90)), False),
        (((0, 720), (720, 0)), True),
    ],
)
def test_windows_that_overlap_or_touch_are_blocked(windows: tuple[tuple[int, int], ...], is_wrong: bool) -> None:
    assert bool(findings(a_group(schedule=windows))) is is_wrong


def test_a_dose_that_cannot_be_counted_is_blocked_with_its_limit() -> None:
    assert not findings(a_group(daily_dose_us=60_000_000))
    assert not findings(a_group(daily_dose_us=DAY_US))
    assert findings(a_group(daily_dose_us=59_000_000)) == ["daily_dose 59 s is below 1 min"]
    assert findings(a_group(daily_dose_us=DAY_US + 1_000_000))
    assert findings(a_group(daily_dose_us=60_500_000)) == ["daily_dose 60.5 s is off its grid of 1 s"]


@pytest.mark.hazard("H04")
@pytest.mark.req("FW-05")
def test_a_group_that_cannot_be_placed_is_refused_at_stage_with_the_programs_and_the_numbers() -> None:
    crowded = a_group(
        a_program("leg", width_us=1_000, rate_mhz=200_000),
        a_program("back", width_us=1_000, rate_mhz=250_000, shares={1: -1_000, 2: 1_000}),
        a_program("foot", width_us=210, rate_mhz=40_000, shares={9: -1_000, 10: 1_000}),
    )
    speaker = Speaker(a_device())
    speaker.open()
    data = encode_group(crowded)
    for offset in range(0, len(data), CHUNK_MAX):
        chunk = Stage(0, offset, len(data), digest(data), data[offset : offset + CHUNK_MAX])
        answer = speaker.ask(chunk, object)
    assert isinstance(answer, RefusedReply)
    assert (answer.reason, answer.rules) == (Reason.BLOCKED, ("timing",))
    for part in ("leg 2 ms", "back 2 ms", "foot 420 us", "4.42 ms", "4 ms between those of back"):
        assert part in answer.text, answer.text


def test_a_day_of_a_group_is_no_longer_than_its_windows_and_its_dose() -> None:
    windows = (Window(from_minute=480, to_minute=720), Window(from_minute=1_380, to_minute=60))
    assert most_us_a_day(None, None) == DAY_US
    assert most_us_a_day(windows, None) == 6 * HOUR_US
    assert most_us_a_day(windows, 5 * HOUR_US) == 5 * HOUR_US
    assert most_us_a_day(None, 5 * HOUR_US) == 5 * HOUR_US
