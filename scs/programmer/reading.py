"""Procedures that only look: who the implant is, what it holds, what it measured, what it remembers."""

from __future__ import annotations

from dataclasses import dataclass

from scs.clock import Duration
from scs.domain.impedance import Impedances
from scs.domain.lead import Implant
from scs.domain.policy import Policy, find_policy
from scs.domain.profile import DeviceProfile
from scs.domain.program import Group
from scs.domain.status import LogEntry
from scs.errors import Refused, RemoteProtocolError
from scs.programmer.steps import HowLong, Pause, Procedure, Progress, ask
from scs.wire.prescription import decode_group, decode_implant, decode_profile, digest
from scs.wire.requests import (
    GetImpedance,
    GetImpedanceMatrix,
    GetLog,
    GetLogParts,
    GetSensing,
    GetStatus,
    Identify,
    MeasureImpedance,
    Read,
)
from scs.wire.responses import (
    Chunk,
    Done,
    Identity,
    ImpedanceMatrix,
    ImpedanceResult,
    LogPage,
    LogPart,
    Sensing,
    Status,
)
from scs.wire.terms import LOG_PARTS_MAX, ContactState, ImpedanceState, Object, Reason

READ_ATTEMPTS = 3
"""An object that changes in the middle is read again; who writes faster than that is heard in the error."""
PAGE_TAKES = Duration.of_ms(75)
"""Where one page takes longer than this, five at once would keep the line for so long that a STOP could seem
unanswered, and on a very slow one a lease end; at 115,200 baud it takes 52 ms [project: measured]."""
IMPEDANCE_PERIOD = Duration.of_ms(200)
"""Between two questions whether the measurement is ready: quick enough for a progress bar, slow enough for a line."""
IMPEDANCE_PATIENCE = Duration.of_s(60)
"""32 contacts take a few seconds; a measurement that lasts a minute has gone wrong."""


@dataclass(frozen=True, slots=True)
class DeviceDescription:
    """Everything about an implant that does not change while it is programmed, as it told it."""

    identity: Identity
    implant: Implant
    profile: DeviceProfile
    policy: Policy


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """A group as it was read back, with the generation and digest that a change has to start from."""

    slot: int
    generation: int
    digest: bytes
    group: Group


@dataclass(frozen=True, slots=True)
class Measurement:
    """Monopolar impedances against the case: (contact, ohms, state), and the implant's time of measuring."""

    at_us: int
    contacts: tuple[tuple[int, int, ContactState], ...]
    is_kept: bool = False
    """Nothing was measured since the implant began anew: these are the faulty contacts that it has kept over that,
    and `at_us` is 0."""

    @property
    def impedances(self) -> Impedances:
        """What `scs.domain.safety.judge` takes."""
        return Impedances(ohms={contact: ohms for contact, ohms, _ in self.contacts})


def identify() -> Procedure[DeviceDescription]:
    """Ask who the implant is, read its leads and limit table, and check that the three agree."""
    identity = yield from ask(Identify(), Identity)
    implant = decode_implant((yield from read_object(Object.IMPLANT, doing="reading the leads")).data)
    profile = decode_profile((yield from read_object(Object.PROFILE, doing="reading the limits")).data)
    if profile.id != identity.profile:
        raise RemoteProtocolError(
            f"the implant calls its profile {identity.profile} and sends {profile.id}; do not program it"
        )
    if len(implant.contacts) != identity.contacts:
        raise RemoteProtocolError(
            f"the implant names {identity.contacts} contacts and its leads have {len(implant.contacts)}; "
            f"do not program it"
        )
    return DeviceDescription(identity, implant, profile, find_policy(identity.policy))


@dataclass(frozen=True, slots=True)
class ReadObject:
    """The bytes of an object, checked against the digest that came with every chunk."""

    data: bytes
    generation: int
    digest: bytes


def read_object(wanted: Object, index: int = 0, *, doing: str) -> Procedure[ReadObject]:
    """Read an object in chunks and check its digest; begin again when it changes in the middle."""
    for _ in range(READ_ATTEMPTS):
        first = yield from ask(Read(wanted, index, 0), Chunk)
        data, chunk = first.data, first
        yield Progress(doing, len(data), first.total)
        while chunk.data and len(data) < first.total:
            chunk = yield from ask(Read(wanted, index, len(data)), Chunk)
            if (chunk.digest, chunk.generation, chunk.total) != (first.digest, first.generation, first.total):
                break
            data += chunk.data
            yield Progress(doing, len(data), first.total)
        if len(data) == first.total and digest(data) == first.digest:
            return ReadObject(data, first.generation, first.digest)
    raise RemoteProtocolError(
        f"{wanted.name.lower()} {index} was read {READ_ATTEMPTS} times and never matched its digest; "
        f"somebody else may be writing, so close the other programmer and read again"
    )


def read_group(slot: int) -> Procedure[HeldGroup]:
    """The group in `slot` (0 is the first); Refused with reason empty-slot when there is none."""
    read = yield from read_object(Object.GROUP, slot, doing=f"reading slot {slot}")
    return HeldGroup(slot, read.generation, read.digest, decode_group(read.data))


