"""The book of sessions: what was written stays readable, and what is changed or torn out behind its back is found."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from scs.errors import RecordError
from scs.records.book import Book
from tests.support.books import OPENING, a_line, missing_for_postgresql, postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('book') / 'records.sqlite'}"
        return
    if missing := missing_for_postgresql():
        pytest.skip(f"not installed: {missing}")
    with postgresql() as server:
        yield server


def two_sessions(url: str) -> None:
    with Book(url) as book:
        for _ in range(2):
            number = book.begin(OPENING)
            book.append(number, [a_line(1), a_line(2)])
            book.append(number, [a_line(3)])


def behind_its_back(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as page:
        assert page.execute(text(statement)).rowcount > 0, f"{statement} changed nothing"
    engine.dispose()


def test_what_was_written_is_read_again_in_its_order(url: str) -> None:
    two_sessions(url)
    with Book(url) as book:
        assert [session.number for session in book.sessions()] == [1, 2]
        assert book.sessions()[0].opening == OPENING
        assert book.entries(2) == (a_line(1), a_line(2), a_line(3))
        assert book.breaks() == ()


TAMPERING = {
    "update entries set body = '{}' where session = 1 and sequence = 2": "session 1: line 2 was changed",
    "update entries set kind = 'stop' where session = 1 and sequence = 2": "session 1: line 2 was changed",
    "update entries set kind = 'nonsense' where session = 1 and sequence = 2": "session 1: line 2 was changed",
    "update entries set at_us = at_us + 1 where session = 2 and sequence = 1": "session 2: line 1 was changed",
    "delete from entries where session = 1 and sequence = 2": "session 1: line 2 is missing",
    "delete from entries where session = 1 and sequence = 1": "session 1: line 1 is missing",
    "delete from entries where session = 2 and sequence = 3": "session 2: line 3 is missing at the end",
    "delete from entries where session = 2": "session 2: line 1 to 3 is missing at the end",
    "update sessions set address = 'elsewhere' where number = 1": "the opening of session 1 was changed",
    "update sessions set lines = 2 where number = 1": "session 1: line 3 was added",
    "update book set sessions = 3": "session 3 is missing at the end",
    "delete from book": "the book does not say any more how many sessions it has",
}


@pytest.mark.req("S-13")
@pytest.mark.req("PR-09")
@pytest.mark.parametrize("statement", TAMPERING)
def test_a_changed_or_removed_row_is_found_and_named(url: str, statement: str) -> None:
    two_sessions(url)
    behind_its_back(url, statement)
    with Book(url) as book:
        assert TAMPERING[statement] in book.breaks()


@pytest.mark.req("S-13")
@pytest.mark.req("PR-09")
@pytest.mark.parametrize(("gone", "said"), [(1, "session 1 is missing"), (2, "session 2 is missing at the end")])
def test_a_removed_session_is_found_and_named(url: str, gone: int, said: str) -> None:
    two_sessions(url)
    behind_its_back(url, f"delete from entries where session = {gone}")
    behind_its_back(url, f"delete from sessions where number = {gone}")
    with Book(url) as book:
        assert said in book.breaks()


def test_the_digest_of_the_book_moves_with_every_line(url: str) -> None:
    two_sessions(url)
    with Book(url) as book:
        before = book.newest_link()
        book.append(1, [a_line(4)])
        assert book.newest_link() != before
        assert book.breaks() == ()


def test_two_programs_that_write_at_once_keep_one_book(url: str) -> None:
    with Book(url) as one, Book(url) as other:
        first, second = one.begin(OPENING), other.begin(OPENING)
        for number in range(1, 5):
            one.append(first, [a_line(number)])
            other.append(second, [a_line(number)])
        assert (first, second) == (1, 2)
        assert one.breaks() == ()


def test_programs_that_open_a_new_book_at_once_make_one(tmp_path: Path) -> None:
    for attempt in range(5):
        url = f"sqlite:///{tmp_path / str(attempt)}"
        together = threading.Barrier(4)

        def begin(url: str = url, together: threading.Barrier = together) -> int:
            together.wait()
            with Book(url) as book:
                return book.begin(OPENING)

        with ThreadPoolExecutor(4) as programs:
            numbers = [it.result() for it in [programs.submit(begin) for _ in range(4)]]
        assert sorted(numbers) == [1, 2, 3, 4]


def test_a_line_for_a_session_that_does_not_exist_is_refused_and_nothing_is_written(url: str) -> None:
    two_sessions(url)
    with Book(url) as book:
        with pytest.raises(RecordError, match="has no session 9"):
            book.append(9, [a_line(1)])
        assert book.breaks() == ()


def test_a_book_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    two_sessions(url)
    behind_its_back(url, "update alembic_version set version_num = '9999'")
    with pytest.raises(RecordError, match="newer version"):
        Book(url)


def test_a_place_that_cannot_be_written_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RecordError, match="check SCS_RECORDS_URL"):
        Book(f"sqlite:///{tmp_path / 'file' / 'records.sqlite'}")


@pytest.mark.parametrize("table", ["book", "sessions"])
def test_a_digest_that_is_none_any_more_is_said_and_nothing_is_written(tmp_path: Path, table: str) -> None:
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    two_sessions(url)
    column = "link" if table == "book" else "newest_link"
    behind_its_back(url, f"update {table} set {column} = x'00ff'")
    with Book(url) as book:
        write = (lambda: book.begin(OPENING)) if table == "book" else (lambda: book.append(1, [a_line(4)]))
        with pytest.raises(RecordError, match=r"was changed from outside.*scs records verify"):
            write()
        assert [session.lines for session in book.sessions()] == [3, 3]


def test_a_password_in_the_address_is_never_said() -> None:
    with pytest.raises(RecordError) as told:
        Book("sqlite://someone:secret@nowhere/x")
    assert "secret" not in str(told.value)
