"""`scs device` against a real emulator over a real pseudo-terminal: what it prints and how it ends."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scs.cli.main import main
from scs.domain.program_file import ProgramFile, parse_program_file
from scs.domain.program_text import write_program_file
from scs.programmer.client import Client
from tests.support.emulators import RUN_S, Emulator, Ended, emulator, scs
from tests.support.reference_implant import plain_group

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals exist on POSIX only")


@pytest.fixture(scope="module")
def implant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("implant")) as running:
        yield running


def program_file(folder: Path, amplitude_ua: int, width_us: int = 210) -> str:
    path = folder / "program.toml"
    group = plain_group(amplitude_ua, width_us=width_us)
    path.write_text(write_program_file(ProgramFile("Trial", "made for a test", group)), encoding="utf-8")
    return str(path)


def device(implant: Emulator, *arguments: str) -> Ended:
    return scs("device", "--insecure", "--port", implant.address, *arguments)


def write_plain(implant: Emulator, folder: Path) -> None:
    assert device(implant, "write", program_file(folder, 2_000)).code == 0


def test_identify_names_the_implant_and_its_leads(implant: Emulator) -> None:
    ended = device(implant, "identify", "--json")
    assert ended.code == 0
    assert ended.data["serial"] == "SCS-000001"
    assert ended.data["contacts"] == 16
    assert [lead["port"] for lead in ended.data["leads"]] == ["A", "B"]
    assert "serial SCS-000001" in device(implant, "identify").out


def test_the_link_and_json_may_stand_on_either_side_of_the_verb(implant: Emulator) -> None:
    words = ("--insecure", "--port", implant.address, "--serial", "SCS-000001", "--json")
    assert scs("device", *words, "status").data["therapy"] == "off"
    assert scs("device", "status", *words).data["therapy"] == "off"
    assert scs("device", *words[:3], "status", *words[3:]).data["therapy"] == "off"
    assert scs("device", "status", *words, "--serial", "SCS-000002").code == 6


def test_impedance_is_measured_for_every_contact(implant: Emulator) -> None:
    ended = device(implant, "impedance", "--json")
    assert ended.code == 0
    assert [row["contact"] for row in ended.data["contacts"]] == [f"E{number}" for number in range(1, 17)]
    assert all(row["ohm"] > 0 and row["state"] == "ok" for row in ended.data["contacts"])


def test_what_was_written_reads_back_as_a_program_file(implant: Emulator, tmp_path: Path) -> None:
    written = device(implant, "write", program_file(tmp_path, 2_000), "--slot", "3", "--json")
    assert written.code == 0, written.err
    assert written.data["outcome"] == "pass"
    assert written.data["slot"] == 3
    read = device(implant, "read", "--slot", "3")
    assert "SCS-" not in read.out, "a file that goes from hand to hand names nobody's implant"
    assert read.code == 0
    assert parse_program_file("read back", read.out).group == plain_group(2_000)


def test_an_empty_slot_is_refused_with_the_reason(implant: Emulator) -> None:
    ended = device(implant, "read", "--slot", "7", "--json")
    assert ended.code == 4
    assert ended.data["error"]["reason"] == "empty-slot"


@pytest.mark.rule("charge-density")
@pytest.mark.hazard("H04")
@pytest.mark.req("FW-04")
def test_what_must_be_confirmed_is_written_only_with_the_rule_named(implant: Emulator, tmp_path: Path) -> None:
    path = program_file(tmp_path, 9_000, width_us=500)
    refused = device(implant, "write", path, "--slot", "5", "--json")
    assert refused.code == 1
    assert refused.data["outcome"] == "confirm"
    rules = sorted({row["rule"] for row in refused.data["findings"] if row["tier"] == "confirm"})
    assert "charge-density" in rules
    assert device(implant, "read", "--slot", "5").code == 4
    accepted = device(implant, "write", path, "--slot", "5", "--json", "--acknowledge", *rules)
    assert accepted.code == 0, accepted.err
    assert accepted.data["acknowledged"] == rules


@pytest.mark.hazard("H01")
@pytest.mark.req("FW-02")
def test_what_is_blocked_is_not_written_whatever_is_acknowledged(implant: Emulator, tmp_path: Path) -> None:
    path = program_file(tmp_path, 60_000)
    ended = device(implant, "write", path, "--slot", "6", "--json", "--acknowledge", "grid", "contact-current")
    assert ended.code == 1
    assert ended.data["outcome"] == "block"
    assert ended.data["written"] is False
    assert device(implant, "read", "--slot", "6").code == 4


def test_start_amplitude_and_stop_follow_each_other(implant: Emulator, tmp_path: Path) -> None:
    write_plain(implant, tmp_path)
    assert device(implant, "start", "--json").data["mode"] == "therapy"
    tried = device(implant, "amplitude", "2.5mA", "--for", "300ms", "--json")
    assert tried.code == 0, tried.err
    assert tried.data["tried"]["targets_ua"] == [2_500]
    assert tried.data["tried"]["trial"] is True
    assert tried.data["after"]["therapy"] == "ramping-down"
    stopped = device(implant, "stop", "--json")
    assert stopped.code == 0
    assert stopped.data["stopped"] is True
    assert device(implant, "status", "--json").data["therapy"] == "off"
    assert device(implant, "read", "--json").data["group"]["programs"][0]["amplitude"] == "2 mA"


def test_an_amplitude_that_is_kept_is_committed(implant: Emulator, tmp_path: Path) -> None:
    write_plain(implant, tmp_path)
    device(implant, "start")
    kept = device(implant, "amplitude", "2.2mA", "--for", "100ms", "--keep", "--json")
    assert kept.code == 0, kept.err
    assert kept.data["after"]["trial"] is False
    assert kept.data["after"]["mode"] == "therapy"
    device(implant, "stop")
    assert device(implant, "read", "--json").data["group"]["programs"][0]["amplitude"] == "2.2 mA"


def test_an_amplitude_without_therapy_is_refused_by_the_implant(implant: Emulator, tmp_path: Path) -> None:
    write_plain(implant, tmp_path)
    device(implant, "stop")
    ended = device(implant, "amplitude", "2.1mA", "--json")
    assert ended.code == 4
    assert ended.data["error"]["reason"] == "wrong-mode"
    assert "scs:" in ended.err


def test_the_log_is_exported_with_its_chain_checked(implant: Emulator) -> None:
    whole = device(implant, "log", "--export", "json")
    assert whole.code == 0
    assert whole.data["is_intact"]
    rows = list(csv.DictReader(device(implant, "log", "--export", "csv").out.splitlines()))
    assert [int(row["sequence"]) for row in rows][:3] == [1, 2, 3]
    entries = whole.data["entries"]
    assert [row["link"] for row in rows][: len(entries)] == [entry["link"] for entry in entries]
    later = device(implant, "log", "--export", "json", "--after", "2")
    assert (later.code, later.data["entries"][0]["sequence"]) == (0, 3)


def test_an_implant_that_was_switched_on_says_so(implant: Emulator) -> None:
    told = device(implant, "resets", "--json").data
    assert (told["cause"], told["count"], told["unplanned_us"], told["is_magnet_held"]) == ("power-on", 0, [], False)
    assert "power-on" in device(implant, "resets").out


def test_usage_says_how_long_each_group_ran(implant: Emulator, tmp_path: Path) -> None:
    write_plain(implant, tmp_path)
    before = {row["slot"]: row["starts"] for row in device(implant, "usage", "--json").data["slots"]}
    device(implant, "start")
    device(implant, "stop")
    rows = {row["slot"]: row for row in device(implant, "usage", "--json").data["slots"]}
    assert rows[0]["starts"] == before.get(0, 0) + 1
    assert rows[0]["therapy_us"] > 0
    (first, *_) = rows[0]["postures"]
    assert (first["program"], first["posture"]) == (0, "upright")
    assert first["us"] == rows[0]["programs_us"][0]
    said = device(implant, "usage").out
    assert "slot 0: 0.00 h of therapy" in said
    assert "upright 0.00 h" in said


def test_the_log_is_whole_and_watch_follows_it(implant: Emulator) -> None:
    entries = device(implant, "log", "--json").data["entries"]
    numbers = [entry["sequence"] for entry in entries]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert device(implant, "log", "--after", str(numbers[-1]), "--json").data["entries"] != entries
    watched = device(implant, "watch", "--for", "700ms", "--json")
    assert watched.code == 0
    assert sum("status" in line for line in watched.lines) >= 2


@pytest.mark.hazard("H12")
@pytest.mark.req("PR-02")
def test_another_serial_number_is_the_wrong_device(implant: Emulator) -> None:
    ended = scs("device", "--insecure", "--port", implant.address, "--serial", "SCS-999999", "status", "--json")
    assert ended.code == 6
    assert "SCS-000001" in ended.data["error"]["message"]


def test_a_file_meant_for_other_leads_is_not_written(implant: Emulator, tmp_path: Path) -> None:
    text = Path(program_file(tmp_path, 2_000)).read_text(encoding="utf-8")
    other = tmp_path / "other.toml"
    leads = 'implant.leads = [{ port = "A", model = "saluda-evoke-12c" }]\n'
    head, table, rest = text.partition("[group]")
    other.write_text(head + leads + table + rest, encoding="utf-8")
    ended = device(implant, "write", str(other))
    assert ended.code == 2
    assert "saluda-evoke-12c" in ended.err


def test_a_port_that_is_not_there_is_port_trouble() -> None:
    ended = scs("device", "--insecure", "--port", "/dev/there-is-none", "status", "--json")
    assert ended.code == 7
    assert ended.data["error"]["exit_code"] == 7


@pytest.mark.slow
def test_a_port_where_nobody_listens_is_no_answer() -> None:
    assert sys.platform != "win32"
    import os

    master, slave = os.openpty()
    try:
        ended = scs("device", "--insecure", "--port", os.ttyname(slave), "status")
    finally:
        os.close(slave)
        os.close(master)
    assert ended.code == 3
    assert "nobody answered" in ended.err


def test_a_word_that_is_no_amplitude_is_unreadable(implant: Emulator) -> None:
    ended = device(implant, "amplitude", "3 apples")
    assert ended.code == 2
    assert "3 apples" in ended.err


@pytest.mark.hazard("H14")
@pytest.mark.hazard("H17")
@pytest.mark.req("FW-23", "FW-21")
def test_what_was_committed_survives_the_loss_of_power(tmp_path: Path) -> None:
    with emulator(tmp_path) as running:
        write_plain(running, tmp_path)
        running.kill()
        running.start()
        status = device(running, "status", "--json").data
        assert (status["generation"], status["therapy"]) == (1, "off")
        assert device(running, "read").code == 0


@pytest.mark.hazard("H28", "H29")
@pytest.mark.req("FW-33")
@pytest.mark.parametrize(
    ("mode", "way_out"),
    [("mri", "scs device mri leave"), pytest.param("storage", "scs device storage leave", marks=pytest.mark.slow)],
)
def test_a_kept_mode_outlasts_the_emulator_and_says_how_it_is_left(tmp_path: Path, mode: str, way_out: str) -> None:
    with emulator(tmp_path) as running:
        write_plain(running, tmp_path)
        if mode == "mri":
            assert "For a person to decide: leads, scanner." in device(running, "mri", "check").out
            assert device(running, "mri", "check", "--json").data["is_refused"] is False
        entered = device(running, mode, "enter")
        assert entered.code == 0, entered.err
        assert f"mode {mode}" in entered.out
        assert way_out in entered.out
    with emulator(tmp_path) as again:
        refused = device(again, "start", "--json")
        assert refused.code == 4
        assert refused.data["error"]["reason"] == f"in-{mode}"
        assert device(again, mode, "leave", "--json").data["mode"] == "idle"
        assert device(again, "start", "--json").data["mode"] == "therapy"
        assert device(again, mode, "enter", "--json").data["error"]["reason"] == "wrong-mode"


@pytest.mark.slow
@pytest.mark.hazard("H13")
@pytest.mark.req("FW-30", "PR-10")
def test_a_link_lost_in_a_trial_says_what_stands(tmp_path: Path) -> None:
    with emulator(tmp_path) as implant:
        write_plain(implant, tmp_path)
        assert device(implant, "start").code == 0
        words = ["device", "--insecure", "--port", implant.address, "amplitude", "1.5mA", "--for", "60s"]
        with subprocess.Popen(
            [sys.executable, "-m", "scs.cli", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as trial:
            assert trial.stdout is not None
            assert "a trial change that hangs on the link" in trial.stdout.readline()
            implant.kill()
            _, complaint = trial.communicate(timeout=RUN_S)
    assert trial.returncode == 5
    assert "1.5 mA was tried" in complaint
    assert "the committed 2 mA stands" in complaint


def test_the_demonstration_without_a_terminal_tells_an_appointment_and_succeeds() -> None:
    ended = scs("demo")
    assert ended.code == 0, ended.err
    for word in ("Identify", "Impedance", "Check", "Write", "Read back", "Start", "Titrate", "Over the limit", "STOP"):
        assert f"{word}:" in ended.out
    assert ended.out.rstrip().endswith("Everything was as expected.")


@pytest.mark.req("FW-26")
def test_the_battery_is_told_with_who_has_drawn_from_it(implant: Emulator) -> None:
    ended = device(implant, "battery", "--json")
    assert (ended.code, ended.data["level"], ended.data["charger"]) == (0, "good", "absent")
    assert ended.data["drawn_uc"]["telemetry"] > 0
    assert "days to empty" in device(implant, "battery").out


@pytest.mark.slow
def test_a_group_with_windows_starts_only_once_the_clock_is_set(implant: Emulator, tmp_path: Path) -> None:
    device(implant, "stop")
    unset = device(implant, "clock", "--json").data
    assert (unset["is_set"], unset["time_of_day_us"], unset["set_us"]) == (False, None, None)
    plain = Path(program_file(tmp_path, 2_000)).read_text(encoding="utf-8")
    windows = 'schedule = [{ from = "08:00", to = "22:00" }]\ndaily_dose = "6 h"\n\n[[group.programs]]'
    by_day = tmp_path / "by-day.toml"
    by_day.write_text(plain.replace("\n[[group.programs]]", windows, 1), encoding="utf-8")
    assert device(implant, "write", str(by_day), "--slot", "5").code == 0
    assert 'schedule = [{ from = "08:00", to = "22:00" }]' in device(implant, "read", "--slot", "5").out
    refused = device(implant, "start", "--slot", "5", "--json")
    assert refused.data["error"]["reason"] == "clock-unset"
    assert "says 07:00:00" in device(implant, "clock", "--set", "07:00").out
    device(implant, "start", "--slot", "5")
    waiting = device(implant, "status")
    assert "waits: no window of its schedule is open, for " in waiting.out
    assert "program 0: 40 Hz is delivered at 40 Hz (every 25000 us)" in waiting.out
    assert "dose: 0 s of 6 h 0 min used" in waiting.out
    device(implant, "clock", "--set", "08:00")
    assert device(implant, "status", "--json").data["delivery"]["held_by"] is None
    device(implant, "stop")
    assert device(implant, "clock", "--set", "25:00").code == 2


def test_a_default_slot_is_what_a_start_means_that_names_none(
    implant: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str) -> str:
        code = main(["device", "--insecure", "--port", implant.address, *words])
        heard = capsys.readouterr()
        return heard.out if code == 0 else f"{code}: {heard.err}"

    with Client.connect(implant.address) as client:
        for slot in (1, 4):
            client.write_group(slot, plain_group(1_000))
    assert said("default", "7").startswith("4: ")
    assert json.loads(said("default", "4", "--json"))["default"] == 4
    assert "therapy of slot 4" in said("start")
    assert "is running; stop it first" in said("clear", "4")
    assert said("stop")
    assert json.loads(said("clear", "4", "--json"))["default"] is None
    held, _, default = said("slots").partition("; ")
    assert ("1" in held, "4" in held) == (True, False)
    assert default.startswith("no slot is the default")
