"""Everything that an implant says, each message once. The clauses are those of docs/protocol.md."""

from __future__ import annotations

from dataclasses import dataclass

from scs.domain.status import (
    BatteryLevel,
    ChargerState,
    EcapQuality,
    Fault,
    HeldBy,
    LogKind,
    LoopState,
    Mode,
    Posture,
    ResetCause,
    TherapyState,
)
from scs.wire.schema import FLAG, choice, many, message, octets, record, text, wire
from scs.wire.terms import (
    CHUNK_MAX,
    DIGEST,
    LOOP,
    PAIRS_MAX,
    RULES,
    TO_PROGRAMMER,
    U8,
    U16,
    U32,
    U64,
    ContactState,
    ImpedanceState,
    Object,
    Reason,
    Role,
)


@message(64, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class Opened:
    """§5.1 The session's number, the role it got (READER when somebody else writes) and the lease."""

    nonce: int = wire(1, U64)
    session: int = wire(2, U16)
    role: Role = wire(3, choice(Role))
    lease_ms: int = wire(4, U16)


@message(65, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class Done:
    """Said and done; `op_id` is 0 where the request had none."""

    op_id: int = wire(1, U64)


@message(66, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class Identity:
    """§5.3 Which implant this is and what it is modelled on."""

    serial: str = wire(1, text(24))
    model: str = wire(2, text(64))
    firmware: str = wire(3, text(16))
    profile: str = wire(4, text(32))
    policy: str = wire(5, text(16))
    contacts: int = wire(6, U8)
    groups: int = wire(7, U8)
    occupied: tuple[int, ...] = wire(8, many(U8, 8))
    """The slots that hold a group."""


@message(67, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class Status:
    """§5.4 What is so now. Also sent unasked as telemetry (§9.2)."""

    at_us: int = wire(1, U64)
    mode: Mode = wire(2, choice(Mode))
    therapy: TherapyState = wire(3, choice(TherapyState))
    slot: int = wire(4, U8)
    """The group that is delivered, or was last."""
    generation: int = wire(5, U32)
    """Counts every commit; 0 is a new device."""
    targets_ua: tuple[int, ...] = wire(6, many(U32, 4))
    """Per program of that group: where the amplitude is going."""
    delivered_ua: tuple[int, ...] = wire(7, many(U32, 4))
    """Per program: the amplitude of the latest pulse, 0 while off."""
    trial: bool = wire(8, FLAG)
    """Whether a target differs from what is committed and hangs on the lease."""
    fault: Fault = wire(9, choice(Fault))
    battery_permille: int = wire(10, U16)
    battery_mv: int = wire(11, U16)
    last_op_id: int = wire(12, U64)
    pulses: int = wire(13, U64)
    """Pulses delivered since power-on."""
    log_newest: int = wire(14, U32)
    role: Role = wire(15, choice(Role))
    """The role of the session that is told."""


@message(68, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class Chunk:
    """§5.5 Part of an object; `digest` and `generation` are those of the whole."""

    object: Object = wire(1, choice(Object))
    index: int = wire(2, U8)
    offset: int = wire(3, U16)
    total: int = wire(4, U16)
    generation: int = wire(5, U32)
    digest: bytes = wire(6, DIGEST)
    data: bytes = wire(7, octets(CHUNK_MAX))


@message(69, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class Staged:
    """§6.1 How much has arrived; once complete, what the implant itself thinks of it."""

    received: int = wire(1, U16)
    complete: bool = wire(2, FLAG)
    digest: bytes = wire(3, DIGEST)
    """Of what the implant decoded and encoded again, not of what was announced."""
    must_acknowledge: tuple[str, ...] = wire(4, RULES)
    generation: int = wire(5, U32)
    """What a commit has to name as its base."""


@message(70, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class Committed:
    """§6.2 The change is in non-volatile memory."""

    op_id: int = wire(1, U64)
    slot: int = wire(2, U8)
    generation: int = wire(3, U32)
    digest: bytes = wire(4, DIGEST)


@message(71, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class ImpedanceResult:
    """§8.2 Monopolar impedance of each contact against the case."""

    state: ImpedanceState = wire(1, choice(ImpedanceState))
    at_us: int = wire(2, U64)
    contacts: tuple[tuple[int, int, ContactState], ...] = wire(3, many(record(U8, U32, choice(ContactState)), 32))
    """(contact, ohms, state)."""


@message(92, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class ImpedanceMatrix:
    """§8.5 Part of the impedances between every two contacts."""

    state: ImpedanceState = wire(1, choice(ImpedanceState))
    at_us: int = wire(2, U64)
    first: int = wire(3, U16)
    total: int = wire(4, U16)
    """How many pairs there are."""
    pairs: tuple[tuple[int, int, int, ContactState], ...] = wire(
        5, many(record(U8, U8, U32, choice(ContactState)), PAIRS_MAX)
    )
    """(contact, contact, ohms, state), the lower contact first, in ascending order."""


LOG_ENTRIES = many(record(U32, U64, choice(LogKind), text(64)), 32)
"""Of one frame: (sequence number, time in us, kind, detail)."""


@message(72, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class LogPage:
    """§9.1 Part of the log."""

    oldest: int = wire(1, U32)
    newest: int = wire(2, U32)
    entries: tuple[tuple[int, int, LogKind, str], ...] = wire(3, LOG_ENTRIES)


@message(103, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class LogPart:
    """§9.8 Part `number`, from 0 on, of the `of` frames that answer together."""

    number: int = wire(1, U8)
    of: int = wire(2, U8)
    oldest: int = wire(3, U32)
    newest: int = wire(4, U32)
    entries: tuple[tuple[int, int, LogKind, str], ...] = wire(5, LOG_ENTRIES)


@message(73, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class RefusedReply:
    """§5.6 No, and why; `rules` names the safety rules that spoke."""

    code: int = wire(1, U8)
    """The code of the request that is refused; 0 when it could not be read."""
    reason: Reason = wire(2, choice(Reason))
    rules: tuple[str, ...] = wire(3, RULES)
    text: str = wire(4, text(240))


@message(74, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class LogNotice:
    """§9.3 An entry was just written to the log; sent to sessions that watch."""

    sequence: int = wire(1, U32)
    at_us: int = wire(2, U64)
    kind: LogKind = wire(3, choice(LogKind))
    detail: str = wire(4, text(64))


@message(75, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class Stopped:
    """§4.3 The answer to STOP: the switches are open."""

    at_us: int = wire(1, U64)


@message(96, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class BatteryReport:
    """§5.7 The answer to GetBattery."""

    at_us: int = wire(1, U64)
    permille: int = wire(2, U16)
    millivolts: int = wire(3, U16)
    level: BatteryLevel = wire(4, choice(BatteryLevel))
    charger: ChargerState = wire(5, choice(ChargerState))
    charge_ua: int = wire(6, U32)
    """What flows into the cell from the charger."""
    rise_mk: int = wire(7, U16)
    """How much warmer than the body the pocket is, in millikelvin."""
    over_discharges: int = wire(8, U8)
    draw_ua: int = wire(9, U32)
    """What is drawn from the cell, with the mean of the pulses."""
    lasts_s: int = wire(10, U32)
    """Until it is empty at this draw, in seconds, at most 2^32 - 1, which is also said while it gains."""
    drawn_uc: tuple[int, ...] = wire(11, many(U64, 6))
    """Since power-on, in microcoulombs: stimulation, starts, housekeeping, telemetry, sensing, self-discharge."""


@message(100, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class LogLinks:
    """§9.4 Part of the chain of the log: (sequence, link)."""

    links: tuple[tuple[int, bytes], ...] = wire(1, many(record(U32, octets(12)), 24))


@message(101, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class UsageReport:
    """§9.5 Of every slot that was ever started, since the implant was made."""

    at_us: int = wire(1, U64)
    slots: tuple[tuple[int, int, int, tuple[int, ...]], ...] = wire(2, many(record(U8, U32, U64, many(U64, 4)), 8))
    """(slot, starts, time of therapy in microseconds, and of each program the time in which it had an amplitude)."""


@message(102, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class ResetReport:
    """§9.6 The last reset, and the unplanned ones of the last ten minutes."""

    at_us: int = wire(1, U64)
    cause: ResetCause = wire(2, choice(ResetCause))
    count: int = wire(3, U32)
    """Resets since the implant was made; a power-on is none."""
    unplanned_us: tuple[int, ...] = wire(4, many(U64, 3))
    is_magnet_held: bool = wire(5, FLAG)


@message(108, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class ClockReport:
    """§7.5 The implant's time and the time of the day, which is 0 while the clock is not set."""

    at_us: int = wire(1, U64)
    is_set: bool = wire(2, FLAG)
    time_of_day_us: int = wire(3, U64)
    """After local midnight."""
    set_us: int = wire(4, U64)
    """The implant's time at which it was last set; 0 while it is not."""


@message(109, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class Delivery:
    """§7.8 Of the group that runs: its rates on the tick of one microsecond, and what holds it back."""

    at_us: int = wire(1, U64)
    slot: int = wire(2, U8)
    held_by: HeldBy = wire(3, choice(HeldBy))
    next_us: int = wire(4, U64)
    """The implant's time at which that may change; 0 when it does not by itself."""
    dose_us: int = wire(5, U64)
    """The most of a day in which the group is delivered; 0 for no bound, and while therapy is off."""
    used_us: int = wire(6, U64)
    """How much of that is used in the dosing day that runs."""
    rates: tuple[tuple[int, int, int], ...] = wire(7, many(record(U32, U32, U32), 4))
    """Per program: (mHz prescribed, us from pulse to pulse or burst to burst, us inside the burst or 0)."""


@message(104, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class Sensing:
    """§11.1 How the body lies and moves, and of each program what it evokes, wants and delivers."""

    at_us: int = wire(1, U64)
    posture: Posture = wire(2, choice(Posture))
    activity_mg: int = wire(3, U16)
    loops: tuple[tuple[int, LoopState, EcapQuality, int, int, int, int, int], ...] = wire(4, many(LOOP, 4))
    """(program, state, quality, nV read, nV wanted, uA of the next pulse, uA never passed, times fallen back)."""


@message(112, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class PostureUsage:
    """§9.7 Of one slot, since the implant was made."""

    at_us: int = wire(1, U64)
    slot: int = wire(2, U8)
    rows: tuple[tuple[int, Posture, int], ...] = wire(3, many(record(U8, choice(Posture), U64), 28))
    """(program, posture, microseconds in which it had an amplitude), without those that are zero."""


@message(113, TO_PROGRAMMER)
@dataclass(frozen=True, slots=True)
class Slots:
    """§6.5 What is held where, of one generation."""

    generation: int = wire(1, U32)
    occupied: tuple[int, ...] = wire(2, many(U8, 8))
    default: int = wire(3, U8)
    """The slot that is meant when a start names none; NO_SLOT: none is."""
