"""The therapy screen: what is shown is what the implant says, with its age, and each key does one thing once."""

from __future__ import annotations

import pytest
from textual.widgets import Button, Input

from programmer_tui.screens.amplitude_entry import AmplitudeEntry
from programmer_tui.screens.question import Question
from programmer_tui.screens.review import ReviewScreen
from scs.clock import Duration
from scs.domain.status import Mode
from scs.programmer.client import Client
from scs.wire.prescription import decode_group
from tests.support.implants import a_group, a_program
from tests.support.live_implant import LiveImplant
from tests.support.screen_story import LARGE, SMALL, MovableClock, Person, story

QUICK = a_program(ramp_us=0)
"""2 mA on E3 and E4, delivered at once."""


async def start_therapy(person: Person, implant: LiveImplant) -> None:
    await person.press("f3")
    await person.until_seen("slot 0  G1")
    await person.press("s")
    await person.until(lambda: implant.delivered_ua == (2_000,), "the committed amplitude")
    await person.until_seen("therapy on", "delivered     2 mA")


def target_ua(person: Person) -> int:
    status = person.app.link.status
    assert status is not None
    return status.targets_ua[0]


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
def test_what_is_held_is_read_back_and_shown_before_anything_is_started(size: tuple[int, int]) -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        seen = await person.until_seen("idle", "slot 0  G1", "slot 1  Night", "E3 -60% E4 -40% E7 +100%")
        assert "never for clinical use" in seen
        assert "F12 or Ctrl+X: STOP" in seen
        assert not implant.is_delivering

    with LiveImplant(a_group(), a_group(name="Night")) as implant:
        story(tell, implant, size=size)


def test_up_asks_for_one_step_more_and_what_is_shown_is_what_is_delivered() -> None:
    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        await person.press("up")
        await person.until(lambda: implant.delivered_ua == (2_050,), "one step more")
        await person.until_seen("delivered  2.05 mA", "committed 2 mA", "TRIAL")
        person.app.clock.advance(Duration.of_ms(300))  # type: ignore[attr-defined]
        await person.press("down")
        await person.until(lambda: implant.delivered_ua == (2_000,), "one step less")

    with LiveImplant(a_group(QUICK)) as implant:
        story(tell, implant, clock=MovableClock())


@pytest.mark.hazard("H02")
@pytest.mark.req("PR-04")
def test_a_held_key_raises_five_steps_a_second_at_most() -> None:
    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        began = clock.now()
        await person.press(*["up"] * 20)
        await person.until(lambda: target_ua(person) > 2_000, "the first step")
        fifths = clock.now().since(began).us // 200_000 + 1
        assert target_ua(person) <= 2_000 + 50 * fifths

    clock = MovableClock()
    with LiveImplant(a_group(QUICK)) as implant:
        story(tell, implant, clock=clock)


@pytest.mark.hazard("H02")
@pytest.mark.req("PR-04")
def test_a_jump_is_asked_about_and_the_question_offers_to_cancel_first() -> None:
    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        await person.press("equals_sign")
        await person.until(lambda: isinstance(person.app.screen, AmplitudeEntry), "the entry")
        person.app.screen.query_one(Input).value = "2.5 mA"
        await person.press("enter")
        await person.until(lambda: isinstance(person.app.screen, Question), "the question")
        assert person.app.focused is person.app.screen.query_one("#cancel", Button)
        await person.until_seen("2 mA -> 2.5 mA")
        await person.press("enter")
        assert implant.delivered_ua == (2_000,)
        await person.press("equals_sign")
        await person.until(lambda: isinstance(person.app.screen, AmplitudeEntry), "the entry again")
        person.app.screen.query_one(Input).value = "2.5 mA"
        await person.press("enter", "tab", "enter")
        await person.until(lambda: implant.delivered_ua == (2_500,), "the amplitude that was asked for")

    with LiveImplant(a_group(QUICK)) as implant:
        story(tell, implant)


@pytest.mark.parametrize("text", ["2.5", "2.51 mA", "99 mA", "two mA"])
def test_an_amplitude_that_cannot_be_is_said_and_the_entry_stays(text: str) -> None:
    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        await person.press("equals_sign")
        await person.until(lambda: isinstance(person.app.screen, AmplitudeEntry), "the entry")
        person.app.screen.query_one(Input).value = text
        await person.press("enter")
        assert isinstance(person.app.screen, AmplitudeEntry)
        assert person.said("#wrong")
        assert implant.delivered_ua == (2_000,)

    with LiveImplant(a_group(QUICK)) as implant:
        story(tell, implant)


@pytest.mark.hazard("H01")
@pytest.mark.req("PR-03")
def test_an_amplitude_that_blocks_is_not_sent_and_the_screen_shows_what_is_in_force() -> None:
    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        await person.press("equals_sign")
        await person.until(lambda: isinstance(person.app.screen, AmplitudeEntry), "the entry")
        person.app.screen.query_one(Input).value = "9 mA"
        await person.press("enter", "tab", "enter")
        await person.until_seen("Not sent.", "BLOCK", "delivered     2 mA")
        assert implant.delivered_ua == (2_000,)

    wide = a_program(shares={3: -1000, 7: 1000}, width_us=1_000, ramp_us=0)
    with LiveImplant(a_group(wide)) as implant:
        story(tell, implant)


