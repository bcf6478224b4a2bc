"""Results of `scs train`: kept in the book of sessions, told one by one, and side by side as a class list."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, columns


def add_report_parser(verbs: Any) -> None:
    """Add `report` to `scs train`."""
    report = verbs.add_parser(
        "report",
        help="tell results, one in full or many as a class list",
        description="Without a name: every result in the book of sessions, as a class list. A result is named by its "
        "session in the book, or by a file that scs train run --save wrote; one alone is told in full.",
        epilog=FOOTER,
    )
    report.add_argument("results", nargs="*", metavar="RESULT", help="a number of the book, `last`, or a file")
    report.add_argument("--trainee", metavar="NAME", help="only those of one trainee")
    report.add_argument("--scenario", metavar="ID", help="only those of one scenario")
    report.add_argument("--csv", metavar="FILE", help="write the class list as CSV as well")
    report.add_argument("--json", action="store_true", help="print one JSON object")
    report.set_defaults(run=run_report)


def run_report(arguments: Namespace) -> int:
    """Tell one result in full, or list many."""
    from scs.training.class_list import class_csv, class_rows
    from scs.training.debrief import debrief
    from scs.training.scenario import find_scenario, scenario_ids

    results = [result for result in _results(arguments.results) if _is_meant(result, arguments)]
    if arguments.csv is not None:
        write_text(arguments.csv, class_csv(results))
    if arguments.json:
        print(json.dumps({"results": results}, indent=2))
    elif len(arguments.results) == 1 and len(results) == 1:
        known = results[0]["scenario"] in scenario_ids()
        expert = find_scenario(results[0]["scenario"]).expert if known else ()
        print("\n".join([*debrief(results[0], expert), FOOTER]))
    elif results:
        heads, rows = class_rows(results)
        print("\n".join([*columns(heads, rows, Paint()), FOOTER]))
    else:
        print(f"no result of training here; scs train run SCENARIO makes one\n{FOOTER}")
    return ExitCode.OK


def keep_result(fields: Mapping[str, Any]) -> int | None:
    """Write a result into the book of sessions, as programmers' sessions are; its number, None where none is kept.

    A book that fails is said and takes nothing away from the session.
    """
    from scs import __version__
    from scs.cli.recording import say_on_stderr
    from scs.clock import civil_time
    from scs.errors import RecordError
    from scs.records.place import records_url

    url = records_url(os.environ)
    if url is None:
        return None
    from scs.records.book import Book
    from scs.training.kept import keep_result as keep

    try:
        with Book(url) as book:
            return keep(book, fields, civil_time(), f"scs {__version__}")
    except RecordError as error:
        say_on_stderr(f"this result is not in the book of sessions: {error}")
        return None


def write_text(path: str, text: str) -> None:
    """Raises BadFile where it cannot be written."""
    from scs.errors import BadFile

    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadFile(path, (f"cannot be written: {error.strerror}; choose another place",)) from error


def _results(named: list[str]) -> list[dict[str, Any]]:
    from scs.cli.given_files import read_text
    from scs.training.class_list import read_result

    if not named:
        return _kept()
    return [_of_book(name) if _is_of_book(name) else read_result(name, read_text(name)) for name in named]


def _is_of_book(name: str) -> bool:
    return name == "last" or name.isdecimal()


def _kept() -> list[dict[str, Any]]:
    from scs.cli.records_verbs import open_book
    from scs.training.kept import kept_results

    with open_book() as book:
        return list(kept_results(book))


def _of_book(name: str) -> dict[str, Any]:
    from scs.cli.records_verbs import open_book
    from scs.errors import RecordError
    from scs.training.kept import kept_result, kept_results

    with open_book() as book:
        if name != "last":
            return kept_result(book, int(name))
        found = list(kept_results(book))
        if not found:
            raise RecordError(f"{book.name} has no result of training yet; scs train run SCENARIO makes one")
        return found[-1]


def _is_meant(result: Mapping[str, Any], arguments: Namespace) -> bool:
    wanted = {"trainee": arguments.trainee, "scenario": arguments.scenario}
    return all(value is None or result[name] == value for name, value in wanted.items())
