"""Each lemma is proved for the function as it is, and refuted for its wrong twin; what is not decided is no proof."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from scs.cli import prove as prove_command
from scs.cli.main import main
from scs.clock import Duration
from scs.domain import charge
from scs.proof.lemma import Answer, Control, show
from scs.proof.prover import LEMMAS, lemma_named, prove

LONG = Duration.of_s(60)
LONGEST = ("split",)
"""What takes z3 longer than all others together is proved by night."""


@pytest.mark.req("FW-02", "FW-04", "FW-05", "FW-06")
@pytest.mark.hazard("H01", "H04", "H05", "H06", "H34")
@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [pytest.param(lemma.name, marks=[pytest.mark.nightly] if lemma.name in LONGEST else []) for lemma in LEMMAS],
)
def test_a_lemma_is_proved_and_its_control_refuted(name: str) -> None:
    proof = show(lemma_named(name), LONG)
    assert (proof.trial.answer, proof.trial.claim) == (Answer.PROVED, "")
    assert proof.control.answer is Answer.REFUTED, proof.control.claim
    assert proof.holds
    assert proof.trial.questions


def test_a_refuted_lemma_comes_with_numbers_that_show_it_in_plain_python() -> None:
    lemma = lemma_named("currents-neutral")
    proof = show(replace(lemma, subject=lemma.control.subject), LONG)
    assert proof.trial.answer is Answer.REFUTED
    assert not proof.holds
    assert proof.trial.values["amplitude_ua"] >= 0


def test_a_control_that_is_right_is_no_control() -> None:
    lemma = lemma_named("density")
    proof = show(replace(lemma, control=Control("nothing", charge.density_exceeds)), LONG)
    assert proof.trial.answer is Answer.PROVED
    assert proof.control.answer is Answer.PROVED
    assert not proof.holds


def test_what_z3_does_not_decide_in_time_is_unknown() -> None:
    lemma = lemma_named("split-monotone")
    proof = show(replace(lemma, cases=(3,)), Duration.of_ms(1))
    assert proof.trial.answer is Answer.UNKNOWN
    assert not proof.holds


def test_lemmas_come_in_the_order_of_the_table() -> None:
    names = ["phase-charge", "decay", "period"]
    assert [proof.name for proof in prove(names, LONG)] == ["phase-charge", "period", "decay"]


def test_the_command_prints_a_line_a_row_and_a_lemma_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--only", "charge-density", "phase-charge", "period"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("agree      charge-density")
    assert lines[1].startswith("1,022,000 points, 0 disagreements, ")
    proved = [line for line in lines if line.startswith("proved")]
    assert [line.split()[1] for line in proved] == ["phase-charge", "period"]
    assert all(line.endswith(" s") for line in proved)
    assert sum(line.lstrip().startswith("control refuted, ") for line in lines) == 2
    assert any(line.startswith("2 lemmas, each control refuted, ") for line in lines)


def test_the_command_ends_with_1_at_the_first_lemma_that_is_not_decided(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--only", "split-monotone", "period", "--timeout", "1ms"]) == 1
    out = capsys.readouterr().out
    assert "unknown    split-monotone" in out
    assert "period" not in out


def test_the_command_answers_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--only", "phase-charge", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["holds"] is True
    (lemma,) = answer["lemmas"]
    assert (lemma["name"], lemma["answer"], lemma["control"]["answer"]) == ("phase-charge", "proved", "refuted")
    assert answer["rows"] == []


def test_a_name_that_nobody_knows_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["prove", "--only", "magic"])
    assert ended.value.code == 2
    assert 'there is no "magic"; choose from charge-density, ' in capsys.readouterr().err


def test_without_z3_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prove_command, "find_spec", lambda _name: None)
    with pytest.raises(SystemExit) as ended:
        main(["prove"])
    assert ended.value.code == 2
    assert "pip install 'scs[proof]'" in capsys.readouterr().err


def test_the_list_says_what_each_claims(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--list"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n{lemma.name}\n" in out for lemma in LEMMAS)
