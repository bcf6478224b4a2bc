"""`scs report`: a recorded session as a page for people, in HTML or as PDF."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scs.cli.exit_codes import ExitCode
from scs.errors import BadFile

if TYPE_CHECKING:
    from scs.cli.report_contents import Report

KINDS = ("html", "pdf")


def add_parser(subparsers: Any) -> None:
    """Register the verb."""
    parser = subparsers.add_parser(
        "report",
        help="a recorded session as HTML or PDF",
        description="Lead picture, programs, verdicts, impedances, changes and outcomes of a recorded session.",
    )
    parser.add_argument("session", metavar="SESSION", help='its number in `scs records list`, or "last"')
    parser.add_argument("--html", metavar="FILE", help="write one HTML file that needs nothing from outside")
    parser.add_argument("--pdf", metavar="FILE", help="write a PDF")
    parser.set_defaults(run=run, complain=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Write the files that are asked for."""
    if not (arguments.html or arguments.pdf):
        arguments.complain("name at least one of --html FILE and --pdf FILE")
    from scs.cli.records_verbs import chosen, open_book
    from scs.cli.report_contents import make_report

    with open_book() as book:
        session = chosen(book, arguments.session)
        breaks = book.breaks()
        report = make_report(session, book.entries(session.number), breaks)
    for kind, path in (("html", arguments.html), ("pdf", arguments.pdf)):
        if path:
            _write(path, _rendered(report, kind), "wb")
    return ExitCode.UNREADABLE if breaks else ExitCode.OK


def write_report(url: str, number: int, path: Path) -> int:
    """Write a session of the book at `url` into a new file, .html or .pdf, and give its size in bytes.

    Raises BadFile for another name or a file that is there already, and RecordError for a book that cannot be read.
    """
    from scs.cli.report_contents import make_report
    from scs.records.book import Book

    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise BadFile(str(path), (f"ends in none of {', '.join(f'.{one}' for one in KINDS)}; name it so",))
    with Book(url) as book:
        report = make_report(book.session(number), book.entries(number), book.breaks())
    data = _rendered(report, kind)
    _write(str(path), data, "xb")
    return len(data)


def _rendered(report: Report, kind: str) -> bytes:
    if kind == "html":
        from scs.cli.report_html import report_html

        return report_html(report).encode()
    from scs.cli.report_pdf import report_pdf

    return report_pdf(report)


def _write(path: str, data: bytes, mode: Literal["wb", "xb"]) -> None:
    try:
        with Path(path).open(mode) as file:
            file.write(data)
    except OSError as error:
        raise BadFile(path, (f"cannot be written: {error.strerror}; choose another place",)) from error
    if mode == "wb":
        print(f"{path}: {len(data)} bytes")
