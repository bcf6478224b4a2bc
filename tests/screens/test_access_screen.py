"""Who may talk to the implant: its pairs are shown, one is taken away, and the mark is typed before it is made."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from programmer_tui.screens.question import Question
from programmer_tui.screens.typed_question import TypedQuestion
from scs.wire.terms import PairRole
from tests.support.live_implant import LiveImplant
from tests.support.screen_story import LARGE, Person, keys_of, story

BOTH = (PairRole.CLINICIAN, PairRole.PATIENT)


async def to_the_screen(person: Person) -> None:
    await person.until(lambda: person.app.link.is_up, "the link")
    person.app.action_show("access")
    await person.until_seen("pair 1", "this programmer", "pair 2", "handshakes were answered")


@pytest.mark.hazard("H43")
def test_a_pair_is_taken_away_after_a_question() -> None:
    async def tell(person: Person) -> None:
        await to_the_screen(person)
        await person.press("down", "u")
        await person.until(lambda: isinstance(person.app.screen, Question), "the question")
        await person.press("enter")
        assert len(implant.device.parts.keys.pairs) == 2, "Cancel has the focus"
        await person.press("u")
        await person.until_seen("Take away pair 2, a patient's?")
        await person.press("tab", "enter")
        await person.until_seen("Confirmed by the implant.", "1 of 6 places are taken")
        assert [pair for pair, _ in implant.device.parts.keys.pairs] == [1]

    with LiveImplant(roles=BOTH) as implant:
        story(tell, implant, keys=keys_of(implant), size=LARGE)


@pytest.mark.hazard("H43")
def test_whoever_takes_his_own_pair_away_has_no_key_any_more_and_is_told() -> None:
    async def tell(person: Person) -> None:
        await to_the_screen(person)
        await person.press("u")
        await person.until_seen("this programmer's own")
        await person.press("tab", "enter")
        await person.until_seen("it has forgotten this programmer", "no implant")
        assert keys.known == {}
        assert [pair for pair, _ in implant.device.parts.keys.pairs] == [2]

    with LiveImplant(roles=BOTH) as implant:
        keys = keys_of(implant)
        story(tell, implant, keys=keys, size=LARGE)


@pytest.mark.req("S-20")
@pytest.mark.hazard("H43")
def test_the_mark_of_an_implanted_one_is_made_when_its_serial_number_was_typed() -> None:
    async def tell(person: Person) -> None:
        await to_the_screen(person)
        await person.press("m")
        await person.until(lambda: isinstance(person.app.screen, TypedQuestion), "the question")
        for typed, said in (("", "Type SCS-000001 first"), ("SCS-000002", "nothing was done")):
            person.app.screen.query_one("#typed", Input).value = typed
            person.app.screen.query_one("#typed", Input).focus()
            await person.press("enter")
            await person.until_seen(said)
        assert not implant.device.parts.keys.is_implanted
        person.app.screen.query_one("#typed", Input).value = "SCS-000001"
        await person.press("enter")
        await person.until_seen("Marked as implanted")
        await person.press("m")
        await person.until_seen("marked as implanted already")

    with LiveImplant(roles=BOTH) as implant:
        story(tell, implant, keys=keys_of(implant), size=LARGE)
