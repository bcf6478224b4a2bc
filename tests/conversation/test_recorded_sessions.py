"""What a session with a real implant leaves in the book, and that no book ever stands in the way of therapy."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scs.clock import Duration, WallClock
from scs.domain.safety import judge
from scs.errors import LinkLost, RecordError, Refused
from scs.programmer.client import Client
from scs.programmer.recording import SessionRecord
from scs.programmer.telling import line_details, line_words, retell
from scs.programmer.worker import Worker
from scs.programmer.worker_events import LinkDown, LinkUp, StopConfirmed, WorkerEvent
from scs.records.book import Book
from scs.records.entry import Entry, Kind, Opening
from scs.records.recorder import Recorder
from tests.support.books import OPENING
from tests.support.emulators import RUN_S
from tests.support.live_implant import LiveImplant
from tests.support.reference_implant import plain_group
from tests.support.waiting import wait_until


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'records.sqlite'}"


def record_in(url: str, said: list[str], open_book: Callable[[str], Book] | None = None) -> SessionRecord:
    recorder = Recorder(url, OPENING, WallClock(), said.append, open_book)
    recorder.start()
    return SessionRecord(recorder)


def lines_in(url: str, session: int = 1) -> tuple[Entry, ...]:
    with Book(url) as book:
        assert book.breaks() == ()
        return book.entries(session)


def kinds(lines: tuple[Entry, ...]) -> list[Kind]:
    return [line.kind for line in lines]


@pytest.mark.req("PR-09")
def test_everything_that_is_done_and_seen_is_in_the_record(tmp_path: Path) -> None:
    url, said, group = url_in(tmp_path), list[str](), plain_group(1_000)
    with LiveImplant() as implant, Client.open(implant.connect(), record=record_in(url, said)) as client:
        told = client.identify()
        verdict = judge(group, told.implant, told.profile, told.policy)
        assert client.record is not None
        client.record.judged(group.name, verdict)
        measured = client.measure_impedance()
        client.write_group(0, group, verdict.must_acknowledge)
        client.start(0)
        client.stop()
        with pytest.raises(Refused):
            client.read_group(5)
    lines = lines_in(url)
    known = retell(lines)
    assert said == []
    assert known.groups == {0: group}
    assert known.measurement == measured
    assert known.implant == told.implant
    assert known.identity == told.identity
    assert [line.body["outcome"] for line in known.verdicts] == [verdict.outcome]
    assert [line.body["acknowledged"] for line, _ in known.written] == [list(verdict.must_acknowledge)]
    in_order = [kind for kind in kinds(lines) if kind in (Kind.OPENED, Kind.STOP, Kind.STOPPED, Kind.REFUSED)]
    assert in_order == [Kind.OPENED, Kind.STOP, Kind.STOPPED, Kind.REFUSED]
    assert kinds(lines)[-1] is Kind.CLOSED
    assert any(line.name == "Start" for line in lines)


def test_every_line_of_a_session_can_be_said_in_words(tmp_path: Path) -> None:
    url, said = url_in(tmp_path), list[str]()
    with (
        LiveImplant(plain_group(1_000)) as implant,
        Client.open(implant.connect(), record=record_in(url, said)) as client,
    ):
        client.identify()
        client.battery()
        client.find_group(0)
        client.start(0)
        client.hold(Duration.of_ms(100))
        client.soft_stop()
    for line in lines_in(url):
        assert "cannot read" not in " ".join([line_words(line), *line_details(line)])


def test_a_status_that_says_nothing_new_is_not_written_again(tmp_path: Path) -> None:
    url, said = url_in(tmp_path), list[str]()
    with LiveImplant() as implant, Client.open(implant.connect(), record=record_in(url, said)) as client:
        for _ in range(20):
            client.status()
    assert kinds(lines_in(url)).count(Kind.STATUS) == 1


class _Shut:
    """A book that cannot be opened until it is let."""

    def __init__(self) -> None:
        self.is_open = threading.Event()
        self.attempts = 0

    def __call__(self, url: str) -> Book:
        self.attempts += 1
        if not self.is_open.is_set():
            raise RecordError("the book is shut")
        return Book(url)


@pytest.mark.req("PR-09")
def test_a_book_that_fails_is_said_once_and_therapy_is_controlled_all_the_same(tmp_path: Path) -> None:
    url, said, shut = url_in(tmp_path), list[str](), _Shut()
    with (
        LiveImplant(plain_group(1_000)) as implant,
        Client.open(implant.connect(), record=record_in(url, said, shut)) as client,
    ):
        client.start(0)
        wait_until(lambda: said, "the trouble to be said")
        client.stop()
        assert not implant.is_delivering
    assert said[0] == "this session is not being recorded: the book is shut"
    assert "were not recorded" in said[-1]
    assert len(said) == 2


def test_a_session_is_known_for_this_one_before_its_number_is(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class SlowBook(Book):
        def begin(self, opening: Opening) -> int:
            number = super().begin(opening)
            begun.set()
            go_on.wait(RUN_S)
            return number

    url, said = url_in(tmp_path), list[str]()
    with Book(url) as book:
        book.begin(replace(OPENING, started_at="2026-11-22T10:00:00Z"))
    record = record_in(url, said, SlowBook)
    record.failed("", LinkLost("a line, so that the book is opened"))
    assert begun.wait(RUN_S)
    with Book(url) as book:
        of_another, own = book.sessions()
    known = [record.number]
    assert [record.is_of(of_another), record.is_of(own)] == [False, True]
    go_on.set()
    record.close()
    assert [*known, record.number] == [None, own.number]
    assert [record.is_of(of_another), record.is_of(own)] == [False, True]
    assert said == []


def test_a_book_that_is_there_again_gets_every_line(tmp_path: Path) -> None:
    url, said, shut = url_in(tmp_path), list[str](), _Shut()
    with LiveImplant() as implant, Client.open(implant.connect(), record=record_in(url, said, shut)) as client:
        client.identify()
        wait_until(lambda: shut.attempts > 0, "the first attempt")
        shut.is_open.set()
    lines = lines_in(url)
    assert kinds(lines)[0] is Kind.OPENED
    assert kinds(lines)[-1] is Kind.CLOSED


class _Stuck:
    """A book whose database does not answer until it is let."""

    def __init__(self) -> None:
        self.answers = threading.Event()

    def __call__(self, url: str) -> Book:
        self.answers.wait(10)
        return Book(url)


@pytest.mark.hazard("H38")
def test_stop_does_not_wait_for_a_book_that_hangs(tmp_path: Path) -> None:
    url, said, stuck, heard = url_in(tmp_path), list[str](), _Stuck(), list[WorkerEvent]()
    with LiveImplant(plain_group(1_000)) as implant:
        worker = Worker(implant.connect, WallClock(), heard.append, record=record_in(url, said, stuck))
        worker.start()
        wait_until(lambda: any(isinstance(event, LinkUp) for event in heard), "the link")
        worker.submit("start", lambda client, _: client.start(0))
        wait_until(lambda: implant.is_delivering, "delivery")
        worker.stop()
        wait_until(lambda: any(isinstance(event, StopConfirmed) for event in heard), "STOP to be confirmed")
        assert not implant.is_delivering
        stuck.answers.set()
        worker.close()
    assert Kind.STOPPED in kinds(lines_in(url))


def test_a_link_that_is_cut_is_in_the_record_and_so_is_its_return(tmp_path: Path) -> None:
    url, said, heard = url_in(tmp_path), list[str](), list[WorkerEvent]()
    with LiveImplant() as implant:
        worker = Worker(implant.connect, WallClock(), heard.append, record=record_in(url, said))
        worker.start()
        wait_until(lambda: any(isinstance(event, LinkUp) for event in heard), "the link")
        implant.is_silent = True
        wait_until(lambda: any(isinstance(event, LinkDown) for event in heard), "the loss")
        implant.is_silent = False
        wait_until(lambda: sum(isinstance(event, LinkUp) for event in heard) == 2, "the link's return")
        worker.close()
    lines = [line.kind for line in lines_in(url) if line.kind in (Kind.OPENED, Kind.LOST, Kind.CLOSED)]
    assert lines[0] is Kind.OPENED
    assert Kind.LOST in lines
    assert lines[-2:] == [Kind.OPENED, Kind.CLOSED]
