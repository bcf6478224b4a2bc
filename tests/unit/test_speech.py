"""What a patient says: places of the body map in lay words, numbers that wander, patience that ends, every language."""

from __future__ import annotations

import json
import statistics
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scs.body.body_map import regions
from scs.body.language import find_language, languages
from scs.body.sensation import Felt
from scs.body.speech import NAMED_MOST, PATIENCE_LEAST, PATIENCE_MOST, Speaker
from scs.cli.main import main
from scs.errors import BadPrescription

FILE = "examples/tonic-default.toml"
NOTHING = Felt(0.0, {}, {}, is_painful=False, is_motor=False)
SPOKEN = {"left": "left", "right": "right", "side": "left", "side_of": "left", "where": "", "band": "", "score": "",
          "not": "", "first": "", "last": ""}  # fmt: skip


def felt(strength: float = 5.0, *, painful: bool = False, motor: bool = False, **parts: float) -> Felt:
    """Regions by name with underscores; those that begin with `band_` come from a root."""
    names = {name.replace("_", "-"): part for name, part in parts.items()}
    bands = {name.removeprefix("band-"): part for name, part in names.items() if name.startswith("band-")}
    own = {name: part for name, part in names.items() if not name.startswith("band-")}
    return Felt(strength, own, bands, is_painful=painful, is_motor=motor)


def test_it_is_the_left_calf_and_not_the_foot() -> None:
    for seed in range(30):
        said = Speaker(seed).where(felt(left_lower_leg=0.6)).words
        assert said.endswith("my left calf but not the foot"), said
    assert "not" not in Speaker(1).where(felt(left_lower_leg=0.6, left_foot=0.2)).words


def test_both_sides_are_said_in_one() -> None:
    said = Speaker(1).where(felt(left_foot=0.6, right_foot=0.5)).words
    assert "both feet" in said
    assert "left" not in said


def test_pain_in_a_root_is_said_unasked_with_its_place() -> None:
    said = {Speaker(seed).notice(felt(9.0, painful=True, band_left_chest=1.0)) for seed in range(30)}
    words = {answer.words for answer in said if answer}
    assert len(words) > 1
    assert all("my left ribs" in one for one in words)
    assert any(one.startswith("ow") for one in words)


def test_it_is_remarked_when_it_begins_grows_moves_and_ends_and_not_when_nothing_changes() -> None:
    speaker, words = Speaker(4), find_language("en").unasked
    assert speaker.notice(NOTHING) is None
    assert said(speaker, felt(2.0, left_foot=0.3)) in words.begins
    assert speaker.notice(felt(2.2, left_foot=0.3)) is None
    assert said(speaker, felt(4.0, left_foot=0.4)) in words.stronger
    assert "my right hand" in said(speaker, felt(4.0, right_hand=0.4))
    assert said(speaker, felt(2.5, right_hand=0.2)) in words.weaker
    assert said(speaker, felt(6.0, motor=True, right_hand=0.6)) in words.jumps
    assert said(speaker, NOTHING) in words.gone
    assert speaker.notice(NOTHING) is None


def said(speaker: Speaker, now: Felt) -> str:
    answer = speaker.notice(now)
    assert answer is not None
    return answer.words


