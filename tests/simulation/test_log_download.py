"""Does a long log fill the line in a sealed session, and does a STOP pass it? In virtual time, at 115,200 baud."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from scs.clock import Duration
from scs.domain.status import LogKind, Mode
from scs.programmer.client import Client
from scs.programmer.events import Answered, Event, StopAcknowledged, StopPressed
from scs.programmer.session import STOP_REGREET
from scs.simulation.join import join
from scs.simulation.people import KeptNotes
from scs.simulation.port import Bell
from scs.simulation.prescriptions import plain_group
from scs.simulation.seed import a_config
from scs.simulation.world import GOOD_LINE, World
from scs.wire.codec import encode_message
from scs.wire.responses import LogPage, LogPart
from scs.wire.terms import Role

ENTRIES = 900
LINE = 115_200 / 10
"""Bytes a second."""
WANTED = 0.85
MINUTE_US = 60_000_000


def a_world(*, is_sealed: bool) -> World:
    assert GOOD_LINE.baud == 115_200
    world = World(a_config("reference", is_sealed=is_sealed), 3)
    for number in range(ENTRIES):
        world.device.parts.log(LogKind.THERAPY_STARTED, f"slot {number % 8}")
    return world


def sit_down(world: World, bell: Bell, do: Callable[[Client], None]) -> None:
    client = join(world, 0, Random(1), Role.WRITER, KeptNotes(), bell)

    def body() -> None:
        client.runner.open()
        do(client)
        client.close()

    world.begin("programmer 1", body)
    world.run(MINUTE_US)
    assert world.is_quiet, "all was done within a minute"


@pytest.mark.parametrize("is_sealed", [False, True], ids=["in the clear", "sealed"])
def test_a_download_of_the_log_uses_most_of_the_line(*, is_sealed: bool) -> None:
    world = a_world(is_sealed=is_sealed)
    carried: list[int] = []
    took_us: list[int] = []

    def count(event: Event) -> None:
        if isinstance(event, Answered) and isinstance(event.response, LogPage | LogPart):
            carried.append(sum(len(encode_message(part)) for part in (*event.before, event.response)))

    def read(client: Client) -> None:
        began_us = world.now_us
        witness, client.runner.session.witness = client.runner.session.witness, count
        assert len(client.log()) > ENTRIES
        client.runner.session.witness = witness
        took_us.append(world.now_us - began_us)

    sit_down(world, Bell(world), read)
    goodput = sum(carried) * 1_000_000 / took_us[0]
    assert goodput / LINE >= WANTED, f"{goodput / LINE:.3f} of the line"


@pytest.mark.hazard("H38")
@pytest.mark.req("PR-06")
def test_a_stop_leaves_and_acts_at_once_while_pages_are_on_their_way_and_is_answered_behind_them() -> None:
    world = a_world(is_sealed=True)
    bell = Bell(world)
    pressed_us: list[int] = []
    answered_us: list[int] = []
    off_us: list[int] = []

    def hear(event: Event) -> None:
        if isinstance(event, StopPressed):
            pressed_us.append(world.now_us)
        if isinstance(event, StopAcknowledged):
            answered_us.append(world.now_us)

    def press() -> None:
        bell.press_stop()
        world._tasks[0].is_woken = True

    def look() -> None:
        if world.device.parts.modes.mode is Mode.THERAPY:
            world.at(world.now_us + 500, look)
        else:
            off_us.append(world.now_us)

    def read(client: Client) -> None:
        client.runner.on_event = hear
        group = plain_group(world.scene.profile)
        client.write_group(0, group)
        client.start(0)
        world.at(world.now_us + 300_000, press)
        world.at(world.now_us + 300_000, look)
        client.log()

    sit_down(world, bell, read)
    from_key = Duration(off_us[0] - pressed_us[0])
    assert from_key <= Duration.of_ms(10), "one frame of 45 bytes, 1 ms each of drivers, and nothing in front of it"
    assert Duration.of_ms(10) < Duration(answered_us[0] - pressed_us[0]) < STOP_REGREET
