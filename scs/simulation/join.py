"""How a programmer and an implant are joined: the one place to change when sessions are sealed for a share of seeds."""

from __future__ import annotations

from random import Random

from scs.errors import RemoteProtocolError
from scs.programmer.client import Client
from scs.programmer.unresolved import Notes
from scs.simulation.port import Bell, Port, WorldClock
from scs.simulation.world import World
from scs.wire.codec import decode_message
from scs.wire.framing import Decoder, Direction, FrameType
from scs.wire.messages import Message
from scs.wire.terms import Role


def join(world: World, who: int, chance: Random, role: Role, notes: Notes, bell: Bell) -> Client:
    """A programmer with a cable in the implant's socket; nothing has been said yet."""
    client = Client.unopened(
        world.plug(who), WorldClock(world), role=role, chance=chance, reopen=lambda: world.plug(who), notes=notes,
        doorbell=bell,
    )  # fmt: skip
    client.runner.pass_time = world.wait
    client.runner.on_event = lambda event: None
    session = client.runner.session
    session.witness = lambda event: world.told(who, event)
    return client


def read_sent(piece: bytes) -> tuple[bool, Message | None]:
    """(whether it is a frame to an implant, what it asks; None for STOP) of what stands between two delimiters."""
    frames = Decoder(Direction.TO_IMPLANT).receive(b"\0" + piece + b"\0")
    if not frames:
        return False, None
    if frames[0].type is FrameType.STOP:
        return True, None
    try:
        return True, decode_message(frames[0].body, Direction.TO_IMPLANT)
    except RemoteProtocolError:
        return False, None


__all__ = ["Port", "join", "read_sent"]