def test_patience_ends_and_rest_brings_it_back() -> None:
    words = find_language("en").tired
    for seed in range(20):
        speaker = Speaker(seed)
        willing = speaker.left
        assert PATIENCE_LEAST <= willing <= PATIENCE_MOST
        answers = [speaker.where(felt(left_foot=0.6)).words for _ in range(willing + willing // 2 + 2)]
        assert not set(answers[:willing]) & {*words.short, *words.done}
        assert set(answers[willing:-2]) <= set(words.short)
        assert answers[-1] in words.done
        assert speaker.how_strong(felt()).score is None
        speaker.rest(60)
        assert speaker.left == willing
        assert speaker.how_strong(felt()).score is not None


def test_remarks_cost_no_patience() -> None:
    speaker = Speaker(3)
    before = speaker.left
    for strength in (2.0, 4.0, 6.0, 0.0):
        speaker.notice(felt(strength, left_foot=0.3))
    assert speaker.left == before


def test_numbers_wander_about_what_is_felt_in_halves_of_a_point() -> None:
    scores = [Speaker(seed).how_strong(felt(5.0)).score for seed in range(400)]
    numbers = [score for score in scores if score is not None]
    assert len(numbers) == 400
    assert statistics.mean(numbers) == pytest.approx(5.0, abs=0.15)
    assert 0.4 < statistics.stdev(numbers) < 0.85
    assert all(number * 2 == int(number * 2) for number in numbers)
    assert {Speaker(seed).how_strong(NOTHING).score for seed in range(20)} == {0.0}


def test_the_worst_pain_is_the_one_that_is_told() -> None:
    answer = Speaker(2).pain({"left-foot": 4.5, "low-back-middle": 7.0})
    assert answer.score == 7.0
    assert "low back" in answer.words
    assert "7" in answer.words


@given(seed=st.integers(0, 10**6), language=st.sampled_from(languages()), data=st.data())
def test_whatever_is_felt_can_be_said_and_the_same_seed_says_the_same(
    seed: int, language: str, data: st.DataObject
) -> None:
    part = st.floats(0.08, 1.0)
    places = st.dictionaries(st.sampled_from(sorted(regions())), part, max_size=8)
    now = st.builds(Felt, st.floats(0, 10), places, places, is_painful=st.booleans(), is_motor=st.booleans())
    course = data.draw(st.lists(now, max_size=5))

    def told() -> list[object]:
        speaker = Speaker(seed, language)
        return [(speaker.notice(one), speaker.where(one), speaker.how_strong(one)) for one in course]

    first = told()
    assert first == told()
    assert "{" not in str(first)


def test_nobody_lists_more_places_than_a_person_would() -> None:
    everything = Felt(7.0, dict.fromkeys(regions(), 0.9), {}, is_painful=False, is_motor=False)
    assert Speaker(1).where(everything).words.count("my ") <= NAMED_MOST + 1


@pytest.mark.parametrize("code", languages())
def test_a_language_has_every_key_and_no_text_asks_for_what_there_is_not(code: str) -> None:
    own, english = find_language(code), find_language("en")
    assert set(own.places) == set(english.places)
    assert set(own.beside) == set(english.beside)

    def check(value: object) -> None:
        if isinstance(value, str):
            assert {name for _, name, _, _ in Formatter().parse(value) if name} <= set(SPOKEN), value
        elif isinstance(value, dict):
            for inner in value.values():
                check(inner)
        elif isinstance(value, tuple | list):
            for inner in value:
                check(inner)

    check(own.model_dump())
    sided = {name.removeprefix("left-") for name in regions() if name.startswith("left-")}
    for name in sided:
        assert "{side" in own.places[name].one, f"{code}: {name} says no side"


def test_a_language_that_there_is_not_is_refused() -> None:
    with pytest.raises(BadPrescription, match="choose from en, de"):
        Speaker(1, "tlh")


def test_the_command_asks_and_prints_the_same_again(capsys: pytest.CaptureFixture[str]) -> None:
    said = [
        "body",
        "ask",
        FILE,
        "--amplitude",
        "9mA",
        "--seed",
        "2",
        "--question",
        "where",
        "strength",
        "pain",
        "--json",
    ]
    assert main(said) == 0
    first = capsys.readouterr().out
    answer = json.loads(first)
    assert [one["question"] for one in answer["said"]] == [None, "where", "strength", "pain"]
    assert all(one["words"] for one in answer["said"])
    assert answer["said"][2]["score"] is not None
    assert main(said) == 0
    assert capsys.readouterr().out == first
    assert main(["body", "ask", FILE, "--amplitude", "1mA"]) == 0
    assert "predicts nobody" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--language", "tlh"], "choose from en, de"),
        (["--indication", "magic"], "choose from fbss"),
        (["--hours", "-1"], "none of 0 to"),
        (["--posture", "flying"], "choose from supine"),
    ],
)
def test_what_cannot_be_asked_is_refused(change: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["body", "ask", FILE, *change]) == 2
    assert words in capsys.readouterr().err
