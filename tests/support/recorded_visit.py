"""A visit to a real implant, written into a book: two groups, a measurement, therapy, STOP, and what was said of it."""

from __future__ import annotations

from scs.clock import WallClock
from scs.domain.program import Group
from scs.domain.safety import judge
from scs.errors import Refused
from scs.programmer.client import Client
from scs.programmer.recording import SessionRecord
from scs.records.book import Book
from scs.records.entry import Entry, Kind
from scs.records.recorder import Recorder
from tests.support.books import OPENING
from tests.support.live_implant import LiveImplant


def a_recorded_visit(url: str, *groups: Group, outcome: str = "", measured: bool = True) -> None:
    """Write each group that the rules let pass or confirm, start the first, and press STOP."""
    troubles: list[str] = []
    recorder = Recorder(url, OPENING, WallClock(), troubles.append)
    recorder.start()
    record = SessionRecord(recorder)
    with LiveImplant() as implant, Client.open(implant.connect(), record=record) as client:
        told = client.identify()
        if measured:
            client.measure_impedance()
        for slot, group in enumerate(groups):
            client.find_group(slot)
            verdict = judge(group, told.implant, told.profile, told.policy)
            record.judged(group.name, verdict)
            try:
                client.write_group(slot, group, verdict.must_acknowledge)
            except Refused as refused:
                record.failed("write", refused)
        if client.find_group(0) is not None:
            client.start(0)
        client.stop()
        client.battery()
    assert not troubles, troubles
    if outcome:
        with Book(url) as book:
            body = {"text": outcome, "noted_at": "2026-11-23T11:00:00Z", "pain": 3}
            book.append(book.sessions()[-1].number, [Entry(0, Kind.OUTCOME, "", body)])
