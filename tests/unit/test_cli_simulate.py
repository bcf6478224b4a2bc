"""What `scs simulate` prints, keeps and ends with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scs.cli.main import main
from scs.simulation.plan_file import read_plan


def test_a_seed_is_told_with_its_counts_and_gives_the_same_trace_as_within_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "trace.txt"
    assert main(["simulate", "--seed", "3", "--days", "5", "--faults", "8", "--trace", str(trace)]) == 0
    one = capsys.readouterr().out
    assert "0 violations" in one
    assert "THERAPY_STARTED" in trace.read_text(encoding="utf-8")
    assert main(["simulate", "--first", "3", "--seeds", "1", "--days", "5", "--faults", "8", "--json"]) == 0
    many = json.loads(capsys.readouterr().out)
    assert many["traces"]["3"] in one
    assert (many["seeds"], many["violations"], many["least_faults"]) == (1, 0, 8)


def test_a_seed_that_fails_is_printed_kept_and_fails_again_from_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = ["--broken", "stop-by-ramp"]
    assert main(["simulate", "--seed", "0", "--days", "10", "--faults", "12", *broken, "--keep", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "of 12 faults are needed" in said
    (kept,) = tmp_path.glob("seed-0-*.toml")
    assert len(read_plan(kept.name, kept.read_text(encoding="utf-8")).faults) < 12
    assert main(["simulate", "--replay", str(kept), *broken]) == 1
    capsys.readouterr()
    assert main(["simulate", "--replay", str(kept)]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seeds", "0"], "--seeds: 0 is none of 1 to"),
        (["--trace", "x"], "there is one trace for one seed"),
        (["--broken", "nothing"], 'no known-bad firmware "nothing"'),
        (["--replay", "not-there.toml"], "cannot be opened"),
    ],
)
def test_what_cannot_be_played_is_refused_with_a_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", *arguments]) == 2
    assert said in capsys.readouterr().err
