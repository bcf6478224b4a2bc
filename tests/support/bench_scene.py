"""One implant on a bench, made by whoever is handed in, with somebody who speaks to it and somebody who listens.

What a scene finds out, it finds out from outside: over the link, or from the pulses that leave the electrodes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from firmware_model.bench import Bench
from firmware_model.device import Device, DeviceConfig
from firmware_model.store import Memory, RamMemory
from firmware_model.tap import Departure
from scs.clock import Duration, Instant
from scs.domain.lead import Implant, PluggedLead, find_lead
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import Group
from scs.domain.status import LogKind
from scs.wire.framing import FrameType
from scs.wire.messages import Message, Request
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import GetImpedance, GetLog, MeasureImpedance, Stage
from scs.wire.responses import ImpedanceResult, LogPage
from scs.wire.terms import CHUNK_MAX, Role
from tests.support.speaker import Speaker, message, new_op_id

Build = Callable[[DeviceConfig, Memory, random.Random, Instant], Device]

LEADS = Implant(
    leads=(
        PluggedLead(port="A", lead=find_lead("medtronic-977a2")),
        PluggedLead(port="B", lead=find_lead("abbott-lamitrode-s8")),
    )
)
"""E1 to E8 have 12.25 mm² each, E9 to E16 have 10 mm²: taking one for the other shows."""


class Scene:
    """An implant with empty memory, switched on, and a writer's session."""

    def __init__(self, build: Build, policy: str = "default") -> None:
        self._build = build
        self.memory = RamMemory()
        self.seen: list[Departure] = []
        self._switch_on(policy, Instant(0))

    def _switch_on(self, policy: str, start: Instant) -> None:
        config = DeviceConfig("SCS-SCENE", find_profile("reference"), find_policy(policy), LEADS)
        self.device = self._build(config, self.memory, random.Random(3), start)
        self.bench = Bench(self.device)
        self.bench.tap(self.seen.append)
        self.speaker = Speaker(self.device)
        self.speaker.open()

    def restart(self, policy: str = "default", memory: bytes | None = None) -> None:
        """The power goes and comes; perhaps to other bytes in memory than it left."""
        self.memory = RamMemory(bytes(self.memory.data) if memory is None else memory)
        self.seen.clear()
        self._switch_on(policy, self.device.now)

    def a_reader(self, role: Role = Role.READER) -> Speaker:
        """Somebody else, on another link."""
        other = Speaker(self.device, link=1)
        other.open(role)
        return other

    def run(self, group: Group, settle_ms: int = 500) -> None:
        """Write a group, start it, and let it run for a while with heartbeats."""
        self.speaker.write(group)
        self.speaker.start()
        self.speaker.keep_alive(Duration.of_ms(settle_ms))

    def pulses(self, for_ms: int) -> list[Departure]:
        """What leaves the electrodes from now on, while nothing is said."""
        self.seen.clear()
        self.bench.jump(Duration.of_ms(for_ms))
        return list(self.seen)

    def ask(self, request: Request, speaker: Speaker | None = None) -> Message:
        """The answer to a request, whatever it is."""
        return (speaker or self.speaker).ask(request, object)  # type: ignore[return-value]

    def stage(
        self, group: Group, announced: bytes | None = None, slot: int = 0, speaker: Speaker | None = None
    ) -> Message:
        """The answer to the last chunk that is taken, or to the first that is refused."""
        data = encode_group(group)
        whole = digest(data) if announced is None else announced
        answer: Message | None = None
        for offset in range(0, len(data), CHUNK_MAX):
            chunk = data[offset : offset + CHUNK_MAX]
            answer = self.ask(Stage(0, offset, len(data), whole, chunk), speaker)
        assert answer is not None, "a group has bytes"
        return answer

    def measure(self) -> ImpedanceResult:
        self.ask(MeasureImpedance(new_op_id()))
        self.speaker.keep_alive(Duration.of_s(1))
        return self.speaker.ask(GetImpedance(), ImpedanceResult)

    def log(self) -> list[tuple[int, LogKind, str]]:
        """(number, kind, detail) of every entry there is."""
        found: list[tuple[int, LogKind, str]] = []
        while page := self.speaker.ask(GetLog(found[-1][0] if found else 0), LogPage).entries:
            found += [(number, kind, detail) for number, _, kind, detail in page]
        return found

    def logged(self, kind: LogKind, word: str = "") -> bool:
        return any(entry == kind and word in detail for _, entry, detail in self.log())

    def unheard(self, data: bytes) -> bool:
        """Whether these bytes stay without any answer."""
        self.device.receive(data)
        return not [frame for frame in self.speaker.listen() if frame.type is FrameType.RESPONSE]


def amplitude(departure: Departure) -> int:
    """The whole current of a leading phase, in µA."""
    return sum(current for current in departure.currents_ua.values() if current > 0)


def left_pc(departure: Departure) -> dict[int, int]:
    """What one pulse with its driven recharge leaves on each contact, signed."""
    return {
        contact: departure.currents_ua.get(contact, 0) * departure.width_us
        + departure.recharge_ua.get(contact, 0) * departure.recharge_us
        for contact in {*departure.currents_ua, *departure.recharge_ua}
    }


def answers(scene: Scene, frames: Sequence[bytes]) -> list[Message]:
    """Everything that is said to bytes that arrive together."""
    for data in frames:
        scene.device.receive(data)
    return [message(frame) for frame in scene.speaker.listen()]
