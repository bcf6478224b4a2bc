"""Pairing and sealed sessions from the command line, as a person types it, with an emulator in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scs.cli import device_access
from scs.cli.bench_socket import call_bench
from scs.cli.main import main
from tests.support.emulators import Emulator, Ended, emulator, scs
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "keys"
    monkeypatch.setenv("SCS_KEYS", str(folder))
    return folder


@pytest.fixture
def implant(tmp_path: Path, keys: Path) -> Iterator[Emulator]:
    with emulator(tmp_path, "--bench", str(tmp_path / "bench"), is_sealed=True) as running:
        wait_until((tmp_path / "bench").exists, "the door of the bench")
        yield running


Run = Callable[..., Ended]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """One `scs` command to its end, in this process: what is about processes is tried elsewhere."""

    def run_here(*words: str) -> Ended:
        code = main(list(words))
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run_here


@pytest.fixture
def device(implant: Emulator, run: Run) -> Run:
    return lambda *words: run("device", "--port", implant.address, *words)


def ask_bench(folder: Path, **order: str) -> dict[str, object]:
    answer: dict[str, object] = json.loads(call_bench(str(folder / "bench"), json.dumps(order)))
    return answer


@pytest.mark.hazard("H43")
@pytest.mark.req("S-01", "S-10")
def test_a_person_pairs_by_the_bench_and_programs_the_implant(
    device: Run, implant: Emulator, keys: Path, tmp_path: Path
) -> None:
    stranger = device("status")
    assert stranger.code == 8
    assert "hold a magnet over it for two seconds and pair" in stranger.err
    assert device("--insecure", "status").code == 4
    paired = device("pair", "--bench", str(tmp_path / "bench"), "--json")
    assert paired.code == 0, paired.err
    (file,) = keys.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert ask_bench(tmp_path, do="pairing")["words"] == paired.data["words"]
    status = device("status", "--json")
    assert status.code == 0, status.err
    assert status.data["therapy"] == "off"
    assert device("stop").code == 0
    report = device("access", "--json").data
    assert report["pairs"] == [{"pair": 1, "role": "clinician"}]
    assert report["in_the_clear"] >= 1
    assert device("unpair", "1").code == 0
    assert device("status").code == 8


@pytest.mark.hazard("H43")
@pytest.mark.req("S-10")
def test_a_person_types_the_words_and_a_wrong_one_is_named(device: Run, implant: Emulator, tmp_path: Path) -> None:
    words = str(ask_bench(tmp_path, **{"do": "magnet", "for": "3 s"})["pairing"])
    wrong = device("pair", "--secret", words.replace(words[0], "e", 1))
    assert wrong.code == 2
    assert "should be one of" in wrong.err
    short = device("pair", "--secret", "lusab")
    assert "1 words were given and there are 8" in short.err
    other = device("pair", "--secret", "-".join(["babab"] * 8))
    assert other.code == 8
    assert "does not take the secret" in other.err
    paired = device("pair", "--secret", words.upper().replace("-", " "), "--role", "patient")
    assert paired.code == 0, paired.err
    assert "compare these words" in paired.out
    assert device("clear-fault").code == 4


@pytest.mark.hazard("H43")
@pytest.mark.req("S-20")
def test_an_implanted_implant_is_marked_by_its_number_and_taken_out_on_the_bench(
    device: Run, implant: Emulator, tmp_path: Path
) -> None:
    device("pair", "--bench", str(tmp_path / "bench"))
    doubt = device("implanted")
    assert doubt.code == 2
    assert "--confirm SCS-000001" in doubt.err
    assert device("implanted", "--confirm", "SCS-000001", "--json").data["implanted"] is True
    implant.kill()
    refused = scs("emulate", "--link", "pty", "--state", str(tmp_path / "memory"), "--insecure")
    assert refused.code == 2
    assert "explant" in refused.err
    implant.start()
    assert device("status").code == 0, "the key outlives a loss of power"
    assert ask_bench(tmp_path, do="explant")["pairs"] == []
    assert device("status").code == 8


@pytest.mark.hazard("H29")
@pytest.mark.req("S-11")
def test_who_has_lost_the_key_reads_and_stops_beside_the_person(device: Run, implant: Emulator, tmp_path: Path) -> None:
    device("pair", "--bench", str(tmp_path / "bench"))
    assert device("forget", "SCS-000001").code == 0
    assert device("status").code == 8
    far = device("status", "--beside")
    assert far.code == 4
    assert "while a magnet is held" in far.err
    ask_bench(tmp_path, **{"do": "magnet", "is": "near"})
    near = device("status", "--beside", "--json")
    assert near.code == 0, near.err
    assert device("stop").code == 0
    assert device("start").code == 8


@pytest.mark.hazard("H43")
@pytest.mark.req("PR-21")
def test_a_pair_whose_words_differ_is_kept_neither_here_nor_in_the_implant(
    device: Run, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = device_access._ask_bench

    def ask_through_somebody(path: str, order: dict[str, str]) -> dict[str, Any]:
        answer = ask(path, order)
        return {**answer, "words": "others"} if order == {"do": "pairing"} else answer

    monkeypatch.setattr(device_access, "_ask_bench", ask_through_somebody)
    refused = device("pair", "--bench", str(tmp_path / "bench"))
    assert refused.code == 8
    assert "the words differ" in refused.err
    assert "implant SCS-000001 has forgotten pair 1" in refused.err
    assert not list(keys.glob("*"))
    assert ask_bench(tmp_path, do="pairing")["pairs"] == []
