"""A thread that writes lines into the book, so that no database ever stands between a person and STOP.

Lines are taken in memory at once. When the book fails, that is said once, the lines wait, and the attempt is repeated;
control of therapy goes on all the while.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from scs.clock import Clock, Duration
from scs.errors import RecordError
from scs.records.entry import Body, Entry, Kind, Opening

if TYPE_CHECKING:
    from scs.records.book import Book

QUEUE_MAX = 100_000
"""Lines that wait for a book that fails: an hour of clicking is a tenth of it, and they take some tens of megabytes."""
RETRY_AFTER = Duration.of_s(2)
"""How long after a failure the book is tried again."""
FAREWELL = Duration.of_s(4)
"""How long `close` waits for the last lines: more than the two seconds that a busy book is waited for."""
BATCH = 200
"""Lines a transaction."""


class Recorder:
    """One session's way into the book at `url`. `on_trouble` is told, in the recorder's thread, what failed.

    Nothing is opened before `start`, so a STOP can leave before a database is even looked at.
    """

    def __init__(
        self,
        url: str,
        opening: Opening,
        clock: Clock,
        on_trouble: Callable[[str], None],
        open_book: Callable[[str], Book] | None = None,
    ) -> None:
        self.number: int | None = None
        """The session's number, as soon as the book has given it."""
        self._url = url
        self.opening = opening
        self._clock = clock
        self._began_at = clock.now()
        self._on_trouble = on_trouble
        self._open_book = open_book or _open
        self._change = threading.Condition()
        self._lines: deque[Entry] = deque()
        self._dropped = 0
        self._is_closing = False
        self._trouble = ""
        self._thread = threading.Thread(target=self._work, name="scs session record", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def add(self, kind: Kind, name: str, body: Body) -> None:
        """Take a line; from any thread, and at once."""
        with self._change:
            at_us = self._began_at.until(self._clock.now()).us
            if len(self._lines) >= QUEUE_MAX:
                self._dropped += 1
                return
            self._lines.append(Entry(at_us, kind, name, body))
            self._change.notify()

    def close(self, patience: Duration = FAREWELL) -> None:
        """Write what waits, and end; what could not be written within `patience` is said."""
        if self._thread.ident is None:
            self._thread.start()
        with self._change:
            self._is_closing = True
            self._change.notify()
        self._thread.join(patience.seconds)
        with self._change:
            left = len(self._lines) + self._dropped
        if left or self._thread.is_alive():
            self._on_trouble(f"{left or 'some'} lines of this session were not recorded")

    # ---------------------------------------------------------------------------------------- in the thread of its own

    def _work(self) -> None:
        book: Book | None = None
        try:
            while self._wait_for_lines():
                try:
                    if book is None:
                        book = self._open_book(self._url)
                    self._write(book)
                except RecordError as error:
                    self._fail(error)
                    if self._pause():
                        return
        finally:
            if book is not None:
                book.close()

    def _wait_for_lines(self) -> bool:
        """False when all is written and the session is over."""
        with self._change:
            while not self._lines and not self._is_closing:
                self._change.wait()
            return bool(self._lines)

    def _write(self, book: Book) -> None:
        if self.number is None:
            self.number = book.begin(self.opening)
        with self._change:
            batch = [self._lines[place] for place in range(min(BATCH, len(self._lines)))]
        book.append(self.number, batch)
        with self._change:
            for _ in batch:
                self._lines.popleft()
            self._trouble = ""

    def _fail(self, error: RecordError) -> None:
        if str(error) != self._trouble:
            self._trouble = str(error)
            self._on_trouble(f"this session is not being recorded: {error}")

    def _pause(self) -> bool:
        """Wait before the next attempt; True when the session is over and there is no next one."""
        with self._change:
            if not self._is_closing:
                self._change.wait_for(lambda: self._is_closing, RETRY_AFTER.seconds)
                return False
            return True


def _open(url: str) -> Book:
    # The database's library takes a third of a second to load, and only whoever records needs it.
    from scs.records.book import Book

    return Book(url)
