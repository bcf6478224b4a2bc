"""`scs check`: outcomes, exit codes, and the shapes that other programs read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from scs.cli.main import main
from scs.cli.table import FOOTER, WIDTH
from scs.domain.safety import RULES
from tests.support.sources import ROOT

EXAMPLES = ROOT / "examples"
PASSING = str(EXAMPLES / "tonic-default.toml")
CONFIRMING = str(EXAMPLES / "must-be-confirmed.toml")
BLOCKED = str(EXAMPLES / "blocked.toml")
FIELDS = {
    "rule", "tier", "program", "contact", "value", "limit", "unit", "largest_passing_amplitude_ua", "message", "remedy",
}  # fmt: skip


def _check(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["check", *words])
    out, err = capsys.readouterr()
    return code, out, err


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[dict[str, Any]]]:
    code, out, _ = _check(capsys, "--format", "json", *words)
    return code, json.loads(out)


def _changed(folder: Path, *changes: tuple[str, str], source: str = PASSING) -> str:
    text = Path(source).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "changed.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([PASSING], 0),
        ([CONFIRMING], 1),
        ([BLOCKED], 1),
        ([PASSING, BLOCKED], 1),
        (["nowhere.toml"], 2),
        ([PASSING, "nowhere.toml", BLOCKED], 2),
    ],
)
def test_the_exit_code_is_that_of_the_worst_file(
    capsys: pytest.CaptureFixture[str], files: list[str], code: int
) -> None:
    assert _check(capsys, *files)[0] == code


def test_json_is_a_list_with_an_object_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    code, files = _json(capsys, PASSING, CONFIRMING, BLOCKED, "nowhere.toml")
    assert code == 2
    assert [file["outcome"] for file in files] == ["pass", "confirm", "block", "unreadable"]
    assert files[3]["problems"] == ["cannot be opened: No such file or directory; check the path"]
    assert files[0]["findings"] == []
    assert {row["rule"] for row in files[0]["not_evaluated"]} == {"compliance", "lead-fault"}
    for finding in files[1]["findings"] + files[2]["findings"]:
        assert set(finding) == FIELDS
    (shannon,) = files[1]["findings"]
    assert (shannon["rule"], shannon["tier"], shannon["contact"], shannon["unit"]) == ("shannon", "confirm", "E2", "k")
    assert shannon["largest_passing_amplitude_ua"] == 9_700


def test_the_largest_passing_amplitude_passes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    allowed = _changed(tmp_path, ('amplitude = "10.5 mA"', 'amplitude = "9.7 mA"'), source=CONFIRMING)
    assert _json(capsys, allowed)[0] == 0
    next_step = _changed(tmp_path, ('amplitude = "10.5 mA"', 'amplitude = "9.75 mA"'), source=CONFIRMING)
    assert _json(capsys, next_step)[0] == 1


@pytest.mark.rule("grid")
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('amplitude = "3 mA"', 'amplitude = "3.01 mA"', ("amplitude", "3.01 mA", "0.05 mA", "3 mA or 3.05 mA")),
        ('pulse_width = "210 us"', 'pulse_width = "215 us"', ("pulse", "215 us", "10 us", "210 us or 220 us")),
        ('rate = "40 Hz"', 'rate = "40.5 Hz"', ("rate", "40.5 Hz", "1 Hz")),
        ('ramp = "2 s"', 'ramp = "2.1 s"', ("ramp", "2.1 s", "500 ms", "2 s or 2.5 s")),
    ],
)
def test_an_off_grid_value_is_blocked_with_its_field_and_step(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, old: str, new: str, words: tuple[str, ...]
) -> None:
    code, (file,) = _json(capsys, _changed(tmp_path, (old, new)))
    assert code == 1
    (finding,) = [finding for finding in file["findings"] if finding["rule"] == "grid"]
    assert finding["tier"] == "block"
    said = f"{finding['message']}; {finding['remedy']}"
    assert [word for word in words if word not in said] == [], said


def test_the_strict_policy_blocks_what_the_default_one_asks_about(capsys: pytest.CaptureFixture[str]) -> None:
    _, (default,) = _json(capsys, CONFIRMING)
    _, (strict,) = _json(capsys, CONFIRMING, "--policy", "strict")
    assert (default["outcome"], strict["outcome"]) == ("confirm", "block")
    assert (default["policy"], strict["policy"]) == ("default", "strict")


def test_a_profile_is_chosen_by_option_then_by_file_then_as_the_reference(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, (named,) = _json(capsys, str(EXAMPLES / "burst-cycled.toml"))
    assert named["profile"] == "proclaim"
    code, (chosen,) = _json(capsys, str(EXAMPLES / "burst-cycled.toml"), "--profile", "senza")
    assert (chosen["profile"], chosen["outcome"], code) == ("senza", "block", 1)
    _, (silent,) = _json(capsys, _changed(tmp_path, ('profile = "reference"\n', "")))
    assert silent["profile"] == "reference"


def test_a_profile_can_be_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    shipped = (ROOT / "scs/domain/data/profiles/reference.toml").read_text(encoding="utf-8")
    mine = tmp_path / "mine.toml"
    mine.write_text(shipped.replace('id = "reference"', 'id = "mine"').replace('max = "25.5 mA"', 'max = "2 mA"', 1))
    code, (file,) = _json(capsys, PASSING, "--profile", str(mine))
    assert (file["profile"], file["outcome"], code) == ("mine", "block", 1)
    mine.write_text(shipped.replace('step = "0.05 mA"', 'step = "0.05"'))
    code, _, err = _check(capsys, PASSING, "--profile", str(mine))
    assert code == 2
    assert f"{mine}: profile row amplitude.step" in err
    code, _, err = _check(capsys, PASSING, "--profile", "none")
    assert code == 2
    assert 'no profile "none"; choose one of reference' in err


def test_the_leads_of_an_implant_file_replace_the_files_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    quad = tmp_path / "quad.toml"
    quad.write_text('[implant]\nleads = [{ port = "A", model = "medtronic-3487a" }]\n')
    guarded = str(EXAMPLES / "guarded-cathode.toml")
    _, (own,) = _json(capsys, guarded)
    code, (other,) = _json(capsys, guarded, "--implant", str(quad))
    assert (own["outcome"], other["outcome"], code) == ("pass", "block", 1)
    assert {finding["rule"] for finding in other["findings"]} == {"polarity"}


def test_a_file_without_an_implant_needs_one_by_option(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = Path(PASSING).read_text(encoding="utf-8")
    before, after = text.split("[implant]")
    bare = tmp_path / "bare.toml"
    bare.write_text(before + after[after.index("[group]") :])
    code, (file,) = _json(capsys, str(bare))
    assert (code, file["outcome"]) == (2, "unreadable")
    assert "--implant FILE" in file["problems"][0]
    assert _json(capsys, str(bare), "--implant", str(EXAMPLES / "implants/two-compact.toml"))[0] == 0


@pytest.mark.rule("lead-fault")
def test_measured_impedances_are_judged(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, (good,) = _json(capsys, PASSING, "--impedances", str(EXAMPLES / "impedances/one-open.toml"))
    assert (code, good["not_evaluated"]) == (0, [])
    measured = tmp_path / "z.json"
    rows = [{"contact": f"E{n}", "ohms": 50_000 if n == 3 else 500, "state": "ok"} for n in range(1, 17)]
    measured.write_text(json.dumps({"contacts": rows}))
    code, (open_lead,) = _json(capsys, PASSING, "--impedances", str(measured))
    assert code == 1
    assert "lead-fault" in {finding["rule"] for finding in open_lead["findings"]}
    measured.write_text('{"E3": 500}')
    code, _, err = _check(capsys, PASSING, "--impedances", str(measured))
    assert code == 2
    assert "E3: 500 is no resistance with a unit" in err


def test_junit_has_a_case_for_every_rule_of_every_file(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _check(capsys, "--format", "junit", PASSING, BLOCKED, "nowhere.toml")
    assert code == 2
    passing, blocked, unreadable = ET.fromstring(out)
    ids = [rule.id for rule in RULES]
    assert [case.get("name") for case in passing] == ids
    assert (passing.get("tests"), passing.get("failures"), passing.get("skipped")) == (str(len(ids)), "0", "2")
    failed = {case.get("name") for case in blocked if case.find("failure") is not None}
    assert failed == {"phase-charge", "charge-density", "shannon"}
    assert blocked.get("failures") == "3"
    assert unreadable.get("errors") == "1"
    assert unreadable[0].find("error") is not None


def test_junit_survives_names_that_look_like_markup(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = _changed(tmp_path, ('name = "strong"', 'name = "<&\\"\\uFFFE]]>"'), source=CONFIRMING)
    _, out, _ = _check(capsys, "--format", "junit", file)
    (suite,) = ET.fromstring(out)
    (failure,) = suite.iter("failure")
    assert '<&"' in (failure.text or "")


def test_sarif_names_rules_levels_and_places(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _check(capsys, "--format", "sarif", CONFIRMING, BLOCKED, "no where.toml")
    assert code == 2
    log = json.loads(out)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    known = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    levels = {(result["ruleId"], result["level"]) for result in run["results"]}
    assert {"shannon", "charge-density", "unreadable"} <= {rule for rule, _ in levels} <= known
    assert {("shannon", "warning"), ("charge-density", "error"), ("unreadable", "error")} <= levels
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]}
    assert "no%20where.toml" in uris
    assert all(result["message"]["text"] for result in run["results"])


def test_the_table_is_plain_and_narrow_away_from_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = _check(capsys, PASSING, CONFIRMING, BLOCKED)
    assert "\x1b" not in out
    lines = out.splitlines()
    assert all(len(line) <= WIDTH for line in lines if str(ROOT) not in line)
    assert lines[-1] == f"3 files: 1 pass, 1 confirm, 1 block. {FOOTER}"
    assert "Use at most 9.7 mA" in out


def test_every_problem_of_an_unreadable_file_is_in_the_table(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = _changed(tmp_path, ('"3 mA"', "3"), ('"210 us"', '"210"'))
    code, out, _ = _check(capsys, file)
    assert code == 2
    assert "group.programs[0].amplitude: 3 has no unit" in out
    assert 'group.programs[0].pulse_width: "210" is no time' in out


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"\xff\xfe", "is no UTF-8"), (b"x" * 4_000_001, "is larger than 4000000 bytes"), (b"", "format: is missing")],
)
def test_a_file_of_anything_is_refused_with_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, problem: str
) -> None:
    path = tmp_path / "any.toml"
    path.write_bytes(content)
    code, (file,) = _json(capsys, str(path))
    assert code == 2
    assert problem in " ".join(file["problems"])
