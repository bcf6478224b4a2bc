"""What a session says and hears, as lines of its record. The exact bytes of each message are kept: they can be read
back as what they were, also by a later program that shows more of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scs.domain.verdict import Verdict
from scs.errors import ScsError
from scs.programmer.events import (
    Answered,
    Event,
    LinkSilent,
    NoticeArrived,
    RequestAbandoned,
    RequestRefused,
    SessionForgotten,
    SessionReady,
    StatusHeard,
    StopAcknowledged,
    StopPressed,
    StopUnanswered,
    WrongImplant,
)
from scs.programmer.pairing_keys import SharedSecret
from scs.programmer.reading import DeviceDescription, HeldGroup
from scs.records.entry import Kind
from scs.records.recorder import Recorder
from scs.wire.codec import encode_message
from scs.wire.messages import Message
from scs.wire.prescription import encode_document, encode_group
from scs.wire.responses import Status

if TYPE_CHECKING:
    from scs.records.book import Session

STEADY_US = 10_000_000
"""A status that says nothing new is written this seldom: telemetry at 5 Hz would hide what a person did."""


class SessionRecord:
    """Turns what happens into lines for `recorder`; called in whichever thread it happens in."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._status: Status | None = None
        self._is_closed = False
        self._lost_by = ""

    @property
    def number(self) -> int | None:
        """The session's number in the book, as soon as the book has given it."""
        return self._recorder.number

    def is_of(self, session: Session) -> bool:
        """Whether a session of the book is this one. Between the book's beginning it and this side's knowing its number
        only the opening tells."""
        return session.number == self.number if self.number is not None else session.opening == self._recorder.opening

    def saw(self, event: Event) -> None:
        """Anything that the session tells its driver."""
        add = self._recorder.add
        match event:
            case SessionReady(_, role, _, identity):
                self._status = None
                self._lost_by = ""
                add(Kind.OPENED, identity.serial, {"role": role.name.lower(), "identity": _hex(identity)})
            case Answered(_, Status() as status) | StatusHeard(status) | NoticeArrived(Status() as status):
                self._on_status(status)
            case Answered(request, response, before):
                for part in (*before, response):
                    add(Kind.EXCHANGE, type(request).__name__, {"request": _hex(request), "answer": _hex(part)})
            case RequestRefused(request, reply):
                add(Kind.REFUSED, type(request).__name__, {"request": _hex(request), "answer": _hex(reply)})
            case NoticeArrived(notice):
                add(Kind.LOG, type(notice).__name__, {"answer": _hex(notice)})
            case StopPressed():
                add(Kind.STOP, "STOP", {})
            case StopAcknowledged(at_us):
                add(Kind.STOPPED, "STOP", {"at_us": at_us})
            case StopUnanswered(waited):
                add(Kind.STOP_UNANSWERED, "STOP", {"waited_us": waited.us})
            case RequestAbandoned(request):
                add(Kind.ABANDONED, type(request).__name__, {"request": _hex(request)})
            case WrongImplant(expected, found):
                add(Kind.WRONG_IMPLANT, found, {"expected": expected})
            case SessionForgotten(request):
                self._lost("the implant does not know this session any more", request)
            case LinkSilent(request, waited):
                self._lost(f"nobody answered within {waited.us // 1_000} ms", request)

    def lost(self, why: ScsError) -> None:
        """The port failed under the session, or could not be opened; the same failure is told once."""
        if self._lost_by == str(why):
            return
        self._lost_by = str(why)
        self._recorder.add(Kind.LOST, type(why).__name__, {"why": str(why)})

    def failed(self, doing: str, why: ScsError) -> None:
        """What a person asked for was not done."""
        self._recorder.add(Kind.FAILED, doing, {"error": type(why).__name__, "why": str(why)})

    def unresolved(self, sentences: tuple[str, ...]) -> None:
        """What became of operations that an earlier session began and did not end."""
        for sentence in sentences:
            self._recorder.add(Kind.UNRESOLVED, "", {"text": sentence})

    def seated(self, role: str) -> None:
        """Who sits before the programmer from here on."""
        self._recorder.add(Kind.ROLE, role, {})

    def lock(self, what: str) -> None:
        """The programmer locked itself, or somebody opened it again."""
        self._recorder.add(Kind.LOCK, what, {})

    def paired(self, what: str, serial: str, shared: SharedSecret) -> None:
        """What became of a pair: made, kept, taken back, or why not. No key and no word of it is written."""
        self._recorder.add(Kind.PAIRING, serial, {"what": what, "pair": shared.pair, "role": shared.role.word})

    def felt(self, slot: int, program: str, felt: str, amplitude_ua: int) -> None:
        """What a patient felt of a program at an amplitude in µA: perception, comfortable or maximum."""
        self._recorder.add(Kind.FELT, program, {"slot": slot, "felt": felt, "amplitude_ua": amplitude_ua})

    def described(self, description: DeviceDescription) -> None:
        """Leads and limits, as the implant told them."""
        body = {
            "identity": _hex(description.identity),
            "implant": encode_document(description.implant).hex(),
            "profile": encode_document(description.profile).hex(),
        }
        self._recorder.add(Kind.DESCRIBED, description.identity.serial, body)

    def held(self, held: HeldGroup, acknowledged: tuple[str, ...] | None = None) -> None:
        """A group as it was read back; with `acknowledged`, after it was written."""
        body = {
            "slot": held.slot,
            "generation": held.generation,
            "digest": held.digest.hex(),
            "group": encode_group(held.group).hex(),
            "acknowledged": None if acknowledged is None else list(acknowledged),
        }
        self._recorder.add(Kind.GROUP, held.group.name, body)

    def judged(self, name: str, verdict: Verdict) -> None:
        """What a person was shown before deciding about the group `name`. Numbers are kept as they were shown."""
        findings = [
            {
                "rule": found.rule,
                "tier": found.tier.name.lower(),
                "program": found.program,
                "contact": found.contact,
                "value": str(found.value),
                "limit": str(found.limit),
                "unit": found.unit,
                "largest_passing_amplitude_ua": found.largest_passing_amplitude_ua,
                "message": found.message,
                "remedy": found.remedy,
            }
            for found in verdict.findings
        ]
        unknown = [{"rule": it.rule, "program": it.program, "reason": it.reason} for it in verdict.not_evaluated]
        body = {"outcome": str(verdict.outcome), "findings": findings, "not_evaluated": unknown}
        self._recorder.add(Kind.VERDICT, name, body)

    def close(self) -> None:
        """The session is over: write what waits."""
        if not self._is_closed:
            self._is_closed = True
            self._recorder.add(Kind.CLOSED, "", {})
            self._recorder.close()

    def _on_status(self, status: Status) -> None:
        known = self._status
        if known is not None:
            # What moves by itself from one pulse to the next is no news.
            calm = replace(
                status,
                at_us=known.at_us,
                pulses=known.pulses,
                battery_mv=known.battery_mv,
                battery_permille=known.battery_permille,
            )
            if calm == known and abs(status.at_us - known.at_us) < STEADY_US:
                return
        self._status = status
        self._recorder.add(Kind.STATUS, "Status", {"answer": _hex(status)})

    def _lost(self, why: str, request: Message) -> None:
        self._recorder.add(Kind.LOST, type(request).__name__, {"why": why, "request": _hex(request)})


def _hex(message: Message) -> str:
    return encode_message(message).hex()
