"""The bench's door of a running emulator: what a laboratory does to it, beside the link and never over it."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware_model.bench_door import ORDERS, BenchDoor
from firmware_model.faults.campaign import Campaign
from firmware_model.faults.kinds import KINDS
from scs.cli.main import main
from scs.programmer.client import Client
from tests.simulation.test_snapshot import an_implant, delivering
from tests.support.emulators import Emulator, emulator
from tests.support.reference_implant import plain_group
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals exist on POSIX only")


@pytest.fixture
def door(tmp_path: Path) -> Path:
    return tmp_path / "bench"


@pytest.fixture
def implant(tmp_path: Path, door: Path) -> Iterator[Emulator]:
    with emulator(tmp_path, "--bench", str(door)) as running:
        yield running


class Hands:
    """Gives orders as `scs bench-control` does."""

    def __init__(self, door: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._door, self._capsys = door, capsys

    def __call__(self, *words: str) -> dict[str, Any]:
        code, out, err = self.try_to(*words, "--json")
        assert code == 0, err
        data: dict[str, Any] = json.loads(out)
        return data

    def try_to(self, *words: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        code = main(["bench-control", str(self._door), *words])
        return (code, *self._capsys.readouterr())


@pytest.fixture
def hands(implant: Emulator, door: Path, capsys: pytest.CaptureFixture[str]) -> Hands:
    wait_until(door.exists, "the bench's door")
    return Hands(door, capsys)


def test_time_jumps_and_rewinds_and_the_link_lives_on(implant: Emulator, hands: Hands, tmp_path: Path) -> None:
    with Client.connect(implant.address) as client:
        client.write_group(0, plain_group())
        client.start(0)
        before = hands("snapshot", str(tmp_path / "before.json"))
        jumped = hands("jump", "3d")
        assert jumped["at_us"] - before["at_us"] >= 3 * 86_400_000_000
        assert jumped["pulses"] > before["pulses"] + 3 * 86_400 * 30
    with Client.connect(implant.address) as client:
        assert client.status().pulses >= jumped["pulses"]
        restored = hands("restore", str(tmp_path / "before.json"))
        assert restored["at_us"] < before["at_us"] + 60_000_000
        assert restored["mode"] == "therapy"
    with Client.connect(implant.address) as client:
        assert client.status().pulses < jumped["pulses"]
        assert client.status().at_us < jumped["at_us"]


def test_what_is_broken_is_delivered_measured_and_told(implant: Emulator, hands: Hands) -> None:
    with Client.connect(implant.address) as client:
        client.write_group(0, plain_group())
        hands("break", "lead-open", "contact=E5")
        measured = {row[0]: row[2] for row in client.measure_impedance().contacts}
        assert measured[5].name == "OPEN"
        hands("mend", "lead-open", "contact=E5")
        client.start(0)
        assert hands("break", "dac-stuck")["kind"] == "dac-stuck"
        assert hands("jump", "5s")["mode"] == "safe"
        assert client.status().fault.name != "NONE"
    told = hands("happened")["happened"]
    assert [(row["kind"], row["is_mended"]) for row in told] == [
        ("lead-open", False), ("lead-open", True), ("dac-stuck", False),
    ]  # fmt: skip


def test_the_magnet_the_body_and_the_ledger(implant: Emulator, hands: Hands) -> None:
    with Client.connect(implant.address) as client:
        client.write_group(0, plain_group())
        client.start(0)
        hands("jump", "10s")
        assert hands("magnet", "for=3s")["therapy"] == "off"
    hands("pose", "lying-back")
    assert hands("jump", "10s")["posture"] == "lying-back"
    ledger = hands("ledger")
    assert ledger["pulses"] > 0
    assert sum(row["leading_pc"] for row in ledger["contacts"].values()) == 0
    assert all(row["net_pc"] == 0 for row in ledger["contacts"].values())
    assert {row["kind"] for row in hands("kinds")["kinds"]} == {kind.id for kind in KINDS}


def test_a_fault_script_can_begin_at_the_bench(hands: Hands, tmp_path: Path) -> None:
    script = tmp_path / "faults.toml"
    script.write_text('format = "scs-faults/1"\n[[fault]]\nat = "1 h"\nkind = "brown-out"\n', encoding="utf-8")
    assert hands("faults", str(script), "seed=3") == {"planned": 1, "chances": 0}
    hands("jump", "2h")
    assert [row["kind"] for row in hands("happened")["happened"]] == ["brown-out"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sing"], "no order 'sing'; choose one of state"),
        (["jump"], "jump has to be told time"),
        (["jump", "time=-3d"], "is not between 0 and"),
        (["jump", "3 moons"], "moons is no unit"),
        (["state", "loud=yes"], "does not take loud"),
        (["pose", "headstand"], "no pose; choose one of upright"),
        (["break", "gremlin"], 'no fault "gremlin"'),
        (["break", "lead-open", "contact=E31"], "E31 is no contact of this implant"),
        (["break", "brown-out", "for=3s"], "is not mended"),
        (["mend", "brown-out"], "nothing to mend"),
        (["magnet"], "near"),
        (["break", "lead-open", "contact=E3", "contact=E4"], "each name once"),
        (["snapshot"], "name one file"),
        (["restore", "no-such-file"], "no-such-file: cannot be opened"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence_and_nothing_happens(
    hands: Hands, words: list[str], said: str
) -> None:
    code, out, err = hands.try_to(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert hands("happened") == {"happened": []}


def test_the_door_is_its_owners_alone_and_goes_with_the_emulator(implant: Emulator, hands: Hands, door: Path) -> None:
    assert stat.S_IMODE(door.stat().st_mode) == 0o600
    implant.kill()
    assert door.exists()
    code, _, err = hands.try_to("state")
    assert code == 7
    assert "no bench is open here (Connection refused)" in err
    implant.start()
    wait_until(lambda: hands.try_to("state")[0] == 0, "the bench of the emulator that was started again")


def test_a_person_reads_what_came_back(hands: Hands) -> None:
    code, out, _ = hands.try_to("state")
    assert code == 0
    assert "posture  upright" in out
    assert "never for clinical use" in out


@pytest.mark.parametrize("line", ["", "nonsense", "[]", '{"do": 5}', '{"do": "restore", "snapshot": 5}', "[" * 100_000])
def test_a_line_that_is_no_order_is_answered_with_an_error(line: str) -> None:
    device = an_implant()
    answer = json.loads(BenchDoor(device, Campaign(device)).serve(line))
    assert answer["ok"] is False
    assert answer["error"]


def test_a_magnet_that_stays_is_near_until_it_is_taken_away() -> None:
    device = delivering().device
    door = BenchDoor(device, Campaign(device))
    door.do({"do": "magnet", "is": "near"})
    assert door.do({"do": "jump", "time": "3 s"})["therapy"] == "off"
    held = [device.parts.magnet.is_held]
    door.do({"do": "magnet", "is": "away"})
    held.append(device.parts.magnet.is_held)
    assert held == [True, False]
    assert set(ORDERS) >= {"state", "ledger", "jump", "pose", "snapshot", "restore"}
