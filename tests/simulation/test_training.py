"""Every scenario that comes along can be passed and failed, and the world is one world."""

from __future__ import annotations

import csv
import io
import json
from argparse import Namespace
from pathlib import Path

import pytest

from scs.body.anatomy import Posture
from scs.cli.main import main
from scs.cli.train_report import run_report
from scs.clock import Duration
from scs.errors import BadFile, BadPrescription, RecordError
from scs.training.class_list import class_csv, read_result
from scs.training.debrief import debrief, result_fields
from scs.training.feeling import moved_down
from scs.training.goals import Judged
from scs.training.lint import lint
from scs.training.scenario import Goal, Scenario, find_scenario, scenario_ids
from scs.training.scoring import UNSAFE_CAP, run_script, score
from scs.training.steps import Step, parse_script
from scs.training.trainee import Trainee
from scs.training.typed import parse_step
from scs.training.world import World

ASKED_FOR = {
    "first-fbss", "first-pdn", "first-crps", "lead-migration", "fractured-lead", "rib-stimulation", "lying-down",
    "out-of-compliance", "battery-near-eri", "failed-charging", "mri-bad-contact", "mri-mode-stuck", "lost-link",
    "closed-loop", "salvage",
}  # fmt: skip


def changed(scenario: Scenario, **fields: object) -> Scenario:
    return scenario.model_copy(update=fields)


def test_everything_that_was_asked_for_is_there() -> None:
    assert set(scenario_ids()) >= ASKED_FOR


@pytest.mark.parametrize("scenario_id", scenario_ids())
def test_an_expert_passes_and_a_careless_trainee_fails(scenario_id: str) -> None:
    assert lint(find_scenario(scenario_id)) == ()


def test_a_scenario_that_nobody_can_solve_or_anybody_can_is_not_sound() -> None:
    scenario = find_scenario("mri-bad-contact")
    assert any(line.startswith("expert:") for line in lint(changed(scenario, expert=scenario.careless)))
    assert any(line.startswith("careless:") for line in lint(changed(scenario, careless=scenario.expert)))


def test_any_unsafe_act_caps_the_score() -> None:
    goal = Goal(category="outcome", sentence="it runs", check="delivers")
    assert score([Judged(goal, is_met=True)], has_unsafe=False) == 100
    assert score([Judged(goal, is_met=True)], has_unsafe=True) == UNSAFE_CAP


def test_the_score_weighs_the_categories_that_a_scenario_has() -> None:
    safe = Goal(category="safety", sentence="it was measured", check="did", did="impedance")
    runs = Goal(category="record", sentence="it is written down", check="recorded", topic="finding")
    assert score([Judged(safe, is_met=True), Judged(runs, is_met=False)], has_unsafe=False) == 66
    assert score([Judged(safe, is_met=False), Judged(runs, is_met=True)], has_unsafe=False) == 33


def test_the_same_session_is_the_same_twice() -> None:
    scenario = find_scenario("fractured-lead")
    assert run_script(scenario, scenario.expert).moments == run_script(scenario, scenario.expert).moments


def test_what_is_felt_follows_what_is_delivered_and_how_the_patient_lies() -> None:
    world = World(find_scenario("lying-down"))
    assert world.feeling.grade == "strong"
    world.take_posture(Posture.SUPINE)
    assert world.feeling.grade == "painful"
    with world.open_client() as client:
        client.stop()
    assert world.feeling.grade == "nothing"


def test_a_lead_that_slips_moves_what_is_felt_and_no_impedance() -> None:
    scenario = find_scenario("lead-migration")
    still, slipped = World(changed(scenario, happening=())), World(scenario)
    slipped.pass_time(Duration(1_000_000))
    assert slipped.feeling.regions != still.feeling.regions
    for world in (still, slipped):
        with world.open_client() as client:
            client.stop()
            assert all(state.name == "OK" for _, _, state in client.measure_impedance().contacts)


def test_a_conductor_that_breaks_is_felt_at_once() -> None:
    world = World(find_scenario("fractured-lead"))
    assert world.feeling.grade == "comfortable"
    world.pass_time(Duration(3_000_000))
    assert world.feeling.grade == "nothing"


def test_pain_that_is_left_standing_is_unsafe_and_told_once() -> None:
    world = World(find_scenario("rib-stimulation"))
    world.pass_time(Duration(30_000_000))
    assert not world.course.unsafe
    world.pass_time(Duration(1_000_000))
    for _ in range(3):
        world.pass_time(Duration(60_000_000))
    assert [moment.verb for moment in world.course.unsafe] == ["pain-left"]


