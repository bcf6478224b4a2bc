"""What a witness is told, and what it may say. The checkers know this file and the shared vocabulary, and no firmware.

Whatever is told is a fact from outside of the implant (bytes that arrived, pulses that left, what a programmer was
told), or what the implant's own bench reads at that instant, for comparison with what was told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from scs.domain.lead import Implant
from scs.domain.policy import Policy
from scs.domain.profile import DeviceProfile
from scs.domain.program import Group
from scs.domain.status import Fault, LogEntry, Mode, TherapyState
from scs.programmer.events import Event
from scs.wire.messages import Request

TEST_PROGRAM = 4
"""Stands for the place of a program in a test pulse of an impedance measurement."""


class PulseLike(Protocol):
    """What leaves the electrodes: one pulse, or a burst of equal ones. Currents are signed, in µA, per contact."""

    @property
    def currents_ua(self) -> Mapping[int, int]: ...
    @property
    def width_us(self) -> int: ...
    @property
    def gap_us(self) -> int: ...
    @property
    def recharge_ua(self) -> Mapping[int, int]: ...
    @property
    def recharge_us(self) -> int: ...
    @property
    def intra_us(self) -> int: ...
    @property
    def pulse_us(self) -> int: ...


class RunLike(Protocol):
    """`count` times the same, due every `spacing_us` from `first_us` on, `pulses` in each."""

    @property
    def program(self) -> int: ...
    @property
    def pulse(self) -> PulseLike: ...
    @property
    def first_us(self) -> int: ...
    @property
    def count(self) -> int: ...
    @property
    def spacing_us(self) -> int: ...
    @property
    def pulses(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Truth:
    """What the bench reads of the implant at an instant."""

    at_us: int
    mode: Mode
    therapy: TherapyState
    slot: int
    fault: Fault
    generation: int
    held: Mapping[int, bytes]
    """Slot to the digest of the group that it holds."""
    is_running: bool
    """Whether the processor does anything: it neither stands still nor is held for want of voltage."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A whole frame that reached the implant's antenna unharmed. `request` is None for STOP."""

    at_us: int
    link: int
    request: Request | None
    is_running: bool


@dataclass(frozen=True, slots=True)
class Ledgers:
    """The implant's own accounts since power-on, for comparison."""

    leading_pc: Mapping[int, int]
    net_pc: Mapping[int, int]
    pulses: int
    test_pulses: int


@dataclass(frozen=True, slots=True)
class Intrusion:
    """What came of frames that somebody sent who has no key."""

    kind: str
    frames: int
    before: Truth
    after: Truth
    entries: tuple[LogEntry, ...]
    """What the log has of it."""
    said: bytes
    """What the implant answered him."""
    is_magnet_near: bool


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not have happened."""

    checker: str
    at_us: int
    sentence: str


@dataclass(slots=True)
class Scene:
    """What everybody in one simulated world knows: the limits, and every group that a person has ever written."""

    profile: DeviceProfile
    implant: Implant
    policy: Policy
    groups: dict[bytes, Group] = field(default_factory=dict)
    """Digest to group."""


class Checker:
    """Watches for one kind of thing. What a checker does not override costs nothing: nobody calls it.

    `looked` counts how often it had something to compare.
    """

    id = ""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.looked = 0
        self.violations: list[Violation] = []

    def say(self, at_us: int, sentence: str) -> None:
        """Accuse."""
        self.violations.append(Violation(self.id, at_us, sentence))

    def on_sent(self, at_us: int, who: int, request: Request | None) -> None:
        """A programmer put a request (None: STOP) on the link for the first time."""

    def on_arrived(self, arrived: Arrived) -> None:
        """A frame has reached the implant, which has not acted on it yet."""

    def on_run(self, run: RunLike) -> None:
        """Pulses have left, or are sure to leave before anything changes."""

    def on_again(self, since_us: int, period_us: int, times: int) -> None:
        """All that has left since then leaves so many times more, each time a period later."""

    def on_entry(self, entry: LogEntry) -> None:
        """The implant has written a line of its log."""

    def on_truth(self, truth: Truth) -> None:
        """Time has passed, everything due is done."""

    def on_told(self, at_us: int, who: int, event: Event, asked_us: int) -> None:
        """A programmer's session heard something; what it answers was asked for at `asked_us`."""

    def on_damage(self, at_us: int, family: str, kind: str, lasts_us: int | None) -> None:
        """Something was broken by whoever makes faults, for so long; None: until it is mended, or for good."""

    def on_intrusion(self, intrusion: Intrusion) -> None:
        """Somebody without a key has sent something, and the implant has acted on it or not."""

    def on_log(self, at_us: int, chain: tuple[tuple[LogEntry, bytes], ...]) -> None:
        """A programmer has read the log, with its links."""

    def on_ledgers(self, at_us: int, ledgers: Ledgers) -> None:
        """The implant's own accounts, with nothing under way."""

    def on_end(self, at_us: int) -> None:
        """Nothing more will happen."""
