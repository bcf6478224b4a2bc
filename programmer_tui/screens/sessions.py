"""Recorded sessions: choose one, step through it, seek in it, play it, compare two of them, write a report.

It shows what once was. It sends nothing, and STOP on this screen still stops the implant that this programmer is
connected to. The book is read in a thread of its own, because a database may be slow and STOP may not.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from programmer_tui.painting import say
from programmer_tui.presentation_session import (
    compared,
    comparison_text,
    known_text,
    record_details,
    record_line,
    seek_place,
    session_line,
)
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.widgets.choices import Choices
from scs.clock import Duration
from scs.domain.units import TIME, parse_quantity
from scs.errors import BadQuantity, RecordError, ScsError
from scs.programmer.telling import Retold, is_quiet, retell
from scs.records.entry import Entry

if TYPE_CHECKING:
    from scs.records.book import Session

SEEK = Duration.of_s(10)
"""One press of Left or Right, in the session's own time."""
LONGEST_PAUSE = Duration.of_s(2)
"""While playing, a silence is cut to this."""
SHORTEST_PAUSE = Duration.of_ms(50)
"""While playing, each line stands at least this long, so that an eye can follow."""


class SessionsScreen(ProgrammerScreen):
    """The list of sessions, or the lines of one with what was known then beside them."""

    NAME = "sessions"
    EXPLANATION = "What was done and seen in earlier sessions, from the book. Nothing here is sent to an implant."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "play", "Play", id="sessions.play", tooltip="Play from here in its own time, or pause"),
        Binding("left", "seek(-1)", "-10 s", id="sessions.back", tooltip="Ten seconds back in the session"),
        Binding("right", "seek(1)", "+10 s", id="sessions.on", tooltip="Ten seconds on in the session"),
        Binding("t", "seek_to", "Go to", id="sessions.seek", tooltip="Go to a time since the beginning, such as 90 s"),
        Binding("a", "all", "All lines", id="sessions.all", tooltip="Every line, or only what was done"),
        Binding("c", "compare", "Compare", id="sessions.compare", tooltip="This one with the next one chosen so"),
        Binding("w", "report", "Report", id="sessions.report", tooltip="Write this session as an HTML or PDF file"),
        Binding("l", "list", "List", id="sessions.list", tooltip="Back to the list of sessions, read anew"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._sessions: tuple[Session, ...] = ()
        self._open: Session | None = None
        self._all: tuple[Entry, ...] = ()
        self._places: list[int] = []
        """Which of them are listed."""
        self._lines: tuple[Entry, ...] = ()
        """Those, in their order."""
        self._is_whole_list = False
        self._said = "Reading the book..."
        self._timer: Timer | None = None
        self._known = Retold()
        self._known_until = 0
        self._first: Session | None = None
        """Chosen to be compared with another one."""
        self._is_comparison = False
        self._reported: Session
        """For which a path is asked."""

    def content(self) -> ComposeResult:
        yield Static(id="said", markup=False)
        yield Input(
            placeholder="90 s, then Enter", id="time", tooltip="A time since the beginning, such as 90 s or 2 min"
        )
        yield Input(
            placeholder="path of a new .html or .pdf file, then Enter", id="path",
            tooltip="Path of a new file that ends in .html or .pdf, then Enter",
        )  # fmt: skip
        sessions = Choices(id="sessions", markup=False)
        sessions.tooltip = "Up and Down choose, Enter opens; C compares two, W writes a report."
        yield sessions
        with VerticalScroll(id="compared", can_focus=True) as compared:
            compared.tooltip = "What differs, earlier to later. L goes back to the list."
            yield Static(id="differences", markup=False)
        lines = Choices(id="lines", markup=False)
        lines.tooltip = "Up, Down, PageUp, PageDown, Home, End, Left, Right seek; Space plays; L lists."
        yield lines
        with Horizontal(id="moment"):
            with VerticalScroll(id="details", can_focus=True) as details:
                details.tooltip = "This line in full."
                yield Static(id="line", markup=False)
            with VerticalScroll(id="then", can_focus=True) as then:
                then.tooltip = "What was known of the implant at this line."
                yield Static(id="known", markup=False)

    def prepare(self) -> None:
        self.query_one("#time").display = self.query_one("#path").display = False
        self.action_list()

    # ---------------------------------------------------------------------------------------------- the book

    def action_list(self) -> None:
        """Read the list of sessions anew."""
        self._pause()
        self._open, self._all, self._lines, self._is_comparison = None, (), (), False
        self.query_one("#path").display = False
        self._said = "Reading the book..."
        self.show()
        self._read_list()

    @work(exclusive=True)
    async def _read_list(self) -> None:
        url = self.programmer.records_url
        if url is None:
            self._said = "Sessions are not recorded here; SCS_RECORDS_URL names a book."
        else:
            try:
                self._sessions = await asyncio.to_thread(_sessions, url)
                self._said = "Recorded sessions, newest first. Enter opens one."
                if not self._sessions:
                    self._said = "No session was recorded yet."
            except RecordError as error:
                self._said = str(error)
        listed = self.query_one("#sessions", OptionList)
        listed.clear_options()
        record = self.link.record
        listed.add_options(
            Option(session_line(session, is_under_way=record is not None and record.is_of(session)))
            for session in reversed(self._sessions)
        )
        self.show()
        if self._sessions:
            listed.highlighted = 0
            listed.focus()

    @on(OptionList.OptionSelected, "#sessions")
    def _on_chosen(self, event: OptionList.OptionSelected) -> None:
        self._read_session(self._sessions[len(self._sessions) - 1 - event.option_index])

    @work(exclusive=True)
    async def _read_session(self, session: Session) -> None:
        url = self.programmer.records_url
        assert url is not None, "a session was listed, so there is a book"
        try:
            lines, breaks = await asyncio.to_thread(_lines, url, session.number)
        except RecordError as error:
            self._said = str(error)
            self.show()
            return
        self._open, self._all = session, lines
        self._said = f"Session {session.number} of {session.opening.started_at}, implant {session.serial or 'unknown'}"
        self._said += "".join(f"\nTHE BOOK IS NOT WHOLE: {said}" for said in breaks)
        self._list_lines(0)
        self.query_one("#lines", OptionList).focus()

    def _list_lines(self, at_us: int) -> None:
        """What was done, or every line; the one at this time is chosen."""
        self._pause()
        self._places = [at for at, line in enumerate(self._all) if self._is_whole_list or not is_quiet(line)]
        self._lines = tuple(self._all[at] for at in self._places)
        self._known, self._known_until = Retold(), 0
        shown = self.query_one("#lines", OptionList)
        shown.clear_options()
        shown.add_options([Option(record_line(line)) for line in self._lines])
        self.show()
        shown.highlighted = seek_place(self._lines, Duration(at_us)) if self._lines else None

    def action_all(self) -> None:
        """Show what was only looked at too, or hide it again."""
        if self._open is None:
            return
        here = self.query_one("#lines", OptionList).highlighted
        self._is_whole_list = not self._is_whole_list
        self._list_lines(self._lines[here].at_us if here is not None and self._lines else 0)

    # ------------------------------------------------------------------------------------- comparing, reporting

    def _chosen(self) -> Session | None:
        """The one that is open, or else the one that is highlighted in the list."""
        at = self.query_one("#sessions", OptionList).highlighted
        if self._open is not None or at is None or not self._sessions:
            return self._open
        return self._sessions[len(self._sessions) - 1 - at]

    def action_compare(self) -> None:
        """The first time, remember this session; the second time, show what differs between the two."""
        chosen, first = self._chosen(), self._first
        if chosen is None or self._is_comparison:
            return
        if first is None or first.number == chosen.number:
            self._first = chosen
            self._said = f"Session {chosen.number} is to be compared: L lists, C on another session compares."
            self.show()
        else:
            self._first = None
            earlier, later = sorted((first, chosen), key=lambda session: session.number)
            self._compare(earlier, later)

    @work(exclusive=True)
    async def _compare(self, earlier: Session, later: Session) -> None:
        url = self.programmer.records_url
        assert url is not None, "two sessions were listed, so there is a book"
        try:
            told = await asyncio.to_thread(_told, url, earlier.number, later.number)
        except RecordError as error:
            self._said = str(error)
        else:
            self._said = "What differs between two sessions, earlier to later. L goes back to the list."
            self._open, self._is_comparison = None, True
            self.query_one("#differences", Static).update(comparison_text(earlier, later, told))
        self.show()
        if self._is_comparison:
            self.query_one("#compared").focus()

    def action_report(self) -> None:
        chosen = self._chosen()
        if self.programmer.write_report is None:
            self._said = "No report is written here; scs report writes one."
        elif chosen is not None and not self._is_comparison:
            self._reported = chosen
            path = self.query_one("#path", Input)
            path.display, path.value = True, f"session-{chosen.number}.html"
            path.focus()
        self.show()

    @on(Input.Submitted, "#path")
    def _on_path(self, event: Input.Submitted) -> None:
        event.input.display = False
        self.query_one("#lines" if self._open is not None else "#sessions").focus()
        self._write(self._reported.number, Path(event.value.strip()))

    @work(exclusive=True)
    async def _write(self, number: int, path: Path) -> None:
        url, write = self.programmer.records_url, self.programmer.write_report
        assert url is not None, "a session was listed, so there is a book"
        assert write is not None, "nobody was asked for a path otherwise"
        self._said = f"Writing the report of session {number}..."
        self.show()
        try:
            size = await asyncio.to_thread(write, url, number, path)
            self._said = f"Written: {path}, {size} bytes."
        except ScsError as error:
            self._said = f"Not written: {error}"
        self.show()

    # ------------------------------------------------------------------------------------------------ moving

    @on(OptionList.OptionHighlighted, "#lines")
    def _on_step(self, event: OptionList.OptionHighlighted) -> None:
        place = event.option_index
        if not self._lines:
            return
        until = self._places[place] + 1
        if until < self._known_until:
            self._known, self._known_until = Retold(), 0
        # Forward, only what is new is read: a long session stays quick to step through.
        self._known = retell(self._all[self._known_until : until], self._known)
        self._known_until = until
        say(self.query_one("#line", Static), record_details(self._lines[place]))
        say(self.query_one("#known", Static), known_text(self._known))

    def action_seek(self, way: int) -> None:
        """Ten seconds on or back; at least one line, so that a silence does not hold one fast."""
        shown = self.query_one("#lines", OptionList)
        here = shown.highlighted
        if here is None or not self._lines:
            return
        place = seek_place(self._lines, Duration(self._lines[here].at_us + way * SEEK.us))
        place = max(place, here + 1) if way > 0 else min(place, here - 1)
        shown.highlighted = max(0, min(place, len(self._lines) - 1))

    def action_seek_to(self) -> None:
        if self._lines:
            self._pause()
            self.query_one("#time").display = True
            self.query_one("#time").focus()

    @on(Input.Submitted, "#time")
    def _on_time(self, event: Input.Submitted) -> None:
        try:
            wanted = Duration(parse_quantity(event.value, TIME))
        except BadQuantity as error:
            say(self.query_one("#said", Static), str(error))
            return
        self.query_one("#time").display = False
        shown = self.query_one("#lines", OptionList)
        shown.highlighted = seek_place(self._lines, wanted)
        shown.focus()

    def action_play(self) -> None:
        """Step on by itself until the end, or stop stepping."""
        if self._timer is not None:
            self._pause()
        else:
            self._schedule()
        self.show()

    def _schedule(self) -> None:
        here = self.query_one("#lines", OptionList).highlighted
        if here is None or here + 1 >= len(self._lines):
            self._timer = None
            return
        silence = Duration(self._lines[here + 1].at_us - self._lines[here].at_us)
        self._timer = self.set_timer(max(SHORTEST_PAUSE, min(silence, LONGEST_PAUSE)).seconds, self._step)

    def _step(self) -> None:
        shown = self.query_one("#lines", OptionList)
        shown.highlighted = (shown.highlighted or 0) + 1
        self._schedule()
        self.show()

    def _pause(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def show(self) -> None:
        is_open = self._open is not None
        self.query_one("#sessions").display = not is_open and not self._is_comparison
        self.query_one("#compared").display = self._is_comparison
        self.query_one("#lines").display = is_open
        self.query_one("#moment").display = is_open
        playing = "\nPlaying; Space pauses." if self._timer is not None else ""
        hidden = len(self._all) - len(self._lines)
        kept = f"\n{hidden} lines that only tell what was looked at are hidden; A shows them." if hidden else ""
        say(self.query_one("#said", Static), self._said + (kept if is_open else "") + playing)


def _sessions(url: str) -> tuple[Session, ...]:
    # Loaded here, in the thread: the database's library takes a third of a second, for which STOP must not wait.
    from scs.records.book import Book

    with Book(url) as book:
        return book.sessions()


def _told(url: str, earlier: int, later: int) -> list[tuple[str, str, str]]:
    """What differs between what was known at the end of each."""
    from scs.records.book import Book

    with Book(url) as book:
        return compared(retell(book.entries(earlier)), retell(book.entries(later)))


def _lines(url: str, number: int) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    from scs.records.book import Book

    with Book(url) as book:
        return book.entries(number), book.breaks()
