"""The book of sessions in a database: SQLite beside a person's other settings, or PostgreSQL for a clinic or a class.

A line is never changed. Each is tied to the one before it, each session to the session before it, and the book knows
its last page, so `breaks` finds a page that was changed, exchanged or torn out. Whoever can write the whole book anew
can forge it; compare `newest_link` with one that was noted elsewhere, such as the one at the foot of a report.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlalchemy import Connection, Engine, Row, create_engine, inspect, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from scs.errors import RecordError
from scs.records import pages
from scs.records.entry import BEFORE_ALL, Entry, Kind, Opening, body_text

if TYPE_CHECKING:
    from alembic.config import Config

BUSY_S = 2
"""How long another program's writing is waited for before the attempt counts as failed; the recorder tries again."""

MIGRATION_KEY = 0x5C5_B00C
"""The number of the advisory lock under which PostgreSQL changes the tables; any that nobody else takes would do."""


@dataclass(frozen=True, slots=True)
class Session:
    """One session as the book has it."""

    number: int
    opening: Opening
    serial: str
    """Of the implant that answered; empty when none did."""
    lines: int
    newest_link: str
    is_closed: bool
    """False while it goes on, and after a programmer that was killed."""


class Book:
    """Opened with a URL of SQLAlchemy, such as `sqlite:///records.sqlite`; made and migrated when needed.

    Raises RecordError for whatever the database cannot do.
    """

    def __init__(self, url: str) -> None:
        with _said("the address given", "open"):
            parsed = make_url(url)
            self.name = parsed.render_as_string(hide_password=True)
        with _said(self.name, "open"):
            is_file = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
            if is_file and parsed.database is not None:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            patience = {"timeout": BUSY_S} if parsed.get_backend_name() == "sqlite" else {"connect_timeout": BUSY_S}
            self._engine = create_engine(parsed, connect_args=patience)
            _migrate(self._engine)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---------------------------------------------------------------------------------------------------- writing

    def begin(self, opening: Opening) -> int:
        """A new session; its number, counted from 1."""
        with self._writing() as page:
            # The row is taken for writing before it is read: two programmers that begin at once get two numbers.
            page.execute(update(pages.book).values(sessions=pages.book.c.sessions + 1))
            number, previous = page.execute(select(pages.book.c.sessions, pages.book.c.link)).one()
            link = opening.link(number, self._digest(previous))
            page.execute(update(pages.book).values(link=link))
            page.execute(
                pages.sessions.insert().values(
                    number=number,
                    started_at=opening.started_at,
                    program=opening.program,
                    address=opening.address,
                    software=opening.software,
                    link=link,
                    lines=0,
                    newest_link=link,
                )
            )
        return int(number)

    def append(self, number: int, lines: Sequence[Entry]) -> None:
        """Write lines at the end of a session, all or none of them; RecordError when there is no such session."""
        table, mine = pages.sessions, pages.sessions.c.number == number
        with self._writing() as page:
            page.execute(update(table).where(mine).values(lines=table.c.lines + len(lines)))
            row = page.execute(select(table.c.lines, table.c.newest_link).where(mine)).one_or_none()
            if row is None:
                raise RecordError(f"{self.name} has no session {number}; `scs records list` shows those that it has")
            count, link = row[0], self._digest(row[1])
            for sequence, line in enumerate(lines, count - len(lines) + 1):
                link = line.link(sequence, link)
                page.execute(pages.entries.insert().values(session=number, sequence=sequence, link=link, **_row(line)))
            page.execute(update(table).where(mine).values(newest_link=link))

    def _digest(self, found: object) -> str:
        """The digest that the next line is tied to, when it still is one."""
        if not isinstance(found, str):
            raise RecordError(
                f"{self.name} was changed from outside: {type(found).__name__} stands where a digest belongs; "
                f"`scs records verify` says more, and SCS_RECORDS_URL can name another place"
            )
        return found

    # ---------------------------------------------------------------------------------------------------- reading

    def sessions(self) -> tuple[Session, ...]:
        """Every session, oldest first."""
        with self._reading() as page:
            rows = page.execute(select(pages.sessions).order_by(pages.sessions.c.number)).all()
            told = select(pages.entries).where(pages.entries.c.kind.in_((str(Kind.OPENED), str(Kind.CLOSED))))
            marks = page.execute(told.order_by(pages.entries.c.sequence)).all()
        serials: dict[int, str] = {}
        closed = set()
        for mark in marks:
            if mark.kind == Kind.CLOSED:
                closed.add(mark.session)
            else:
                serials.setdefault(mark.session, mark.name)
        return tuple(_session(row, serials.get(row.number, ""), row.number in closed) for row in rows)

    def session(self, number: int) -> Session:
        """One session; RecordError when there is none with this number."""
        for session in self.sessions():
            if session.number == number:
                return session
        raise RecordError(f"{self.name} has no session {number}; `scs records list` shows those that it has")

    def entries(self, number: int) -> tuple[Entry, ...]:
        """The lines of one session, in their order; RecordError when one cannot be read as what it should be."""
        return tuple(_entry(row) for row in self._rows(number))

    def newest_link(self) -> str:
        """The digest that stands for the whole book, in hexadecimal: it moves with every line of every session."""
        with self._reading() as page:
            links = page.execute(select(pages.sessions.c.newest_link).order_by(pages.sessions.c.number)).scalars()
            return sha256("".join(links).encode()).hexdigest()

    def breaks(self) -> tuple[str, ...]:
        """One sentence for each place where the book is not what was written; none when it is whole."""
        found: list[str] = []
        with self._reading() as page:
            rows = page.execute(select(pages.sessions).order_by(pages.sessions.c.number)).all()
            due = page.execute(select(pages.book)).one_or_none()
        previous, expected = BEFORE_ALL, 1
        for row in rows:
            if row.number != expected:
                found.append(f"session {_span(expected, row.number - 1)} is missing")
            elif _opening(row).link(row.number, previous) != row.link:
                found.append(f"the opening of session {row.number} was changed")
            previous, expected = row.link, row.number + 1
            found += self._line_breaks(row)
        if due is None:
            found.append("the book does not say any more how many sessions it has")
        elif due.sessions >= expected:
            found.append(f"session {_span(expected, due.sessions)} is missing at the end")
        elif (due.sessions, due.link) != (expected - 1, previous):
            found.append(f"the book says that it ends with session {due.sessions}, and not with session {expected - 1}")
        return tuple(found)

    def _line_breaks(self, session: Row[tuple[object, ...]]) -> Iterator[str]:
        where, link, expected = f"session {session.number}", session.link, 1
        for row in self._rows(session.number):
            if row.sequence != expected:
                yield f"{where}: line {_span(expected, row.sequence - 1)} is missing"
            elif _link_of(row, link) != row.link:
                yield f"{where}: line {row.sequence} was changed"
            link, expected = row.link, row.sequence + 1
        if expected - 1 < session.lines:
            yield f"{where}: line {_span(expected, session.lines)} is missing at the end"
        elif expected - 1 > session.lines:
            yield f"{where}: line {_span(session.lines + 1, expected - 1)} was added"
        elif link != session.newest_link:
            yield f"{where}: its end was changed"

    def _rows(self, number: int) -> Sequence[Row[tuple[object, ...]]]:
        table = pages.entries
        with self._reading() as page:
            return page.execute(select(table).where(table.c.session == number).order_by(table.c.sequence)).all()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _said(self.name, "read"), self._engine.connect() as page:
            yield page

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _said(self.name, "write"), self._engine.begin() as page:
            yield page


