"""The walk through a pairing: a magnet and its words, for whom, the words that both sides show, and what goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Button, Input

from programmer_tui.actions import UserRole
from programmer_tui.app import ProgrammerApp
from programmer_tui.presentation_access import pairing_trouble, taken_back
from programmer_tui.screens.pairing import PairingScreen
from programmer_tui.screens.therapy import TherapyScreen
from scs.clock import Duration
from scs.errors import BadFile, NoAnswer, NotPaired, Refused
from scs.programmer.telling import line_words
from scs.programmer.unresolved import Notes
from scs.records.book import Book
from scs.records.entry import Kind
from scs.wire.spoken import check_words, spoken
from scs.wire.terms import PairRole, Reason
from tests.support.books import a_record
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import KeyRing, Person, keys_of, story

NOBODY: tuple[PairRole, ...] = ()


def walk(person: Person) -> PairingScreen:
    assert isinstance(person.app.screen, PairingScreen)
    return person.app.screen


def the_words(implant: LiveImplant) -> str:
    """What the bench shows once a magnet was held."""
    return str(implant.ask_bench("", {"do": "magnet", "for": "2500 ms"})["pairing"])


async def begin(person: Person) -> None:
    await person.until(lambda: isinstance(person.app.screen, PairingScreen), "the walk through a pairing")
    await person.until_seen("1 of 3", "Hold a magnet over the implant")


async def give(person: Person, words: str) -> None:
    """Paste the words and press Enter, as a person does."""
    typed = person.app.screen.query_one("#words", Input)
    typed.focus()
    typed.value = words
    await person.press("enter")


async def choose(person: Person, button: str) -> None:
    pressed = person.app.screen.query_one(f"#{button}", Button)
    # A button that was just pressed is not pressed again for a moment.
    await person.until(lambda: not pressed.has_class("-active"), "a button at rest")
    pressed.focus()
    await person.press("enter")


async def to_the_comparison(person: Person, implant: LiveImplant, whom: str = "clinician") -> None:
    await begin(person)
    await give(person, the_words(implant))
    await person.until_seen("2 of 3", "Who is this programmer for?")
    await choose(person, whom)
    await person.until_seen("3 of 3", "Compare")


@pytest.mark.req("S-10", "PR-21")
@pytest.mark.hazard("H43")
def test_a_magnet_and_two_comparisons_make_a_pair_and_then_a_session(tmp_path: Path) -> None:
    keys, notes = KeyRing(), Notes(tmp_path / "notes")

    async def tell(person: Person) -> None:
        await begin(person)
        assert walk(person).focused is not None
        assert walk(person).focused.id == "cancel"  # type: ignore[union-attr]
        await give(person, the_words(implant))
        await person.until_seen("2 of 3")
        await choose(person, "clinician")
        seen = await person.until_seen("3 of 3", "Is each of these words the same on the bench?")
        assert check_words(implant.device.gate.check_transcript) in seen
        assert not keys.known, "nothing is kept before somebody has compared"
        assert [it.pair for it in notes.left_pairs(implant.serial)] == [1], "whoever is killed now has left a pair"
        await choose(person, "same")
        await person.until_seen("Connected.", "Sealed, with the key of a pair for a clinician")
        assert keys.known == {implant.serial: implant.secret_of(1)}

    with LiveImplant(roles=NOBODY) as implant:
        story(tell, implant, keys=keys, notes=notes)
    assert not notes.left_pairs(implant.serial)


@pytest.mark.req("S-10", "PR-21")
@pytest.mark.hazard("H43")
def test_words_that_differ_throw_the_key_away_here_and_on_the_implant() -> None:
    keys = KeyRing()

    async def tell(person: Person) -> None:
        await to_the_comparison(person, implant)
        assert implant.device.parts.keys.pairs
        await person.press("enter")
        await person.until_seen("The words differ", "has forgotten pair 1 too")
        assert not implant.device.parts.keys.pairs
        assert not keys.known
        await person.press("enter")
        await person.until_seen("Not paired", "Ctrl+N pairs")

    with LiveImplant(roles=NOBODY) as implant:
        story(tell, implant, keys=keys)


@pytest.mark.req("PR-21")
@pytest.mark.hazard("H43")
def test_who_leaves_before_comparing_leaves_no_pair_behind_and_the_record_says_so(tmp_path: Path) -> None:
    keys, url = KeyRing(), f"sqlite:///{tmp_path / 'records.sqlite'}"

    async def tell(person: Person) -> None:
        await to_the_comparison(person, implant)
        assert implant.device.parts.keys.pairs
        await person.press("ctrl+q")

    notes = Notes(tmp_path / "notes")
    with LiveImplant(roles=NOBODY) as implant:
        story(tell, implant, keys=keys, notes=notes, record=lambda _address, say: a_record(url, say))
        assert not implant.device.parts.keys.pairs
        assert not notes.left_pairs(implant.serial)
    assert not keys.known
    with Book(url) as book:
        told = [line_words(line) for line in book.entries(book.sessions()[0].number) if line.kind is Kind.PAIRING]
    assert told == [
        "pair 1 with SCS-000001 for a clinician: made; the words are to be compared",
        "pair 1 with SCS-000001 for a clinician: taken back, for the programmer ends and nobody has compared the words",
    ]


@pytest.mark.hazard("H43")
def test_a_wrong_word_is_named_and_a_word_that_is_missing_counted() -> None:
    async def tell(person: Person) -> None:
        await begin(person)
        words = spoken(bytes(range(16)))
        await give(person, words.replace(words[:5], "quack", 1))
        await person.until_seen("'quack' is no such word")
        await give(person, words[6:])
        await person.until_seen("7 words were given and there are 8")
        await give(person, words)
        await person.until_seen("2 of 3")

    with LiveImplant(roles=NOBODY) as implant:
        story(tell, implant, keys=KeyRing())


@pytest.mark.req("S-10")
@pytest.mark.hazard("H43")
def test_words_of_another_time_are_not_taken_and_the_walk_begins_again() -> None:
    async def tell(person: Person) -> None:
        await begin(person)
        words = the_words(implant)
        implant.ask_bench("", {"do": "jump", "time": "61 s"})
        await give(person, words)
        await choose(person, "clinician")
        await person.until_seen("1 of 3", "its minute is over", "type the new words")
        assert not implant.device.parts.keys.pairs
        await person.press("escape")
        await person.until_seen("Not paired")

    with LiveImplant(roles=NOBODY) as implant:
        story(tell, implant, keys=KeyRing())


@pytest.mark.hazard("H43")
def test_an_implant_without_room_says_whom_to_take_away() -> None:
    async def tell(person: Person) -> None:
        await begin(person)
        walk(person)._on_bench_found("its door")
        await choose(person, "hold")
        await person.until_seen("The bench has held the magnet")
        await choose(person, "on")
        await choose(person, "patient")
        await person.until_seen("has room for 6 programmers", "1 clinician", "6 patient")
        assert len(implant.device.parts.keys.pairs) == 6

    with LiveImplant(roles=(PairRole.CLINICIAN, *[PairRole.PATIENT] * 5)) as implant:
        story(tell, implant, keys=KeyRing())


def test_a_bench_that_is_reached_holds_the_magnet_and_compares_the_words() -> None:
    keys = KeyRing()

    async def tell(person: Person) -> None:
        await begin(person)
        await person.until_seen("Hold the magnet for me")
        walk(person)._on_bench_found("")
        await person.until(lambda: "Hold the magnet for me" not in person.sees(), "no button without a bench")
        walk(person)._on_bench_found("its door")
        await person.until_seen("Hold the magnet for me")
        await person.press("ctrl+o")
        await person.until_seen("The bench has held the magnet and shows these words.")
        # Enter goes on with the words that were filled in; it cancelled before.
        await person.press("enter")
        await person.until_seen("2 of 3")
        await person.click("#patient")
        await person.until_seen("The bench shows the same words.")
        await person.click("#same")
        await person.until(lambda: keys.known, "the key")
        await person.until_seen("as patient", "Connected.")

    with LiveImplant(roles=NOBODY) as implant:
        story(tell, implant, keys=keys)


@pytest.mark.hazard("H43")
def test_whoever_stands_between_is_seen_by_the_bench_and_no_key_can_be_kept() -> None:
    async def tell(person: Person) -> None:
        await to_the_comparison(person, implant)
        walk(person)._hear_bench({"words": spoken(bytes(12))}, "")
        await person.until_seen("THE BENCH SHOWS OTHER WORDS", "They differ")
        await person.until(lambda: "They are the same" not in person.sees(), "no way to keep the key")

    with LiveImplant(roles=NOBODY) as implant:
        story(tell, implant, keys=KeyRing())


def test_a_key_that_cannot_be_kept_is_said_and_can_be_tried_again() -> None:
    keys = KeyRing()
    keys.trouble = BadFile("/there.key", ("the secret cannot be kept: no space left",))

    async def tell(person: Person) -> None:
        await to_the_comparison(person, implant)
        await choose(person, "same")
        await person.until_seen("The key is not kept: /there.key")
        keys.trouble = None
        await choose(person, "same")
        await person.until_seen("Connected.")

    with LiveImplant(roles=NOBODY) as implant:
        story(tell, implant, keys=keys)


@pytest.mark.hazard("H43")
def test_a_key_that_the_implant_does_not_know_leads_to_pairing_again() -> None:
    keys = KeyRing()

    async def tell(person: Person) -> None:
        await person.until_seen("did not answer our key", "Ctrl+N pairs again", timeout=Duration.of_s(30))
        assert not isinstance(person.app.screen, PairingScreen), "it may be the link; a person decides"
        await person.press("ctrl+n")
        await to_the_comparison(person, implant)
        await choose(person, "same")
        await person.until_seen("Connected.")
        assert keys.known == {implant.serial: implant.secret_of(2)}

    with LiveImplant(roles=(PairRole.CLINICIAN,)) as implant:
        known = implant.secret_of(1)
        keys.known[implant.serial] = type(known)(known.pair, known.role, bytes(31) + b"x")
        story(tell, implant, keys=keys)


@pytest.mark.req("PR-06", "S-11")
@pytest.mark.hazard("H38")
def test_stop_leaves_while_one_pairs_and_a_magnet_lets_it_through() -> None:
    async def tell(person: Person) -> None:
        await begin(person)
        implant.ask_bench("", {"do": "magnet", "is": "near"})
        await person.press("f12")
        await person.until(lambda: person.app.link.stop_state == "confirmed", "the answer to STOP")
        await person.until(lambda: isinstance(person.app.screen, PairingScreen), "the walk, as it was")

    with LiveImplant(roles=NOBODY) as implant:
        story(tell, implant, keys=KeyRing())


@pytest.mark.req("PR-20", "PR-21", "S-06")
@pytest.mark.hazard("H43")
@pytest.mark.parametrize(
    ("made_for", "becomes", "lacks"),
    [(PairRole.PATIENT, UserRole.PATIENT, ("F4 Program", "Keep")), (PairRole.SERVICE, UserRole.SERVICE, ("Start",))],
)
def test_nobody_sits_there_with_more_than_the_pair_was_made_for(
    made_for: PairRole, becomes: UserRole, lacks: tuple[str, ...]
) -> None:
    async def tell(person: Person) -> None:
        await person.until_seen(f"as {becomes}")
        person.app.set_role(UserRole.ENGINEER)
        assert person.app.role is becomes
        await person.press("f3")
        await person.until(lambda: isinstance(person.app.screen, TherapyScreen), "the therapy screen")
        seen = await person.until_seen("F12 or Ctrl+X: STOP")
        assert not [word for word in lacks if word in seen]
        await person.press("f8")
        person.app.action_show("settings")
        seen = await person.until_seen(f"(now) {becomes}")
        assert "engineer" not in seen

    with LiveImplant(a_group(), roles=(PairRole.CLINICIAN, made_for)) as implant:
        story(tell, implant, keys=keys_of(implant, 2))


def test_a_patient_s_programmer_is_paired_for_a_patient_only() -> None:
    async def tell(person: Person) -> None:
        await begin(person)
        walk(person)._on_bench_found("its door")
        assert "Hold the magnet" not in person.sees()
        await give(person, the_words(implant))
        seen = await person.until_seen("2 of 3", "Patient")
        assert "clinician" not in seen.lower()
        assert "service" not in seen.lower()

    with LiveImplant(roles=NOBODY) as implant:
        story(tell, implant, keys=KeyRing(), role=UserRole.PATIENT)


@pytest.mark.req("S-20", "PR-07", "PR-21")
@pytest.mark.hazard("H43")
def test_a_programmer_in_the_clear_says_so_on_every_screen_and_a_sealed_one_on_none() -> None:
    async def tell(person: Person) -> None:
        in_the_clear = person.app.pairs.is_in_the_clear
        for name in ProgrammerApp.SCREENS if in_the_clear else ("connect", "therapy", "editor"):
            person.app.action_show(name)
            seen = await person.until_seen("F12 or Ctrl+X: STOP")
            assert ("INSECURE: bench only, in the clear" in seen) is in_the_clear

    story(tell, role=UserRole.ENGINEER)
    story(tell, role=UserRole.ENGINEER, keys=KeyRing())


def test_what_goes_wrong_is_a_sentence_that_says_what_to_do() -> None:
    full = Refused("no", reason=Reason.BUSY.word)
    assert "take away" in pairing_trouble(full).lower()
    assert "3 service" in pairing_trouble(full, ["3 service"])
    assert "Hold the magnet" in pairing_trouble(NotPaired("no", serial="SCS-1"))
    assert "nobody answered" in pairing_trouble(NoAnswer("nobody answered"))
    assert "take away what nobody made" in taken_back("SCS-1", 4, NoAnswer("nobody answered"))
