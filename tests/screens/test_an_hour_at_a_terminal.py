"""A person's hour at a real terminal: connect, impedance, build, titrate, limits, keep, STOP, MRI, report."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.emulators import scs
from tests.support.screen_story import SMALL
from tests.support.tmux import Terminal, has_ended, terminal
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here: apt-get install tmux"),
]


def measure(person: Terminal) -> None:
    person.keys("F5")
    person.until("Not measured yet")
    person.keys("m")
    measured = person.until("E16", "382 ohm")
    assert "OPEN" not in measured


def build(person: Terminal) -> None:
    """Another guarded cathode than the demonstration's, with wider limits for the patient, sent to slot 0."""
    person.keys("F4")
    person.until("Arrows choose", "E1: off")
    person.keys("Down", "Down", "g")
    person.until("[ 3-100]", "[ 2+50]", "PASS: no rule objects")
    person.keys("Tab", "Tab", "Tab")
    person.until("The whole current of the leading phase")
    person.type("2 mA")
    person.until("Amplitude   2 mA")
    person.keys(*["Tab"] * 8)
    person.until("lowest / highest that the patient may set")
    person.type("0 mA / 6 mA")
    person.until("Patient     0 mA / 6 mA", "PASS: no rule objects")
    person.keys("C-s")
    person.until("Send 'Demonstration' to slot 0?", "highest charge density", "minutes of charging a day")
    person.keys("Tab", "Enter")
    person.until("Confirmed by the implant: slot 0, generation 2, equal to what is shown")


def titrate(person: Terminal) -> None:
    """Every threshold noted where it was felt; a jump is asked about."""
    person.keys("F3")
    person.until("slot 0  Demonstration")
    person.keys("s")
    person.until("therapy on", "delivered     2 mA")
    person.keys("1")
    person.until("Noted: perception at 2 mA")
    person.keys("PPage")
    person.until("delivered   2.4 mA", "TRIAL")
    person.keys("2")
    person.until("Noted: comfortable at 2.4 mA")
    person.keys("=")
    person.until("Enter tries it")
    person.type("4 mA")
    person.keys("Enter")
    person.until("by more than 20 % at once?", "2.4 mA -> 4 mA")
    person.keys("Tab", "Enter")
    person.until("delivered     4 mA")
    person.keys("3")
    person.until("perception 2 mA, comfortable 2.4 mA, maximum 4 mA")


def keep_and_stop(person: Terminal) -> None:
    person.keys("k")
    person.until("program 1 amplitude  2 mA -> 4 mA")
    person.keys("Tab", "Enter")
    person.until("Slot 0 confirmed by the implant, read back equal (generation 3)", "committed 4 mA")
    person.keys("C-x")
    person.until("STOP confirmed", "idle")


def to_the_scanner_and_back(person: Terminal) -> None:
    person.keys("F8")
    person.until("what speaks against it, entering, leaving")
    person.keys("Home", *["Down"] * 6, "Enter")
    person.until("ASK   scanner")
    person.keys("e")
    person.until("Enter the MRI mode?")
    person.keys("Tab", "Enter")
    person.until("Confirmed by the implant: it is in MRI mode")
    person.keys("l")
    person.until("it has left the MRI mode")


@pytest.mark.req("PR-03", "PR-04", "PR-06", "PR-10")
def test_a_patient_is_programmed_from_the_first_key_to_the_report(tmp_path: Path) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path), "SCS_RECORDS_URL": "", "TMPDIR": str(tmp_path)}
    with terminal(tmp_path, ["programmer", "--demo"], SMALL, state) as person:
        person.until("Connected to a demonstration", "this session may write")
        measure(person)
        build(person)
        titrate(person)
        keep_and_stop(person)
        to_the_scanner_and_back(person)
        person.keys("C-q")
        wait_until(lambda: has_ended(tmp_path), "the programmer to leave")
    page, print_out = tmp_path / "report.html", tmp_path / "report.pdf"
    ended = scs("report", "last", "--html", str(page), "--pdf", str(print_out), environment=state)
    assert ended.code == 0, ended.err
    told = page.read_text(encoding="utf-8")
    for words in (
        "NOT FOR CLINICAL USE",
        "E3 -100%",
        "4 mA",
        "382 ohm",
        "STOP acknowledged",
        "comfortable",
        "EnterMri",
    ):
        assert words in told, words
    assert "empty-slot" not in told, "what was only looked at is told as done"
    assert print_out.read_bytes().startswith(b"%PDF")