def test_a_refusal_is_written_down_and_changes_nothing() -> None:
    world = World(find_scenario("lying-down"))
    trainee = Trainee(world)
    said = trainee.do(Step(do="impedance"))
    assert said.startswith("refused:")
    assert world.course.moments[-1].kind == "refused"
    assert world.feeling.grade == "strong"


def test_a_commit_that_is_lost_leaves_the_slot_as_it_was() -> None:
    scenario = find_scenario("lost-link")
    trainee = Trainee(World(scenario))
    write = next(step for step in scenario.expert if step.do == "write")
    assert trainee.do(write).startswith("refused:")
    trainee.do(Step(do="reconnect"))
    assert trainee.client.find_group(1) is None


def test_a_step_that_says_too_little_or_too_much_is_refused() -> None:
    for line, word in (
        ("start", "slot"),
        ("ask slot=1", "does not take slot"),
        ("dance", "no step"),
        ("titrate program=0 by=0mA until=felt most=1mA", "rises never"),
    ):
        with pytest.raises((BadFile, BadPrescription), match=word):
            parse_step(line)
    assert parse_step('amplitude program=0 amplitude="3 mA"').amplitude_ua == 3_000
    assert parse_step("posture supine").posture == "supine"


def test_a_script_names_every_problem() -> None:
    text = 'format = "scs-trainee/1"\ntitle = "x"\n[[step]]\ndo = "fly"\n[[step]]\ndo = "hold"\n'
    with pytest.raises(BadFile) as caught:
        parse_script("mine.toml", text)
    assert len(caught.value.problems) == 2


def test_a_debrief_tells_what_was_done_and_felt_and_the_path_of_an_expert() -> None:
    scenario = find_scenario("rib-stimulation")
    fields = result_fields(run_script(scenario, scenario.careless), "anna", 1)
    text = "\n".join(debrief(fields, scenario.expert))
    for word in ("painful", "nobody ended it", "the path of an expert", "caps the score", "predicts nobody"):
        assert word in text


def test_a_class_is_listed_and_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = []
    for name, how in (("ben", "--careless"), ("anna", "--expert")):
        path = tmp_path / f"{name}.json"
        code = main(["train", "run", "mri-bad-contact", how, "--trainee", name, "--save", str(path)])
        assert code == (0 if how == "--expert" else 1)
        kept.append(str(path))
    assert main(["train", "report", *kept, "--csv", str(tmp_path / "class.csv")]) == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "class.csv").read_text())))
    assert [(row["trainee"], row["passed"]) for row in rows] == [("anna", "yes"), ("ben", "no")]
    assert rows[1]["unsafe"] == "1"
    capsys.readouterr()
    assert main(["train", "report", kept[0]]) == 0
    assert "the path of an expert" in capsys.readouterr().out
    with pytest.raises(BadFile, match="save one with"):
        read_result("x.json", json.dumps({"format": "another"}))
    assert class_csv([]).count("\n") == 1


def test_a_result_is_kept_in_the_book_and_told_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCS_RECORDS_URL", f"sqlite:///{tmp_path / 'book.sqlite'}")
    assert main(["train", "report"]) == 0
    assert "no result of training here" in capsys.readouterr().out
    for name, how in (("ben", "--careless"), ("anna", "--expert")):
        main(["train", "run", "mri-bad-contact", how, "--trainee", name])
    capsys.readouterr()
    assert main(["train", "report", "--csv", str(tmp_path / "class.csv")]) == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "class.csv").read_text())))
    assert [(row["trainee"], row["passed"], row["session"]) for row in rows] == [
        ("anna", "yes", "2"),
        ("ben", "no", "1"),
    ]
    capsys.readouterr()
    assert main(["train", "report", "--trainee", "ben", "--json"]) == 0
    assert [row["trainee"] for row in json.loads(capsys.readouterr().out)["results"]] == ["ben"]
    assert main(["train", "report", "last"]) == 0
    assert "the path of an expert" in capsys.readouterr().out
    assert main(["records", "verify"]) == 0
    assert main(["records", "show", "1"]) == 0
    assert "ben in training" in capsys.readouterr().out
    with pytest.raises(RecordError, match="no session 7"):
        run_report(Namespace(results=["7"], trainee=None, scenario=None, csv=None, json=False))