@pytest.mark.hazard("H01")
@pytest.mark.req("PR-03")
def test_what_must_be_acknowledged_is_named_rule_by_rule_before_it_is_tried() -> None:
    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        await person.press("equals_sign")
        await person.until(lambda: isinstance(person.app.screen, AmplitudeEntry), "the entry")
        person.app.screen.query_one(Input).value = "4 mA"
        await person.press("enter", "tab", "enter")
        await person.until_seen("4 mA must be acknowledged", "charge-density")
        assert person.app.focused is person.app.screen.query_one("#cancel", Button)
        assert implant.delivered_ua == (2_000,)
        await person.press("tab", "enter")
        await person.until(lambda: implant.delivered_ua == (4_000,), "the acknowledged amplitude")

    wide = a_program(shares={3: -1000, 7: 1000}, width_us=1_000, ramp_us=0)
    with LiveImplant(a_group(wide)) as implant:
        story(tell, implant, size=LARGE)


def test_keep_reviews_the_trial_and_commits_what_was_read_back() -> None:
    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        await person.press("right")
        await person.until(lambda: target_ua(person) == 2_100, "the trial")
        await person.press("k")
        await person.until(lambda: isinstance(person.app.screen, ReviewScreen), "the review")
        await person.until_seen("2 mA -> 2.1 mA")
        await person.press("tab", "enter")
        await person.until_seen("confirmed by the implant, read back equal", "committed 2.1 mA")
        held = decode_group(implant.device.parts.store.image.groups[0].data)
        assert held.programs[0].amplitude_ua == 2_100

    with LiveImplant(a_group(QUICK)) as implant:
        story(tell, implant)


@pytest.mark.hazard("H13")
@pytest.mark.req("PR-01")
def test_old_values_are_called_stale_and_then_nothing_can_be_changed() -> None:
    async def tell(person: Person) -> None:
        await start_therapy(person, implant)
        implant.is_silent = True
        clock.advance(Duration.of_ms(2_500))
        await person.until_seen("STALE", "delivered     2 mA")
        assert person.app.screen.has_class("stale")
        clock.advance(Duration.of_s(8))
        await person.until_seen("LOCKED")
        await person.press("up")
        await person.until_seen("too old to change anything by")
        assert implant.delivered_ua == (2_000,)
        implant.is_silent = False
        await person.until(lambda: "STALE" not in person.sees(), "fresh values")

    clock = MovableClock()
    with LiveImplant(a_group(QUICK)) as implant:
        story(tell, implant, clock=clock)


def test_what_was_written_is_read_back_without_being_asked() -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until_seen("slot 0  G1")
        person.app.link.write_group(1, a_group(name="Other"), (), 1)
        await person.until_seen("slot 1  Other")

    with LiveImplant(a_group()) as implant:
        story(tell, implant)


@pytest.mark.hazard("H29")
@pytest.mark.req("FW-33")
@pytest.mark.parametrize(("mode", "seen"), [(Mode.MRI, "MRI mode"), (Mode.STORAGE, "The implant sleeps")])
def test_a_mode_that_another_programmer_entered_is_shown_and_one_key_leaves_it(mode: Mode, seen: str) -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until_seen(seen, "L ")
        await person.press("s")
        await person.until_seen("leave")
        assert not implant.is_delivering
        await person.press("l")
        await person.until_seen("idle")
        await person.press("s")
        await person.until(lambda: implant.delivered_ua == (2_000,), "therapy")
        await person.press("l")
        await person.until_seen("neither in MRI mode nor in storage")

    with LiveImplant(a_group(QUICK)) as implant:
        with Client.open(implant.connect()) as other:
            entered = other.enter_mri() if mode is Mode.MRI else other.enter_storage()
            assert entered.mode is mode
        story(tell, implant)


@pytest.mark.hazard("H24")
@pytest.mark.req("FW-51")
def test_a_group_with_windows_is_shown_with_them_and_one_key_tells_the_implant_the_time() -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until_seen("slot 0  G1, 08:00 to 22:00, at most 6 h a day")
        await person.press("s")
        await person.until_seen("the clock is not set", "T sets it")
        await person.press("t")
        await person.until_seen("The implant's clock says ")
        assert implant.device.parts.day.clock.is_set
        await person.press("s")
        await person.until_seen("therapy ", "slot 0, 'G1'")

    with LiveImplant(a_group(QUICK, schedule=((480, 1_320),), daily_dose_us=21_600_000_000)) as implant:
        story(tell, implant)


def test_every_control_explains_itself_on_focus() -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        for word in ("soft-start", "ramp down", "less", "more", "type an amplitude", "review and commit", "fault"):
            await person.press("tab")
            assert word in person.said("#explained")

    story(tell)
