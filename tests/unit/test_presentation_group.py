"""The timeline and the battery of a group, in text."""

from __future__ import annotations

from programmer_tui.presentation_group import battery_lines, timeline_lines
from scs.domain.profile import find_profile
from scs.domain.program import Burst, Cycling, replaced
from tests.support.prescriptions import REFERENCE, a_group, a_program, tonic


def test_each_program_has_a_line_whose_marks_are_at_its_rate() -> None:
    lines = timeline_lines(a_group(a_program(name="slow", waveform=tonic(10)), a_program(name="quick")), 40)
    assert lines[0] == "Group, 100 ms from a common start"
    assert [line.split(" ", 1)[1] for line in lines[1:]] == ["slow", "quick"]
    assert [line.split(" ")[0].count("█") for line in lines[1:]] == [1, 4]


def test_a_pulse_that_falls_due_during_another_waits_for_it() -> None:
    wide = {"pulse_width_us": 1_000, "waveform": tonic(40)}
    first, second = timeline_lines(a_group(a_program(name="a", **wide), a_program(name="b", **wide)), 50)[1:]
    assert first.startswith("████·")
    assert second.startswith("····████·")


def test_a_burst_has_the_output_for_all_its_pulses_and_cycling_is_said() -> None:
    burst = Burst(kind="burst", rate_mhz=40_000, pulses=5, intra_rate_mhz=500_000)
    cycling = Cycling(on_us=30_000_000, off_us=90_000_000)
    (line,) = timeline_lines(a_group(a_program(name="b", waveform=burst, amplitude_ua=600, cycling=cycling)), 25)[1:]
    assert line == "█" * 9 + "·" * 16 + " b 30 s on, 90 s off"


def test_the_battery_is_a_band_that_follows_the_amplitude_and_says_what_it_is_made_of() -> None:
    weak, strong = (battery_lines(a_group(amplitude_ua=amplitude_ua), REFERENCE) for amplitude_ua in (1_000, 9_000))
    assert "assumed constants" in weak[0]
    assert "days a charge" in weak[1]
    assert "minutes of charging a day" in weak[2]
    assert float(weak[1].split()[1]) > float(strong[1].split()[1])


def test_a_dose_counts_and_a_primary_cell_is_told_in_years() -> None:
    dosed = replaced(a_group(), daily_dose_us=6 * 3_600_000_000)
    assert "6 h a day" in battery_lines(dosed, REFERENCE)[0]
    assert float(battery_lines(dosed, REFERENCE)[1].split()[1]) > float(
        battery_lines(a_group(), REFERENCE)[1].split()[1]
    )
    assert "years to replacement" in battery_lines(a_group(), find_profile("proclaim"))[1]
