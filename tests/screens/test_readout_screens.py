"""Battery, usage and posture: read from the implant while shown, in words and bars, with their age."""

from __future__ import annotations

from collections import deque

import pytest

from programmer_tui.screens.posture import GROWTH, TRACE_CELLS, PostureScreen, trace_text
from scs.clock import Duration
from scs.domain.status import EcapQuality, LoopState, Posture
from scs.wire.responses import Sensing
from tests.support.listening import a_listener
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group
from tests.support.screen_story import LARGE, MovableClock, Person, story


async def _open(person: Person, name: str) -> None:
    await person.press("f8")
    await person.until_seen("how long each group ran")
    person.app.action_show(name)


def test_the_battery_is_said_with_a_bar_and_with_who_draws_from_it() -> None:
    async def tell(person: Person) -> None:
        await _open(person, "battery")
        await person.until_seen("99.9 %", "drawn since power-on", "telemetry", "█", "Read 0 s ago")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE)


def test_usage_counts_a_start_and_says_why_the_implant_began_anew() -> None:
    async def tell(person: Person) -> None:
        await person.press("f3")
        await person.until(lambda: person.app.link.groups, "the groups")
        await person.press("s")
        await person.until(lambda: implant.is_delivering, "delivery")
        await _open(person, "usage")
        await person.until_seen("slot 0:", "in 1 start", "Resets")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE)


def a_reading(ecap_nv: int, amplitude_ua: int) -> Sensing:
    loop = (0, LoopState.CLOSED, EcapQuality.GOOD, ecap_nv, 20_000, amplitude_ua, 6_000, 0)
    return Sensing(at_us=1, posture=Posture(0), activity_mg=20, loops=(loop,))


def test_a_closed_loop_leaves_a_trace_of_what_it_reads_and_delivers() -> None:
    screen = PostureScreen()
    for ecap_nv, amplitude_ua in ((0, 0), (20_000, 3_000), (60_000, 6_000)):
        screen.keep(a_reading(ecap_nv, amplitude_ua))
    said = screen.lines()
    assert "program 0: potential, 0 to 60 uV, target 20 uV" in said
    assert f"|{'▁▃█':>{TRACE_CELLS}}|" in said
    assert f"|{'▁▅█':>{TRACE_CELLS}}|" in said
    screen.keep(Sensing(at_us=2, posture=Posture(0), activity_mg=20, loops=()))
    assert "no potential is heard" in screen.lines()[-1]


def test_the_posture_is_read_from_the_implant_while_it_is_shown() -> None:
    async def tell(person: Person) -> None:
        await _open(person, "posture")
        await person.until_seen("posture ", "activity", "no potential is heard", "Read 0 s ago")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE)


def test_what_is_shown_grows_old_when_the_link_is_lost() -> None:
    clock = MovableClock()

    async def tell(person: Person) -> None:
        await _open(person, "battery")
        await person.until_seen("Read 0 s ago")
        implant.is_silent = True
        clock.advance(Duration.of_s(30))
        await person.until_seen("Read 3")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE, clock=clock)


def test_without_an_implant_each_screen_says_what_to_do() -> None:
    async def tell(person: Person) -> None:
        for name in ("battery", "usage", "posture"):
            await _open(person, name)
            await person.until_seen("No implant is connected; F2 connects.")

    story(tell)


def test_a_screen_that_is_not_shown_asks_the_implant_nothing() -> None:
    clock = MovableClock()

    async def tell(person: Person) -> None:
        await _open(person, "battery")
        await person.until_seen("Read 0 s ago")
        await person.press("f3")
        await person.until(lambda: not person.app.link.is_doing("battery"), "the last question to be answered")
        clock.advance(Duration.of_s(6))
        await person.until_seen("Therapy")
        person.app._tick()
        assert not person.app.link.is_doing("battery")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, clock=clock)


def test_a_trace_is_to_scale_and_its_newest_reading_is_on_the_right() -> None:
    drawn = trace_text(deque([0, 500, 1_000, 5_000]), 1_000)
    assert drawn == " " * (TRACE_CELLS - 4) + "▁▅██"


def test_usage_draws_each_day_from_the_log() -> None:
    async def tell(person: Person) -> None:
        await _open(person, "usage")
        await person.until_seen("Each day, from the log", "last 24 h    |·", "that the log tells")

    with LiveImplant(a_group()) as implant:
        story(tell, implant, size=LARGE)


@pytest.mark.req("PR-06")
@pytest.mark.hazard("H38")
def test_a_growth_curve_is_asked_about_and_measured_and_stop_ends_the_next_measurement() -> None:
    async def tell(person: Person) -> None:
        await _open(person, "posture")
        await person.press("g")
        await person.until_seen("Therapy is off, so nothing is evoked")
        person.app.link.submit("start", lambda client, show: client.start(0))
        await person.until_seen("loop closed")
        await person.press("g")
        await person.until_seen("4 amplitudes from 5.4 mA up to", "The patient feels it")
        await person.press("enter")
        await person.until(lambda: person.app.screen.is_current and not person.app.screen.is_modal, "the posture again")
        assert not person.app.link.is_doing(GROWTH), "Cancel has the focus"
        await person.press("g", "tab", "enter")
        await person.until_seen("the committed amplitude stands again", "5.55 mA", "slope")
        await person.press("o")
        await person.until_seen("Read 'follow' for 20 s in open loop")
        await person.press("tab", "enter")
        await person.until_seen("reading in open loop")
        await person.press("f12")
        await person.until(lambda: not implant.is_delivering, "no output")
        await person.until_seen("Not measured: ")

    with a_listener() as implant:
        story(tell, implant, size=LARGE)
