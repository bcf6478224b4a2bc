"""Everything that reads what others wrote, fed with damage: only refusals come out, and what was found stays found."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest

from scs.cli.fuzz_targets import TARGETS, find_target
from scs.cli.main import main
from scs.errors import BadPrescription, BadQuantity
from scs.testing.fuzz.runner import Report, Trial, memory_kb, no_hang, read_corpus, run_bulk, try_one
from scs.testing.fuzz.target import Feed, Target, promise
from scs.testing.fuzz.with_hypothesis import run_hypothesis
from tests.support.sources import ROOT

CORPUS = ROOT / "tests" / "corpus"
NAMES = [target.name for target in TARGETS]
RUNS = {"decoder": 1_000_000, "session": 50_000, "implant": 50_000, "sealed": 10_000, "codec": 20_000,
        "prescription": 2_000, "memory": 100, "snapshot": 25, "keymap": 40}  # fmt: skip
"""Units that the check of every change feeds; of a format of files, FILES."""
FILES = 150
GROWTH_KB_MAX = 200_000
"""What a million frames may add to the memory of this process, most of it for the modules of the targets."""


@pytest.mark.hazard("H45")
@pytest.mark.req("LK-02", "S-18")
@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_refusals_comes_out_of_a_reader(name: str) -> None:
    before_kb = memory_kb()
    report = run_bulk(find_target(name), RUNS.get(name, FILES), 1, read_corpus(CORPUS / name))
    assert report.findings == []
    assert report.units >= RUNS.get(name, FILES)
    assert memory_kb() - before_kb < GROWTH_KB_MAX


@pytest.mark.parametrize("name", NAMES)
def test_real_input_is_read(name: str) -> None:
    """What is damaged has to be whole before, or nothing behind the first check would ever be reached."""
    target = find_target(name)
    feed = target.prepare()
    assert all(feed(data) for data in target.seeds())


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("memory", "snapshot", "implant")])
def test_what_hypothesis_makes_of_it_is_refused_or_read(name: str) -> None:
    report = run_hypothesis(find_target(name), 15, 1, read_corpus(CORPUS / name))
    assert report.findings == []
    assert report.inputs >= 15


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed (pip install 'scs[fuzz]')")
@pytest.mark.slow
def test_coverage_leads_to_more_input_and_to_no_finding(tmp_path: Path) -> None:
    assert main(["fuzz", "secret", "--engine", "atheris", "--runs", "2000", "--corpus", str(tmp_path)]) == 0
    assert len(read_corpus(tmp_path / "secret")) > len(find_target("secret").seeds())


# ------------------------------------------------------------------------------------------ the fuzzer itself


def a_target(feed: Feed) -> Target:
    return Target(
        "mine", "what a test feeds", "bytes", lambda: (b"abc",), lambda: feed, lambda data, chance: data + b"!"
    )


def test_what_comes_out_is_named_by_its_place_and_counted_once() -> None:
    def feed(data: bytes) -> int:
        if data == b"abc":
            raise BadQuantity("not today")
        int(data)
        return 1

    report = run_bulk(a_target(feed), 50)
    assert (report.inputs, report.refused, report.replayed) == (51, 1, 1)
    assert [finding.data for finding in report.findings] == [b"abc!"]
    assert report.findings[0].where.startswith("ValueError at ")


def test_a_broken_promise_is_a_finding_and_an_interrupt_is_not() -> None:
    report = Report("mine", "bytes", "bulk")
    trial = Trial(report)

    def picky(data: bytes) -> int:
        promise(len(data) < 2, "too long")
        return 1

    try_one(picky, trial, report, b"abc")
    assert [finding.said for finding in report.findings] == ["too long"]

    def interrupted(data: bytes) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        try_one(interrupted, trial, report, b"abc")


def test_an_input_that_keeps_a_reader_busy_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scs.testing.fuzz.runner.HANG_S", 0.05)

    def busy(data: bytes) -> int:
        while data:
            data = data[::-1]
        return 1

    report = Report("mine", "bytes", "bulk")
    with no_hang():
        try_one(busy, Trial(report), report, b"abc")
    assert report.findings[0].where.startswith("HangError")


def test_hypothesis_makes_what_it_finds_small() -> None:
    def feed(data: bytes) -> int:
        promise(b"\xff" not in data, "a foreign byte")
        return 1

    report = run_hypothesis(a_target(feed), 500)
    assert report.findings[0].data == b"\xff"


def test_one_seed_gives_one_course_of_inputs() -> None:
    for target in TARGETS:
        data = target.seeds()[0]
        assert target.mutate(data, Random(5)) == target.mutate(data, Random(5)), target.name


# ------------------------------------------------------------------------------------------ the command


def test_the_command_counts_and_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "secret", "--runs", "300", "--corpus", str(CORPUS)]) == 0
    assert "300 files" in capsys.readouterr().out
    assert main(["fuzz", "secret", "--runs", "20", "--engine", "hypothesis", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["clean"] is True
    assert told["targets"][0]["engine"] == "hypothesis"
    assert main(["fuzz", "--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(TARGETS)


def test_what_is_found_is_kept_where_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def feed(data: bytes) -> int:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("scs.cli.fuzz_targets.TARGETS", (a_target(feed),))
    assert main(["fuzz", "mine", "--runs", "3", "--keep", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "FOUND" in said
    assert "by nothing" in said
    assert [file.read_bytes() for file in (tmp_path / "mine").iterdir()] == [b"abc"]


def test_what_is_not_fuzzed_and_what_is_no_number_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "coffee"]) == 2
    assert "choose from all, decoder" in capsys.readouterr().err
    assert main(["fuzz", "decoder", "--engine", "atheris"]) == 2
    assert "--corpus" in capsys.readouterr().err
    for count in ("0", "many"):
        with pytest.raises(SystemExit):
            main(["fuzz", "decoder", "--runs", count])
    with pytest.raises(BadPrescription):
        find_target("coffee")


def test_the_corpus_is_small_and_belongs_to_targets() -> None:
    folders = {entry.name for entry in CORPUS.iterdir()}
    assert folders <= set(NAMES)
    files = [file for folder in folders for file in (CORPUS / folder).iterdir()]
    assert 40 <= len(files) <= 600
    assert sum(file.stat().st_size for file in files) < 400_000
