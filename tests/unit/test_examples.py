"""Every example keeps the promise of its notes, names its source, and reads back from what is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scs.domain.impedance_file import parse_impedance_file
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import Burst, HighRate
from scs.domain.program_file import ProgramFile, parse_implant_file, parse_program_file
from scs.domain.program_text import write_program_file
from scs.domain.safety import judge
from tests.support.sources import ROOT

EXAMPLES = sorted([*(ROOT / "examples").glob("*.toml"), *(ROOT / "examples").glob("*.json")])
LABEL = re.compile(r"\[(found|found2|recalled|computed)[:, \]]")


def _read(path: Path) -> ProgramFile:
    return parse_program_file(path.name, path.read_text(encoding="utf-8"))


def _named(name: str) -> ProgramFile:
    return _read(ROOT / "examples" / f"{name}.toml")


def test_there_are_at_least_eight_examples() -> None:
    assert len(EXAMPLES) >= 8


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_gives_the_outcome_that_its_notes_promise(path: Path) -> None:
    program = _read(path)
    assert program.implant is not None
    assert program.profile_id is not None
    promised = re.match(r"Outcome: (pass|notice|confirm|block)\.", program.notes or "")
    assert promised, program.notes
    profile = find_profile(program.profile_id)
    verdict = judge(program.group, program.implant, profile, find_policy("default"))
    assert verdict.outcome == promised[1], verdict.findings


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_says_how_well_its_numbers_are_known(path: Path) -> None:
    assert LABEL.search(_read(path).source)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_reads_back_from_what_is_written(path: Path) -> None:
    program = _read(path)
    assert parse_program_file("again.toml", write_program_file(program)) == program


def test_the_burst_example_has_the_nominal_values() -> None:
    (program,) = _named("burst-cycled").group.programs
    assert isinstance(program.waveform, Burst)
    assert (program.amplitude_ua, program.pulse_width_us) == (600, 1_000)
    assert (program.waveform.pulses, program.waveform.rate_mhz, program.waveform.intra_rate_mhz) == (5, 40_000, 500_000)
    assert program.cycling is not None
    assert (program.cycling.on_us, program.cycling.off_us) == (30_000_000, 90_000_000)
    assert program.recharge.kind == "passive"


def test_the_other_promised_kinds_are_there() -> None:
    (tonic,) = _named("tonic-default").group.programs
    assert (tonic.pulse_width_us, tonic.waveform.rate_mhz) == (210, 40_000)
    (high_rate,) = _named("high-rate-10khz").group.programs
    assert isinstance(high_rate.waveform, HighRate)
    assert (high_rate.pulse_width_us, high_rate.waveform.rate_mhz) == (30, 10_000_000)
    multiplexed = _named("multiplexed-base-prime").group
    assert multiplexed.delivery == "multiplexed"
    assert [program.waveform.rate_mhz for program in multiplexed.programs] == [50_000, 300_000, 300_000]
    (guarded,) = _named("guarded-cathode").group.programs
    assert [share for _, share in guarded.contacts.shares] == [500, -1000, 500]
    paddle = _named("paddle-5-6-5")
    assert paddle.implant is not None
    assert [column.contacts for column in paddle.implant.leads[0].lead.columns] == [5, 6, 5]
    assert len(paddle.group.programs[0].contacts.cathodes) > 1


@pytest.mark.rule("shannon")
def test_the_example_to_be_confirmed_crosses_one_line_only() -> None:
    program = _named("must-be-confirmed")
    assert program.implant is not None
    verdict = judge(program.group, program.implant, find_profile("reference"), find_policy("default"))
    assert verdict.must_acknowledge == ("shannon",)
    assert verdict.blocking_rules == ()
    strict = judge(program.group, program.implant, find_profile("reference"), find_policy("strict"))
    assert strict.blocking_rules == ("shannon",)


def test_the_implant_and_the_impedances_can_be_read() -> None:
    text = (ROOT / "examples/implants/two-compact.toml").read_text(encoding="utf-8")
    implant = parse_implant_file("two-compact.toml", text)
    assert len(implant.contacts) == 16
    measured = (ROOT / "examples/impedances/one-open.toml").read_text(encoding="utf-8")
    impedances = parse_impedance_file("one-open.toml", measured)
    states = [impedances.classify(contact.number, find_profile("reference").interface) for contact in implant.contacts]
    assert states.count("ok") == 15
    assert states[4] == "open"
