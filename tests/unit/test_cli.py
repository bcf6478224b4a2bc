"""The `scs` command as a whole: verbs, exit codes, listings, and what it may load."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from scs import errors
from scs.cli.exit_codes import ExitCode, code_of
from scs.cli.failures import guarded
from scs.cli.given_files import chosen_profile
from scs.cli.main import VERBS, main, module_of
from scs.cli.table import FOOTER, WIDTH, Paint
from scs.domain.fields import FROM_TEXT
from scs.domain.lead import catalogue
from scs.domain.profile import DeviceProfile, find_profile, parse_profile, profile_ids
from scs.training.debrief import briefing
from scs.training.scenario import find_scenario, scenario_ids
from tests.support.sources import ROOT

TONIC = "examples/tonic-default.toml"
HEAVY = {"textual", "rich", "numpy", "hypothesis", "serial", "asyncio", "cbor2", "cobs", "crcmod"}


def _scs(*words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scs.cli", *words]
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["check", TONIC], 0),
        (["check", "examples/blocked.toml"], 1),
        (["check", "nowhere.toml"], 2),
        (["check"], 2),
        (["chekc", TONIC], 2),
        ([], 2),
    ],
)
def test_a_process_ends_with_the_documented_code(words: list[str], code: int) -> None:
    done = _scs(*words)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_a_program_can_come_from_standard_input() -> None:
    done = _scs("check", "-", "--format", "json", given=(ROOT / TONIC).read_text(encoding="utf-8"))
    assert json.loads(done.stdout)[0]["outcome"] == "pass"


def test_a_reader_who_leaves_early_is_no_failure() -> None:
    command = [sys.executable, "-m", "scs.cli", "profiles", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == ExitCode.OUTPUT_CLOSED


@pytest.mark.parametrize("words", [["--help"], ["check", "--help"], ["check", TONIC]])
def test_help_and_check_load_nothing_heavy(words: list[str]) -> None:
    program = (
        "import sys\n"
        "from scs.cli.main import module_of, main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit:\n    pass\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=ROOT,
        env={**os.environ, "PYDANTIC_DISABLE_PLUGINS": "__all__"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = set(done.stderr.split("'"))
    assert "argparse" in loaded
    assert loaded & HEAVY == set()
    if "--help" in words:
        assert "pydantic" not in loaded


def test_every_verb_has_its_module_and_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert FOOTER in shown
    for verb, about in VERBS.items():
        assert f"    {verb}" in shown
        assert callable(module_of(verb).add_parser)
        with pytest.raises(SystemExit):
            main([verb, "--help"])
        said = " ".join(capsys.readouterr().out.split())
        assert "never for clinical use" in said, about


@pytest.mark.parametrize(
    ("words", "verb"),
    [
        (["check", "a.toml", "--foo"], "scs check"),
        (["device", "write", "0", "a.toml"], "scs device write"),
        (["records", "list", "--bar"], "scs records list"),
    ],
)
def test_words_that_nobody_takes_are_told_by_their_verb(
    words: list[str], verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"usage: {verb} ")
    assert said.endswith(f"{verb}: error: nothing here takes {words[-1]}; see '{verb} --help'\n")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.BadFile("a", ("b",)), 2),
        (errors.BadQuantity("b"), 2),
        (errors.BadPrescription("b"), 2),
        (errors.StoreError("b"), 2),
        (errors.NoAnswer("b"), 3),
        (errors.Refused("b", reason="blocked", rules=("shannon",)), 4),
        (errors.LinkLost("b"), 5),
        (errors.WrongDevice("b"), 6),
        (errors.RemoteProtocolError("b"), 6),
        (errors.PortNotFound("b"), 7),
        (errors.PortBusy("b"), 7),
        (errors.LinkClosed("b"), 7),
        (errors.BadAddress("b"), 7),
    ],
)
def test_each_failure_has_its_own_code_and_is_said_on_standard_error(
    capsys: pytest.CaptureFixture[str], error: errors.ScsError, code: int
) -> None:
    def fail(_: Namespace) -> int:
        raise error

    assert guarded(fail, Namespace()) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("scs: ")
    assert str(error) in err


def test_every_kind_of_failure_has_a_code() -> None:
    kinds = [errors.ScsError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    ready: dict[type[errors.ScsError], Callable[[], errors.ScsError]] = {
        errors.BadFile: lambda: errors.BadFile("a", ("b",)),
        errors.Refused: lambda: errors.Refused("b", reason="blocked"),
    }
    for kind in kinds[1:]:
        made = ready[kind]() if kind in ready else kind("b")
        assert code_of(made) > ExitCode.BLOCKED


def test_control_c_is_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_: Namespace) -> int:
        raise KeyboardInterrupt

    assert guarded(interrupted, Namespace()) == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == "scs: interrupted\n"


def test_the_leads_are_listed_with_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["leads", "--json"]) == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert set(rows) == set(catalogue())
    assert rows["saluda-evoke-12c"]["published_area_um2"] == 12_440_000
    assert rows["saluda-evoke-12c"]["area_um2"] == 12_440_706
    assert main(["leads"]) == 0
    table = capsys.readouterr().out
    assert all(len(line) <= WIDTH for line in table.splitlines())
    assert all(lead in table for lead in catalogue())
    assert table.rstrip().endswith(FOOTER)


def test_a_profile_is_listed_row_by_row_and_its_json_is_a_profile_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles"]) == 0
    table = capsys.readouterr().out
    assert all(profile in table for profile in profile_ids())
    assert main(["profiles", "proclaim"]) == 0
    shown = capsys.readouterr().out
    assert "500 Hz to 1.2 kHz by\n  20 Hz" in shown or "500 Hz to 1.2 kHz by 20 Hz" in shown
    assert "[found2: G1]" in shown
    assert all(len(line) <= WIDTH for line in (table + shown).splitlines())
    assert main(["profiles", "proclaim", "--json"]) == 0
    read = DeviceProfile.model_validate(json.loads(capsys.readouterr().out), context=FROM_TEXT)
    assert read == find_profile("proclaim")


def test_the_schema_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "group" in schema["required"]


def test_colours_are_for_terminals_and_for_those_who_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Paint(Terminal())("word", "red", "bold") == "\x1b[31;1mword\x1b[0m"
    assert Paint(io.StringIO())("word", "red") == "word"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Paint(Terminal())("word", "red") == "word"


def test_an_unknown_bench_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "nothing"]) == ExitCode.UNREADABLE
    assert "startup" in capsys.readouterr().err


def test_a_profile_file_that_is_wrong_names_its_row() -> None:
    text = (ROOT / "scs/domain/data/profiles/reference.toml").read_text(encoding="utf-8")
    with pytest.raises(errors.BadPrescription, match=r"profile row amplitude\.max"):
        parse_profile(text.replace('max = "25.5 mA"', "max = 25.5", 1))


@pytest.mark.parametrize(
    ("text", "said"), [('id = "mine"', "profile row name: Field required"), ("id = [[", "line 1 is no TOML: ")]
)
def test_a_profile_file_that_is_wrong_is_named_once(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(errors.BadFile) as refused:
        chosen_profile(str(path))
    assert str(refused.value).startswith(f"{path}: {said}")


@pytest.mark.parametrize("scenario", scenario_ids())
def test_what_a_trainee_is_told_breaks_at_words_and_fits_the_narrowest_terminal(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "list", scenario]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= WIDTH
    assert " ".join(said.split()) == " ".join(" ".join([*briefing(find_scenario(scenario)), FOOTER]).split())
