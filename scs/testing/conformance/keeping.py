"""What an implant held before it was tried is put back afterwards, as far as the link can.

A slot that was empty cannot be emptied again over the link; it then holds a group of the suite's, at an amplitude that
every rule lets pass, and the report says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from scs.testing.checks.check import to_rest
from scs.testing.checks.speaker import Speaker
from scs.testing.target import Target
from scs.wire.prescription import decode_group
from scs.wire.requests import Identify
from scs.wire.responses import Identity


@dataclass(frozen=True, slots=True)
class Kept:
    """The groups of an implant as they were."""

    target: Target
    groups: dict[int, bytes]

    @classmethod
    def of(cls, target: Target) -> Kept:
        """Read every occupied slot. Raises Failed when nobody answers."""
        speaker = Speaker(target, Random(0))
        speaker.become_writer()
        identity = speaker.ask(Identify(), Identity)
        held = {slot: speaker.slot(slot) for slot in identity.occupied}
        return cls(target, {slot: data for slot, data in held.items() if data is not None})

    def put_back(self) -> None:
        """Output off, and every slot that held a group holds it again."""
        speaker = Speaker(self.target, Random(0))
        speaker.stop()
        if not self.groups:
            return
        speaker.become_writer()
        to_rest(speaker)
        for slot, data in self.groups.items():
            if speaker.slot(slot) != data:
                speaker.write(decode_group(data), slot)
