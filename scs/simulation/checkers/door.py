"""Nothing that somebody without a key sends has an effect: neither on the implant, nor a sealed word in answer.

What he sends arrives while nothing else does, so whatever is different afterwards is his doing. Replays that come on a
programmer's own cable are left to the other checkers: what such a frame asks has not arrived for them, so an effect of
it has no cause.
"""

from __future__ import annotations

from dataclasses import replace

from scs.domain.status import LogEntry, LogKind, Mode
from scs.simulation.observations import Checker, Intrusion, Truth
from scs.wire.framing import Decoder, Direction, FrameType

SEALED_WORDS = frozenset({FrameType.SEALED_TO_PROGRAMMER, FrameType.STOPPED, FrameType.NOTICE})
"""What nobody may hear who has proved nothing. A WELCOME proves nothing, and to refuse in the clear is allowed."""
ENTRIES_MAX = 1
"""The first wrong key is told in the log; a flood of them is not."""


class Door(Checker):
    """`looked` counts the frames that were sent without a key."""

    id = "door"

    def on_intrusion(self, intrusion: Intrusion) -> None:
        self.looked += intrusion.frames
        at_us = intrusion.before.at_us
        # Beside a magnet a STOP in the clear is obeyed: it takes away and gives nothing.
        is_stopped = intrusion.is_magnet_near and intrusion.after.mode is not Mode.THERAPY
        if not is_stopped and _state(intrusion.before) != _state(intrusion.after):
            self.say(at_us, f"{intrusion.kind}: {_words(intrusion.before)} became {_words(intrusion.after)}")
        told = [entry for entry in intrusion.entries if not _is_harmless(entry, is_near=intrusion.is_magnet_near)]
        if told or len(intrusion.entries) > ENTRIES_MAX + intrusion.is_magnet_near:
            lines = ", ".join(f"{entry.kind.name} {entry.detail}" for entry in intrusion.entries)
            self.say(at_us, f"{intrusion.kind}: the log has {lines}")
        for frame in Decoder(Direction.TO_PROGRAMMER).receive(intrusion.said):
            is_stopped_word = frame.type is FrameType.STOPPED and intrusion.is_magnet_near
            if frame.type in SEALED_WORDS and not is_stopped_word:
                self.say(at_us, f"{intrusion.kind}: the implant answered with {frame.type.name}")


def _state(truth: Truth) -> Truth:
    return replace(truth, at_us=0)


def _words(truth: Truth) -> str:
    return f"{truth.mode.name} {truth.therapy.name} slot {truth.slot} generation {truth.generation}"


def _is_harmless(entry: LogEntry, *, is_near: bool) -> bool:
    return entry.kind is LogKind.ACCESS or (is_near and entry.kind is LogKind.EMERGENCY_STOP)
