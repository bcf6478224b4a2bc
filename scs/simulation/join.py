"""How a programmer and an implant are joined, in the clear or sealed; the world itself knows of no keys."""

from __future__ import annotations

from random import Random

from scs.programmer.client import Client
from scs.programmer.unresolved import Notes
from scs.simulation.port import Bell, Port, WorldClock
from scs.simulation.sealed import Overheard, asked_in, frames_in, key_of
from scs.simulation.world import World
from scs.wire.framing import Direction
from scs.wire.messages import Message
from scs.wire.terms import Role


def join(world: World, who: int, chance: Random, role: Role, notes: Notes, bell: Bell) -> Client:
    """A programmer with a cable in the implant's socket; nothing has been said yet."""
    overheard = Overheard() if world.doorstep is not None else None
    read = read_sent if overheard is None else overheard.read
    pair = (who + 1, key_of(world.seed, who))

    def plug() -> Port:
        if overheard is not None:
            overheard.forget()
        return world.plug(who, read)

    client = Client.unopened(
        plug(), WorldClock(world), role=role, chance=chance, reopen=plug, notes=notes, doorbell=bell,
        find_key=None if overheard is None else lambda serial: pair, draw=chance.randbytes,
        overhear=None if overheard is None else overheard.note,
    )  # fmt: skip
    client.runner.pass_time = world.wait
    client.runner.on_event = lambda event: None
    session = client.runner.session
    session.witness = lambda event: world.told(who, event)
    return client


def read_sent(piece: bytes) -> tuple[bool, Message | None, bool]:
    """(whether it asks an implant for something, what; True) of what stands in the clear between two delimiters."""
    for frame in frames_in(piece, Direction.TO_IMPLANT):
        return (*asked_in(frame), True)
    return False, None, False


__all__ = ["Port", "join"]