def find_group(slot: int) -> Procedure[HeldGroup | None]:
    """The group in `slot`, or None when the slot is empty."""
    try:
        return (yield from read_group(slot))
    except Refused as refused:
        if refused.reason != Reason.EMPTY_SLOT.word:
            raise
        return None


def status() -> Procedure[Status]:
    """What is so now."""
    return (yield from ask(GetStatus(), Status))


def measure_impedance(op_id: int, contacts: int) -> Procedure[Measurement]:
    """Begin a measurement of `contacts` contacts, wait for it and return it; therapy must be off."""
    doing = "measuring impedance"
    yield Progress(doing, 0, contacts)
    yield from ask(MeasureImpedance(op_id), Done)
    for _ in range(IMPEDANCE_PATIENCE.us // IMPEDANCE_PERIOD.us):
        result = yield from ask(GetImpedance(), ImpedanceResult)
        yield Progress(doing, min(len(result.contacts), contacts), contacts)
        if result.state is ImpedanceState.READY:
            return Measurement(result.at_us, result.contacts)
        if result.state is ImpedanceState.NEVER:
            raise RemoteProtocolError("the measurement was given up by the implant; read its log and measure again")
        yield Pause(IMPEDANCE_PERIOD)
    raise RemoteProtocolError(
        f"the measurement is not finished after {IMPEDANCE_PATIENCE.seconds:g} s; read the implant's log"
    )


def last_impedance() -> Procedure[Measurement | None]:
    """The last finished measurement, else the faulty contacts that were kept over a reset, or None for neither."""
    result = yield from ask(GetImpedance(), ImpedanceResult)
    if result.state is ImpedanceState.NEVER and result.contacts:
        return Measurement(0, result.contacts, is_kept=True)
    if result.state is not ImpedanceState.READY:
        return None
    return Measurement(result.at_us, result.contacts)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Impedances between every two contacts: (contact, contact, ohms, state), and the time of measuring."""

    at_us: int
    pairs: tuple[tuple[int, int, int, ContactState], ...]


def impedance_matrix() -> Procedure[Matrix | None]:
    """The matrix of the last finished measurement, or None when there is none; begun again when it changes."""
    for _ in range(READ_ATTEMPTS):
        part = first = yield from ask(GetImpedanceMatrix(0), ImpedanceMatrix)
        if first.state is not ImpedanceState.READY:
            return None
        pairs = list(first.pairs)
        while part.pairs and len(pairs) < first.total:
            part = yield from ask(GetImpedanceMatrix(len(pairs)), ImpedanceMatrix)
            if (part.state, part.at_us, part.total, part.first) != (
                first.state, first.at_us, first.total, len(pairs)
            ):  # fmt: skip
                break
            pairs.extend(part.pairs)
            yield Progress("reading the impedance matrix", len(pairs), first.total)
        if len(pairs) == first.total:
            return Matrix(first.at_us, tuple(pairs))
    raise RemoteProtocolError(
        f"the impedance matrix was read {READ_ATTEMPTS} times and never came whole; "
        f"somebody else may be measuring, so close the other programmer and measure again"
    )


def read_sensing() -> Procedure[Sensing]:
    """The posture, and what each closed loop does."""
    return (yield from ask(GetSensing(), Sensing))


def read_log(after: int = 0) -> Procedure[tuple[LogEntry, ...]]:
    """Every entry with a sequence number above `after` that the implant still has, oldest first."""
    entries: list[LogEntry] = []
    doing = "reading the log"
    whole = yield from ask(GetLog(after), LogPage)
    # Entries written while we read are left for the next time, or a chatty implant would never let us go.
    newest, first = whole.newest, max(after + 1, whole.oldest)
    pages: tuple[LogPage | LogPart, ...] = (whole,)
    knows_parts = True
    while True:
        fresh = [LogEntry(*entry) for page in pages for entry in page.entries if after < entry[0] <= newest]
        entries.extend(fresh)
        after = fresh[-1].sequence if fresh else newest
        yield Progress(doing, max(0, after + 1 - first), max(0, newest + 1 - first))
        if after >= newest:
            return tuple(entries)
        took: Duration = yield HowLong()
        is_quick = took <= PAGE_TAKES * len(pages)
        pages = (yield from _ask_for_parts(after)) if knows_parts and is_quick else ()
        knows_parts = knows_parts and (bool(pages) or not is_quick)
        if not pages:
            pages = ((yield from ask(GetLog(after), LogPage)),)


def _ask_for_parts(after: int) -> Procedure[tuple[LogPart, ...]]:
    """Several pages at once; none from an implant of a former version, which cannot read the question."""
    try:
        parts = yield GetLogParts(after, LOG_PARTS_MAX)
    except Refused as refused:
        if refused.reason != Reason.MALFORMED.word:
            raise
        return ()
    if not isinstance(parts, tuple) or not all(isinstance(part, LogPart) for part in parts):
        raise RemoteProtocolError("GetLogParts was not answered with parts; the implant speaks another protocol")
    return parts
