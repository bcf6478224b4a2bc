"""Does a long log come whole when its pages come several at a time, over every wire and from every version?"""

from __future__ import annotations

from collections.abc import Generator
from random import Random
from typing import Any

import pytest

from firmware_model.device import Device
from firmware_model.store import RamMemory
from scs.clock import Duration, Instant
from scs.domain.status import LogEntry, LogKind
from scs.errors import Refused, RemoteProtocolError
from scs.programmer.client import Client
from scs.programmer.events import Answered, Event
from scs.programmer.reading import PAGE_TAKES, read_log
from scs.programmer.steps import HowLong, Progress
from scs.wire.requests import GetLog, GetLogParts
from scs.wire.responses import LogPage, LogPart
from scs.wire.terms import LOG_PARTS_MAX, Reason, Role
from tests.conversation.test_wires import WIRES
from tests.support.reference_implant import power_on_with
from tests.support.speaker import Speaker, message
from tests.support.wires import Bedside, Quiet

ENTRIES = 400


def an_implant_with_a_long_log(entries: int = ENTRIES) -> Device:
    device = power_on_with(RamMemory())(Instant(0))
    for number in range(entries):
        device.parts.log(LogKind.SCHEDULE, f"entry {number}")
    return device


def held(device: Device) -> tuple[LogEntry, ...]:
    return tuple(device.parts.event_log.after(0))


@pytest.mark.req("LK-03")
@pytest.mark.parametrize("wire", ["quiet", "duplicating", "lossy-0", "lossy-3", "flipping-1", "delaying-2"])
def test_a_long_log_is_read_whole_over_every_wire(wire: str) -> None:
    device = an_implant_with_a_long_log()
    bedside = Bedside(lambda _: device)
    client = Client.open(
        bedside.connect(WIRES[wire](0), WIRES[wire](1)), bedside.clock, chance=Random(7), role=Role.READER
    )
    wanted = held(device)
    assert client.log()[: len(wanted)] == wanted


def test_a_long_log_asks_once_for_five_pages() -> None:
    device = an_implant_with_a_long_log()
    bedside = Bedside(lambda _: device)
    client = Client.open(bedside.connect(Quiet(), Quiet()), bedside.clock, chance=Random(7), role=Role.READER)
    seen: list[Event] = []
    client.runner.session.witness = seen.append
    assert client.log() == held(device)
    answers = [event for event in seen if isinstance(event, Answered)]
    assert [type(answer.request) for answer in answers] == [GetLog, *[GetLogParts] * (len(answers) - 1)]
    assert {len(answer.before) for answer in answers[1:-1]} == {LOG_PARTS_MAX - 1}


def asked(device: Device, *requests: GetLogParts) -> list[list[LogPart]]:
    """What an implant answers to each, and to each a second time in the same frame."""
    speaker = Speaker(device)
    speaker.open(Role.READER)
    answers = []
    for request in requests:
        frame = speaker.request(request)
        answers += [speaker.send(frame), speaker.send(frame)]
    return [[part for part in map(message, frames) if isinstance(part, LogPart)] for frames in answers]


def test_an_implant_answers_with_as_many_pages_as_were_asked_for_and_a_repeat_with_the_same() -> None:
    device = an_implant_with_a_long_log()
    first, again, one, _, last, _ = asked(device, GetLogParts(0, 4), GetLogParts(50, 1), GetLogParts(ENTRIES - 3, 4))
    assert first == again
    assert [(part.number, part.of) for part in first] == [(0, 4), (1, 4), (2, 4), (3, 4)]
    numbers = [entry[0] for part in first for entry in part.entries]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 64
    assert [(part.number, part.of, part.entries[0][0]) for part in one] == [(0, 1, 51)]
    assert last[-1].entries[-1][0] == last[-1].newest == device.parts.event_log.newest
    assert len(last) == 1


def test_behind_the_newest_entry_there_is_one_empty_part() -> None:
    device = an_implant_with_a_long_log(0)
    ((part, *more), _) = asked(device, GetLogParts(9_999, 4))
    assert (part.number, part.of, part.entries, more) == (0, 1, (), [])


@pytest.mark.parametrize("parts", [0, LOG_PARTS_MAX + 1, 255])
def test_no_part_and_more_than_five_are_refused_with_the_limit(parts: int) -> None:
    speaker = Speaker(an_implant_with_a_long_log(1))
    speaker.open(Role.READER)
    refused = speaker.refused(GetLogParts(0, parts))
    assert refused.reason is Reason.OUT_OF_RANGE
    assert "ask for 1 to 5 at once" in refused.text


def a_page(first: int, newest: int) -> LogPage:
    return LogPage(1, newest, ((first, 10, LogKind.POWER_ON, "on"),))


def driven(procedure: Generator[Any, Any, Any], *answers: object) -> tuple[list[object], object]:
    """Send what is asked for, in turn; what was asked, and what came of it."""
    left, steps, given = list(answers), [], None
    try:
        while True:
            step = procedure.throw(given) if isinstance(given, Exception) else procedure.send(given)
            given = None
            if not isinstance(step, Progress):
                steps.append(step)
                given = left.pop(0)
    except StopIteration as end:
        return steps, end.value


def test_an_implant_of_a_former_version_is_asked_page_by_page() -> None:
    cannot_read = Refused("code 39 is no message of this version", reason=Reason.MALFORMED.word)
    quick = Duration.of_ms(1)
    pages = [a_page(number, 3) for number in (1, 2, 3)]
    steps, entries = driven(read_log(), pages[0], quick, cannot_read, pages[1], quick, pages[2])
    assert steps == [GetLog(0), HowLong(), GetLogParts(1, 5), GetLog(1), HowLong(), GetLog(2)]
    assert isinstance(entries, tuple)
    assert [entry.sequence for entry in entries] == [1, 2, 3]


def test_on_a_slow_line_pages_come_one_by_one_and_several_as_soon_as_it_is_quick() -> None:
    slow, quick = PAGE_TAKES + Duration(1), PAGE_TAKES
    parts = (LogPart(0, 1, 1, 3, a_page(3, 3).entries),)
    steps, _ = driven(read_log(), a_page(1, 3), slow, a_page(2, 3), quick, parts)
    assert steps == [GetLog(0), HowLong(), GetLog(1), HowLong(), GetLogParts(2, 5)]


def test_another_refusal_and_another_answer_are_not_taken_for_a_former_version() -> None:
    busy = Refused("busy", reason=Reason.BUSY.word)
    with pytest.raises(Refused):
        driven(read_log(), a_page(1, 3), Duration(0), busy)
    with pytest.raises(RemoteProtocolError, match="not answered with parts"):
        driven(read_log(), a_page(1, 3), Duration(0), (a_page(2, 3),))
