"""What was felt at which amplitude: kept for one polarity and width, in order, and shown in words and on the scale."""

from __future__ import annotations

import pytest

from programmer_tui.presentation import SCALE_WIDTH, program_lines, scale_text
from programmer_tui.thresholds import Felt, Noted, Thresholds, out_of_order, thresholds_text
from scs.domain.program import ElectrodeConfig, Program
from scs.programmer.telling import line_words
from scs.records.entry import Entry, Kind
from tests.support.prescriptions import a_program

WHOLE = Thresholds(1_000, 2_000, 2_550)


@pytest.mark.hazard("H01")
@pytest.mark.req("PR-03")
@pytest.mark.parametrize(
    ("program", "is_kept"),
    [
        (a_program(amplitude_ua=3_000), True),
        (a_program(name="other"), True),
        (a_program(pulse_width_us=220), False),
        (a_program(contacts=ElectrodeConfig.of({2: -1000, 0: 1000})), False),
        (a_program(contacts=ElectrodeConfig.of({1: 1000, 0: -1000})), False),
    ],
    ids=["amplitude", "name", "width", "contact", "turned round"],
)
def test_another_polarity_or_width_forgets_what_was_felt(program: Program, is_kept: bool) -> None:
    noted = Noted()
    noted.note(0, 1, a_program(), WHOLE)
    assert noted.of(0, 1, program) == (WHOLE if is_kept else Thresholds())
    assert noted.of(0, 0, a_program()) == Thresholds()


def test_they_come_in_the_order_of_a_rising_amplitude() -> None:
    assert out_of_order(WHOLE) == ""
    assert out_of_order(Thresholds(None, 2_000, 2_000)) == ""
    said = out_of_order(WHOLE.noted(Felt.MAXIMUM, 900))
    assert said == "maximum, 0.9 mA, would be below comfortable, 2 mA; note comfortable anew at less first"
    assert "maximum, 0.9 mA" in out_of_order(Thresholds(1_000, None, 900))


def test_the_usage_range_is_rounded_down_and_needs_both_ends() -> None:
    assert thresholds_text(WHOLE) == "felt: perception 1 mA, comfortable 2 mA, maximum 2.55 mA, usage range 2.5 x"
    assert thresholds_text(Thresholds(1_000)) == "felt: perception 1 mA, comfortable -, maximum -"
    assert "1 perception, 2 comfortable, 3 maximum" in thresholds_text(Thresholds())


def test_letters_stand_on_the_scale_and_the_target_over_them() -> None:
    scale = scale_text(0, 2_000, 3_000, WHOLE.marks)
    assert len(scale) == SCALE_WIDTH
    assert [scale.index(letter) for letter in "PTM"] == [10, 20, 25]
    assert "C" not in scale


def test_a_line_of_the_record_says_what_was_felt() -> None:
    line = Entry(1, Kind.FELT, "left leg", {"slot": 2, "felt": "comfortable", "amplitude_ua": 2_100})
    assert line_words(line) == "felt as comfortable: 'left leg' of slot 2 at 2.1 mA"


def test_a_record_that_is_replayed_shows_no_keys_for_noting() -> None:
    from tests.unit.test_presentation import a_status

    assert not any("felt" in line for line in program_lines(a_status(), None, -1))
