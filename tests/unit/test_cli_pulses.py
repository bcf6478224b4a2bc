"""`scs pulses`: the same pulses as the slow reference, in every format, to the microsecond."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest

from firmware_model.timeline import Phase, PhaseKind, Timeline
from scs.cli.main import main
from scs.domain.program import Group
from tests.support.implants import a_config, a_group, a_program
from tests.support.pulse_by_pulse import Reference

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
INTERLEAVED = a_group(
    a_program("a"),
    a_program("b", rate_mhz=130_000, shares={9: -1_000, 10: 1_000}),
    a_program("c", rate_mhz=71_000, ratio=None, shares={12: -1_000, 11: 400, 13: 600}),
)
BURST = a_group(a_program(burst=(5, 500_000), width_us=500, ratio=None))


def pulses(capsys: pytest.CaptureFixture[str], example: str, *words: str) -> tuple[int, str, str]:
    code = main(["pulses", str(EXAMPLES / example), *words])
    out, err = capsys.readouterr()
    return code, out, err


def settled(group: Group, from_us: int, until_us: int) -> list[Phase]:
    return list(Timeline(a_config(), group, 1, is_settled=True).phases(from_us, until_us))


@pytest.mark.parametrize("group", [INTERLEAVED, BURST])
def test_the_timeline_carries_the_charge_that_the_ledger_counts(group: Group) -> None:
    timeline = Timeline(a_config(), group, 1, is_settled=False)
    leading: Counter[int] = Counter()
    driven: Counter[int] = Counter()
    for phase in timeline.phases(0, 3_000_000):
        for contact, current in phase.currents_ua.items():
            charge_pc = current * (phase.end_us - phase.start_us)
            (leading if phase.kind is PhaseKind.LEADING else driven)[contact] += charge_pc
    ledger = timeline.parts.stimulator.ledger
    assert dict(ledger.leading_pc) == dict(leading)
    assert {contact: pc for contact, pc in driven.items() if pc} == dict(ledger.driven_pc)


def test_a_settled_timeline_begins_its_pulses_when_the_slow_reference_does() -> None:
    group = a_group(a_program())
    starts = [phase.start_us for phase in settled(group, 0, 500_000) if phase.kind is PhaseKind.LEADING]
    reference = Reference(group, [2_000], starts[0])
    reference.run(500_000)
    assert starts == [start for start, _ in reference.starts]


@pytest.mark.parametrize("group", [INTERLEAVED, BURST])
@pytest.mark.parametrize("from_us", [1, 99_991, 1_234_567])
def test_a_later_window_shows_what_the_whole_timeline_shows_there(group: Group, from_us: int) -> None:
    until_us = from_us + 60_000
    whole = [p for p in settled(group, 0, until_us) if p.end_us > from_us]
    assert settled(group, from_us, until_us) == whole


def test_nothing_recovers_inside_of_a_burst_nor_while_another_program_has_the_output() -> None:
    for group in (BURST, INTERLEAVED):
        phases = settled(group, 0, 300_000)
        driven = [phase for phase in phases if phase.kind is not PhaseKind.PASSIVE]
        passive = [phase for phase in phases if phase.kind is PhaseKind.PASSIVE]
        assert passive
        assert not any(d.start_us < p.end_us and p.start_us < d.end_us for d in driven for p in passive)
    gaps = {phase.end_us - phase.start_us for phase in settled(BURST, 0, 300_000) if phase.kind is PhaseKind.PASSIVE}
    assert min(gaps) > 10_000, "between two pulses of a burst the contacts are not tied together"


def test_csv_has_a_line_a_phase_that_balances(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = pulses(capsys, "four-interleaved.toml", "--for", "50ms", "--settled")
    assert code == 0
    rows = list(csv.DictReader(out.splitlines()))
    assert {row["phase"] for row in rows} >= {"leading", "recharge"}
    for row in rows:
        assert sum(int(value) for name, value in row.items() if name.startswith(("E", "CASE")) and value) == 0
    starts = [int(row["start_us"]) for row in rows]
    assert starts == sorted(starts)


def test_json_says_the_same_as_csv(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--for", "40ms", "--from", "1s", "--settled")
    _, as_csv, _ = pulses(capsys, "burst-cycled.toml", *words)
    code, out, _ = pulses(capsys, "burst-cycled.toml", *words, "--format", "json")
    assert code == 0
    said = json.loads(out)
    rows = list(csv.DictReader(as_csv.splitlines()))
    assert [(str(p["start_us"]), str(p["end_us"]), p["phase"]) for p in said["phases"]] == [
        (row["start_us"], row["end_us"], row["phase"]) for row in rows
    ]
    assert said["programs"][0]["delivered_rate_mhz"] <= said["programs"][0]["asked_rate_mhz"]


def test_an_empty_window_is_still_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = pulses(capsys, "tonic-default.toml", "--for", "1us", "--format", "json")
    assert json.loads(out)["phases"] == []


def value_changes(text: str) -> dict[str, list[tuple[int, str]]]:
    """A strict reading of a value change dump (IEEE 1364): name to (time, value)."""
    head, body = text.split("$enddefinitions $end\n")
    names: dict[str, str] = {}
    for line in head.splitlines():
        words = line.split()
        assert words[-1] == "$end", line
        if words[0] == "$var":
            _, kind, size, code, name, _ = words
            assert (kind, size) in {("real", "64"), ("wire", "1")}
            assert code not in names, "every signal has a code of its own"
            names[code] = name
    changes: dict[str, list[tuple[int, str]]] = {name: [] for name in names.values()}
    at_us = -1
    for line in body.splitlines():
        if line.startswith("#"):
            assert int(line[1:]) > at_us, "time only rises"
            at_us = int(line[1:])
        elif line not in ("$dumpvars", "$end"):
            value, code = line[1:].split() if line[0] == "r" else (line[0], line[1:])
            changes[names[code]].append((at_us, value))
    return changes


@pytest.mark.parametrize("example", ["four-interleaved.toml", "steering-by-shares.toml", "high-rate-10khz.toml"])
def test_a_value_change_dump_carries_the_charge_of_the_csv(capsys: pytest.CaptureFixture[str], example: str) -> None:
    words = ("--for", "100ms", "--settled")
    _, as_csv, _ = pulses(capsys, example, *words)
    _, out, _ = pulses(capsys, example, *words, "--format", "vcd")
    changes = value_changes(out)
    rows = list(csv.DictReader(as_csv.splitlines()))
    for name, signal in changes.items():
        if not name.endswith("_ua"):
            continue
        assert signal[0][0] == 0
        times = [at_us for at_us, _ in signal[1:]] + [100_000]
        shown = sum(abs(int(value)) * (end - at) for (at, value), end in zip(signal, times, strict=True))
        charge = sum(
            abs(int(row[name])) * (min(100_000, int(row["end_us"])) - int(row["start_us"])) for row in rows if row[name]
        )
        assert shown == charge > 0
    passive_us = [value for name, signal in changes.items() if name.endswith("_passive") for _, value in signal]
    assert ("1" in passive_us) is ("passive" in as_csv)


def test_the_picture_draws_every_contact_to_scale(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = pulses(capsys, "high-rate-10khz.toml", "--for", "1ms", "--settled", "--format", "svg")
    picture = ET.fromstring(out)
    lines = picture.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 2
    points = [tuple(map(float, point.split(","))) for point in lines[0].attrib["points"].split()]
    # 1,090 pixels are 1 ms: the leading phase of 30 us at the beginning is 32.7 of them wide.
    assert points[0][0] == 90
    assert points[1][0] - points[0][0] == pytest.approx(32.7, abs=0.01)
    words = [text.text or "" for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"E6", "E7"} <= set(words)
    assert any("2.5 mA" in text for text in words)
    assert any(text == "500 us" for text in words)


def test_a_blocked_group_is_refused_with_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = pulses(capsys, "blocked.toml")
    assert code == 1
    assert not out
    assert "charge-density" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--for", "100"), "--for"),
        (("--for", "0s"), "--for"),
        (("--from=-1s",), "--from"),
        (("--for", "2min", "--format", "svg"), "5000"),
        (("--for", "24h"), "1000000"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    code, out, err = pulses(capsys, "four-interleaved.toml", *words)
    assert code == 2
    assert not out
    assert said in err