@contextmanager
def _said(name: str, doing: str) -> Iterator[None]:
    """What goes wrong in the database, its driver or the folder becomes one kind of error."""
    try:
        yield
    except (SQLAlchemyError, OSError, ImportError) as error:
        why = str(error).splitlines()[0]
        raise RecordError(
            f"cannot {doing} the session records at {name}: {why}; check SCS_RECORDS_URL and that the place can be "
            f"written"
        ) from error


def _migrate(engine: Engine) -> None:
    """Bring the tables to the newest step. A book from a newer program is refused rather than half understood."""
    with engine.connect() as page:
        if _version(page) == pages.NEWEST:
            return
    # Alembic takes longer to load than everything else here and is needed once in the life of a book.
    from alembic import command
    from alembic.util import CommandError

    with engine.begin() as page:
        if _version_alone(page) == pages.NEWEST:
            return
        config = migration_config()
        config.attributes["connection"] = page
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise RecordError(f"the session records were made by a newer version of this program: {error}") from error


def _version(page: Connection) -> object:
    """The step that the tables are at; None where there are none yet."""
    if not inspect(page).has_table("alembic_version"):
        return None
    return page.execute(text("select version_num from alembic_version")).scalar()


def _version_alone(page: Connection) -> object:
    """The same, once nobody else migrates this book: two programs that open a new one at once make its tables once."""
    if page.dialect.name == "sqlite":
        page.exec_driver_sql("begin immediate")
    elif page.dialect.name == "postgresql":
        page.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_KEY})
    return _version(page)


def migration_config() -> Config:
    """What alembic is told: where the steps are. Also for `alembic upgrade --sql`, which prints them."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _row(line: Entry) -> dict[str, object]:
    return {"at_us": line.at_us, "kind": str(line.kind), "name": line.name, "body": body_text(line.body)}


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    try:
        return Entry(row.at_us, Kind(row.kind), row.name, json.loads(row.body))
    except ValueError as error:
        raise RecordError(
            f"session {row.session}, line {row.sequence} cannot be read ({error}); `scs records verify` says more"
        ) from error


def _link_of(row: Row[tuple[object, ...]], previous: str) -> str:
    try:
        return _entry(row).link(row.sequence, previous)
    except RecordError:
        return ""


def _opening(row: Row[tuple[object, ...]]) -> Opening:
    return Opening(row.started_at, row.program, row.address, row.software)


def _session(row: Row[tuple[object, ...]], serial: str, is_closed: bool) -> Session:
    return Session(row.number, _opening(row), serial, row.lines, row.newest_link, is_closed)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"