def test_a_book_that_fails_takes_nothing_away_from_a_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCS_RECORDS_URL", f"sqlite:///{tmp_path}")
    assert main(["train", "run", "mri-bad-contact", "--expert"]) == 0
    assert "not in the book of sessions" in capsys.readouterr().err


def test_a_patient_who_is_asked_too_often_loses_patience_until_a_rest() -> None:
    world = World(find_scenario("lying-down"))
    answers = [answer.words for _ in range(30) for answer in world.ask("where")]
    tired = {*world.speaker.words.tired.short, *world.speaker.words.tired.done}
    assert answers[0] not in tired
    assert answers[-1] in tired
    world.pass_time(Duration(3_600_000_000))
    assert world.ask("where")[0].words not in tired


def test_the_patient_speaks_another_language_and_feels_the_same() -> None:
    scenario = find_scenario("lying-down")
    english, german = World(scenario), World(scenario, language="de")
    assert german.feeling == english.feeling
    assert "Oberschenkel" in german.ask("where")[0].words
    assert "thigh" in english.ask("where")[0].words


def test_what_the_loop_reads_is_the_potential_of_this_patient_here() -> None:
    world = World(find_scenario("closed-loop"))

    def evoked_uv() -> float:
        return world.device.parts.senses.body.evoked_uv(0, 7.0, 210)

    sitting = evoked_uv()
    assert world.device.parts.senses.body.evoked_uv(0, 1.0, 210) < 2
    world.take_posture(Posture.SUPINE)
    assert evoked_uv() > 1.5 * sitting
    world.laid = moved_down(world.laid, "A", 60_000)
    world.notice()
    assert evoked_uv() != sitting


def following() -> World:
    """A session in which the expert has closed the loop, and everybody went home."""
    scenario = find_scenario("closed-loop")
    trainee = Trainee(World(scenario))
    for step in scenario.expert[:6]:
        trainee.do(step)
    trainee.leave()
    return trainee.world


def test_a_loop_at_home_delivers_what_it_would_have_pulse_by_pulse() -> None:
    looped, held = following(), following()
    span = Duration(240_000_000)
    before = [world.bench.parts.stimulator.ledger.delivered_pc for world in (looped, held)]
    looped.step(looped.device.now + span)
    held.live(span)
    after = [world.bench.parts.stimulator.ledger.delivered_pc for world in (looped, held)]
    assert held.bench.pulses == looped.bench.pulses
    charges = [end - begun for begun, end in zip(before, after, strict=True)]
    assert charges[1] == pytest.approx(charges[0], rel=0.02)
    held.pass_time(Duration(5_000_000))
    assert held.device.parts.therapy.loops[0] is not None
    assert held.device.parts.therapy.loops[0].latest.height_nv == pytest.approx(40_000, abs=25_000)


def test_days_at_home_in_closed_loop_are_lived_in_a_leap() -> None:
    world = following()
    world.live(Duration(3 * 86_400_000_000))
    assert world.bench.pulses > 3 * 86_400 * 39
    assert world.feeling.grade in ("faint", "comfortable")


def test_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "list", "--json"]) == 0
    assert {row["id"] for row in json.loads(capsys.readouterr().out)["scenarios"]} == set(scenario_ids())
    assert main(["train", "list", "first-crps"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    for past in find_scenario("first-crps").patient.history:
        assert past.gave in told


def test_a_typed_session_is_scored_at_its_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = "ask\nposture\nhint\nstop\nfind posture\nrecord topic=finding words='too strong lying'\ndone\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert main(["train", "run", "lying-down"]) == 1
    said = capsys.readouterr().out
    assert "my left calf" in said
    assert "posture has to be told posture" in said
    assert "no impedance changes" in said
    assert "not passed" in said


def test_everybody_has_a_history_of_an_own_that_says_what_each_thing_gave() -> None:
    people: dict[str, tuple[object, ...]] = {}
    for name in scenario_ids():
        patient = find_scenario(name).patient
        assert len(patient.history) >= 4
        people.setdefault(patient.name, patient.history[:1])
    assert len(set(people.values())) == len(people)
    told = " ".join(past.what for name in scenario_ids() for past in find_scenario(name).patient.history)
    for tried in ("fusion", "block", "epidural", "radiofrequency ablation", "discectomy"):
        assert tried in told
