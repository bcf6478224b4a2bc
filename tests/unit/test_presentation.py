"""What the programmer says and reads, without a screen: ages, lines of status, typed amplitudes."""

from __future__ import annotations

import pytest

from programmer_tui.forms import is_jump, read_amplitude
from programmer_tui.presentation import advice_text, held_lines, log_line, program_lines, scale_text
from programmer_tui.presentation_frame import age_text, stop_text, therapy_text
from scs.clock import Duration
from scs.domain.status import Fault, LogEntry, LogKind, Mode, TherapyState
from scs.errors import BadQuantity
from scs.wire.responses import Status
from scs.wire.terms import Role
from tests.support.implants import REFERENCE, a_group, a_program

GRID = REFERENCE.amplitude


def a_status(
    mode: Mode = Mode.THERAPY,
    therapy: TherapyState = TherapyState.ON,
    targets_ua: tuple[int, ...] = (2_000,),
    delivered_ua: tuple[int, ...] = (1_500,),
    fault: Fault = Fault.NONE,
) -> Status:
    return Status(
        at_us=1,
        mode=mode,
        therapy=therapy,
        slot=0,
        generation=1,
        targets_ua=targets_ua,
        delivered_ua=delivered_ua,
        trial=False,
        fault=fault,
        battery_permille=990,
        battery_mv=4_100,
        last_op_id=1,
        pulses=10,
        log_newest=3,
        role=Role.WRITER,
    )


@pytest.mark.hazard("H13")
@pytest.mark.req("PR-01")
def test_age_is_said_in_words_as_well_as_in_colour() -> None:
    assert age_text(None, True, True) == "no data"
    assert age_text(Duration.of_ms(1_950), False, False) == "1.9 s old"
    assert age_text(Duration.of_ms(2_100), True, False) == "STALE, 2.1 s old"
    assert age_text(Duration.of_s(11), True, True) == "STALE, LOCKED, 11.0 s old"


def test_every_state_of_stop_has_words() -> None:
    for state in ("pressed", "sent", "unanswered", "confirmed"):
        assert stop_text(state)
    assert stop_text("unanswered") == "USE THE MAGNET"


def test_a_latched_fault_is_named() -> None:
    said = therapy_text(a_status(Mode.SAFE, TherapyState.OFF, fault=Fault.OVER_CURRENT))
    assert said == "safe, FAULT over current"
    assert therapy_text(a_status(Mode.IDLE, TherapyState.OFF)) == "idle"


@pytest.mark.hazard("H29")
@pytest.mark.req("FW-33")
def test_every_mode_that_keeps_the_output_off_is_named_and_says_what_ends_it() -> None:
    said = {mode: therapy_text(a_status(mode, TherapyState.OFF)) for mode in Mode if mode is not Mode.THERAPY}
    assert said[Mode.MRI] == "MRI mode"
    assert (said[Mode.STORAGE], said[Mode.DEPLETED]) == ("storage", "depleted")
    advised = {mode: advice_text(a_status(mode, TherapyState.OFF)) for mode in Mode}
    assert "L leaves" in advised[Mode.MRI]
    assert "L wakes" in advised[Mode.STORAGE]
    assert "recharge" in advised[Mode.DEPLETED]
    assert "C takes" in advised[Mode.SAFE]
    assert {mode for mode, advice in advised.items() if not advice} == {
        Mode.UNPROGRAMMED,
        Mode.IDLE,
        Mode.THERAPY,
        Mode.MEASURING,
    }


def test_delivered_target_and_committed_are_three_numbers() -> None:
    lines = program_lines(a_status(targets_ua=(2_100,)), a_group(a_program(amplitude_ua=2_000)), 0)
    assert lines[0].startswith("> P1: 210 us, 40 Hz, E3 -60%")
    assert lines[1].split() == ["delivered", "1.5", "mA", "target", "2.1", "mA", "committed", "2", "mA"]


def test_the_range_of_the_patient_stands_beside_the_scale() -> None:
    program = a_program(amplitude_ua=2_000, patient=(500, 3_000))
    lines = program_lines(a_status(), a_group(program), 0)
    assert lines[2].endswith("| 3 mA, patient 0.5 mA to 3 mA")
    assert "patient" not in program_lines(a_status(), a_group(a_program(amplitude_ua=2_000)), 0)[2]


@pytest.mark.hazard("H13")
@pytest.mark.req("PR-01")
def test_what_was_not_read_back_is_not_made_up() -> None:
    lines = program_lines(a_status(), None, 0)
    assert lines[0] == "> Program 1"
    assert "not read back yet" in lines[1]


def test_the_scale_is_full_at_its_end_and_empty_at_zero() -> None:
    assert scale_text(0, 0, 1_000).startswith("T")
    assert scale_text(1_000, 1_000, 1_000).endswith("█T")
    assert scale_text(500, 1_000, 1_000).count("█") == 15


def test_groups_are_listed_by_slot_with_the_chosen_one_marked() -> None:
    lines = held_lines({1: a_group(name="Night"), 0: a_group(name="Day")}, 1)
    assert [line for line in lines if "slot" in line] == ["  slot 0  Day", "> slot 1  Night"]


def test_a_log_entry_is_one_line() -> None:
    assert log_line(LogEntry(7, 1_500_000, LogKind.EMERGENCY_STOP, "slot 0")).split() == [
        "7", "1.500", "s", "emergency-stop", "slot", "0",
    ]  # fmt: skip


def test_an_amplitude_is_read_exactly() -> None:
    assert read_amplitude("2.55 mA", GRID) == 2_550
    assert read_amplitude(" 0 mA ", GRID) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2.5", "mA"),
        ("2.51 mA", "2.5 mA or 2.55 mA"),
        ("25.55 mA", "0 mA to 25.5 mA"),
        ("-1 mA", "outside"),
        ("1 s", "no unit of current"),
    ],
)
def test_an_amplitude_that_cannot_be_is_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(BadQuantity, match=said):
        read_amplitude(text, GRID)


@pytest.mark.hazard("H02")
@pytest.mark.req("PR-04")
def test_only_a_rise_by_more_than_a_fifth_and_a_step_is_a_jump() -> None:
    assert not is_jump(2_000, 2_400, 50, 20)
    assert is_jump(2_000, 2_450, 50, 20)
    assert not is_jump(0, 50, 50, 20)
    assert is_jump(0, 100, 50, 20)
    assert not is_jump(2_000, 0, 50, 20)
