"""The night's table is in order: its campaigns exist, shrink with the part, and say what they counted."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from scs.cli.main import VERBS
from tests.support import nightly
from tests.support.nightly import Campaign, campaigns
from tests.support.sources import ROOT


def test_a_tenth_of_the_night_asks_for_a_tenth() -> None:
    whole, tenth = (
        {row.measure: row.command for row in campaigns(part, 1, Path("corpus"))} for part in (1, 10)
    )  # fmt: skip
    assert list(whole) == list(tenth)
    assert whole["fuzzing: decoder"][5] == "1000000000"
    assert tenth["fuzzing: decoder"][5] == "100000000"
    assert "44000000" in whole["two-bit wire flips, 64 bytes"]


def test_a_part_of_a_night_searches_within_narrower_bounds() -> None:
    bounds = [
        next(row.command for row in campaigns(part, 1, Path("corpus")) if row.measure == "exactly once")
        for part in (1, 10, 100)
    ]
    assert [command[command.index("--troubles") + 1] for command in bounds] == ["2", "1", "1"]
    assert bounds[1] == bounds[2], "narrower ones would find less than is wrong"


def test_the_list_says_every_command_and_runs_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert nightly.main(["--list", "--part", "10"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == len(campaigns(10, 1, ROOT / "tests" / "corpus"))
    with pytest.raises(SystemExit):
        nightly.main(["--part", "0"])


@pytest.mark.slow
def test_a_night_prints_its_counts_and_fails_with_any_of_its_campaigns(capsys: pytest.CaptureFixture[str]) -> None:
    assert nightly.main(["--part", "100000", "--only", "wire"]) == 0
    printed = capsys.readouterr().out
    assert "440 two-bit errors: 0 wrong frames taken, 0 good frames lost" in printed
    assert "2 of 2 campaigns passed" in printed
    failed = nightly.run(Campaign("nonsense", ("-c", "print('seen'); raise SystemExit(1)")))
    assert (failed.code, failed.said) == (1, "seen")


def test_every_campaign_is_a_command_that_there_is() -> None:
    for row in campaigns(1, 1, Path("corpus")):
        assert row.command[0] == "-m"
        assert find_spec(row.command[1]) is not None, row.measure
        assert row.command[1] != "scs.cli" or row.command[2] in VERBS, row.measure
