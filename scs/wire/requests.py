"""Everything that a programmer can ask, each message once. The clauses are those of docs/protocol.md.

Values are absolute, never "+1". What changes therapy carries an `op_id`: a repeat is answered, never repeated.
"""

from __future__ import annotations

from dataclasses import dataclass

from scs.wire.schema import choice, message, octets, wire
from scs.wire.terms import CHUNK_MAX, DIGEST, RULES, TO_IMPLANT, U8, U16, U32, U64, Object, Role


@message(1, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class Open:
    """§5.1 Ask for a session. Sent with session 0; `nonce` tells a retransmission from a second programmer."""

    nonce: int = wire(1, U64)
    role: Role = wire(2, choice(Role))


@message(2, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class Close:
    """§5.2 Give the session, and with it the lease, back."""


@message(3, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class Identify:
    """§5.3 Who are you?"""


@message(4, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetStatus:
    """§5.4 How are you? Any message of a session also renews its leases; this is the one for doing only that."""


@message(5, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class Read:
    """§5.5 A chunk of an object from `offset`; `index` is the slot of a group, else 0."""

    object: Object = wire(1, choice(Object))
    index: int = wire(2, U8)
    offset: int = wire(3, U16)


@message(6, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class Stage:
    """§6.1 A chunk of a group that is to be written to `slot`. Offset 0 begins anew; chunks follow in order."""

    slot: int = wire(1, U8)
    offset: int = wire(2, U16)
    total: int = wire(3, U16)
    digest: bytes = wire(4, DIGEST)
    data: bytes = wire(5, octets(CHUNK_MAX))


@message(7, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class Commit:
    """§6.2 Make what is staged the group in `slot`, if the generation is still `base_generation`."""

    op_id: int = wire(1, U64)
    slot: int = wire(2, U8)
    base_generation: int = wire(3, U32)
    digest: bytes = wire(4, DIGEST)
    acknowledged: tuple[str, ...] = wire(5, RULES)


@message(8, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class Start:
    """§7.1 Soft-start the group in `slot` at its committed amplitudes. A no-op while that group runs."""

    op_id: int = wire(1, U64)
    slot: int = wire(2, U8)


@message(9, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class SoftStop:
    """§7.2 Ramp down and stop. STOP (§4) is something else: at once, and never refused."""

    op_id: int = wire(1, U64)


@message(10, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class SetAmplitude:
    """§7.3 Try an absolute amplitude while therapy runs; held by the lease, then therapy soft-stops."""

    op_id: int = wire(1, U64)
    program: int = wire(2, U8)
    amplitude_ua: int = wire(3, U32)
    acknowledged: tuple[str, ...] = wire(4, RULES)


@message(11, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class MeasureImpedance:
    """§8.1 Begin a measurement of every contact; therapy must be off."""

    op_id: int = wire(1, U64)


@message(12, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetImpedance:
    """§8.2 The last measurement, or how far it is."""


@message(28, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetImpedanceMatrix:
    """§8.5 The pairs of the last measurement from number `first` on, as many as fit."""

    first: int = wire(1, U16)


@message(13, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetLog:
    """§9.1 Entries with a sequence number above `after`, oldest first, as many as fit."""

    after: int = wire(1, U32)


@message(39, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetLogParts:
    """§9.8 As GetLog, but up to `parts` pages at once, each in a frame of its own."""

    after: int = wire(1, U32)
    parts: int = wire(2, U8)


@message(14, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class Watch:
    """§9.2 Send telemetry notices every `period_ms` (0 stops them)."""

    period_ms: int = wire(1, U16)


@message(15, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class ClearFault:
    """§7.4 Take back a latched fault whose cause is gone; therapy stays off."""

    op_id: int = wire(1, U64)


@message(16, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class EnterMri:
    """§10.2 Make stimulation impossible until LeaveMri, also over a reset; therapy must be off."""

    op_id: int = wire(1, U64)


@message(17, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class LeaveMri:
    """§10.3 End the MRI mode; therapy stays off. Any session that may write can say so."""

    op_id: int = wire(1, U64)


@message(18, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class EnterStorage:
    """§10.2 Put the implant to sleep on the shelf until LeaveStorage, also over a reset; therapy must be off."""

    op_id: int = wire(1, U64)


@message(19, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class LeaveStorage:
    """§10.3 Wake the implant up; therapy stays off."""

    op_id: int = wire(1, U64)


@message(32, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetBattery:
    """§5.7 Ask what is known of the battery."""


@message(36, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetLogLinks:
    """§9.4 The links of the entries with a sequence number above `after`, oldest first, as many as fit."""

    after: int = wire(1, U32)


@message(37, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetUsage:
    """§9.5 How long was each group delivered?"""


@message(38, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetResets:
    """§9.6 Why did you last begin anew?"""


@message(44, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class SetClock:
    """§7.5 It is now `second_of_day` seconds after local midnight: 0 to 86,399."""

    op_id: int = wire(1, U64)
    second_of_day: int = wire(2, U32)


@message(45, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetClock:
    """§7.5 What time is it, as far as you were told?"""


@message(46, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetDelivery:
    """§7.8 At which rates is the running group delivered, and does anything hold it back?"""


@message(40, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetSensing:
    """§11.1 What is sensed now, and what the closed loops do."""


@message(48, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetPostureUsage:
    """§9.7 How long was each program of this slot delivered in each posture?"""

    slot: int = wire(1, U8)


@message(49, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class GetSlots:
    """§6.5 Which slots hold a group, and which of them is the default?"""


@message(50, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class ClearSlot:
    """§6.6 Forget the group in a slot."""

    op_id: int = wire(1, U64)
    slot: int = wire(2, U8)
    base_generation: int = wire(3, U32)
    """The generation that was seen when this was decided."""


@message(51, TO_IMPLANT)
@dataclass(frozen=True, slots=True)
class SetDefaultSlot:
    """§6.7 From now on this slot is meant when a start names none; NO_SLOT: none is."""

    op_id: int = wire(1, U64)
    slot: int = wire(2, U8)
    base_generation: int = wire(3, U32)
    """The generation that was seen when this was decided."""
