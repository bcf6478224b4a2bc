"""`scs report`: a recorded session as a page for people, in HTML or as PDF."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from scs.cli.exit_codes import ExitCode


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
    if arguments.html:
        from scs.cli.report_html import report_html

        _write(arguments.html, report_html(report).encode())
    if arguments.pdf:
        from scs.cli.report_pdf import report_pdf

        _write(arguments.pdf, report_pdf(report))
    return ExitCode.UNREADABLE if breaks else ExitCode.OK


def _write(path: str, data: bytes) -> None:
    from scs.errors import BadFile

    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise BadFile(path, (f"cannot be written: {error.strerror}; choose another place",)) from error
    print(f"{path}: {len(data)} bytes")
