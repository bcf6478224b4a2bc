"""`scs prove`: every point of the reference profile, and every lemma with its control."""

from __future__ import annotations

import argparse
import json
import sys
from argparse import Namespace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, wrapped
from scs.clock import Duration, WallClock
from scs.domain.units import TIME, parse_quantity
from scs.errors import BadQuantity

if TYPE_CHECKING:
    from scs.proof.enumeration import EnumerationRow
    from scs.proof.lemma import Lemma, Proof

INSTALL = "the lemmas need z3: pip install 'scs[proof]', or take --only with the name of a row of points"
INDENT = 11


def add_parser(subparsers: Any) -> None:
    """Add `prove` to the command line."""
    parser = subparsers.add_parser(
        "prove",
        help="prove the safety rules, by points and by lemmas",
        description="Walk every point of the reference profile against the rules in rationals, then prove lemmas "
        "about the project's own functions for all numbers with z3. Each lemma has a control, a wrong version that "
        "z3 has to refute. Ends at the first that fails.",
        epilog=f"Exit code 0 when all holds, 1 at the first disagreement, unknown or refuted lemma. {FOOTER}",
    )
    parser.add_argument("--only", nargs="+", action="extend", default=[], metavar="NAME", help="rows or lemmas by name")
    parser.add_argument("--list", action="store_true", help="list the names and what each claims")
    parser.add_argument("--timeout", type=_timeout, default="20s", metavar="TIME", help="for each question to z3; 20s")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Walk the points, then prove the lemmas; 0 when all holds, 1 at the first that does not."""
    from scs.proof.enumeration import ROWS

    rows, lemmas = list(ROWS), _lemmas()
    _check_names(arguments.only, rows, list(lemmas))
    if arguments.list:
        return _list(rows, lemmas)
    wanted = arguments.only or [*rows, *lemmas]
    if not arguments.only or not set(wanted).issubset(rows):
        _check_installed()
    report = _Report(is_json=arguments.json)
    is_ok = report.walk([name for name in rows if name in wanted]) and report.prove(
        {name: lemma for name, lemma in lemmas.items() if name in wanted}, arguments.timeout
    )
    report.end(is_ok=is_ok)
    return ExitCode.OK if is_ok else ExitCode.BLOCKED


class _Report:
    """Prints a line for each row and lemma as it comes, or everything as JSON at the end."""

    def __init__(self, *, is_json: bool) -> None:
        self._is_json = is_json
        self._paint = Paint()
        self._clock = WallClock()
        self._rows: list[dict[str, Any]] = []
        self._lemmas: list[dict[str, Any]] = []

    def walk(self, names: list[str]) -> bool:
        """Whether no point of these rows is in doubt."""
        from scs.proof.enumeration import enumerate_rows

        if not names:
            return True
        clock, found = WallClock(), enumerate_rows(names)
        for row in found:
            self._rows.append(_row_fields(row))
            self._say(*_row_line(row), is_ok=not row.disagreements)
        points = sum(row.points for row in found)
        wrong = sum(row.disagreements for row in found)
        self._print(f"{points:,} points, {wrong} disagreements, {_seconds(clock):.1f} s\n")
        return not wrong

    def prove(self, lemmas: dict[str, Lemma], timeout: Duration) -> bool:
        """Whether all of these lemmas hold; nothing more is tried after the first that does not."""
        if not lemmas:
            return True
        from scs.proof.prover import prove

        clock, count = WallClock(), 0
        for proof in prove(list(lemmas), timeout):
            lemma = lemmas[proof.name]
            self._lemmas.append(_lemma_fields(lemma, proof))
            for line in _lemma_lines(lemma, proof):
                self._say(*line, is_ok=proof.holds)
            if not proof.holds:
                return False
            count += 1
        self._print(f"{count} lemmas, each control refuted, {_seconds(clock):.1f} s")
        return True

    def end(self, *, is_ok: bool) -> None:
        if self._is_json:
            fields = {"holds": is_ok, "seconds": round(_seconds(self._clock), 3)}
            print(json.dumps({**fields, "rows": self._rows, "lemmas": self._lemmas}, indent=2))
        else:
            print(FOOTER)

    def _say(self, verdict: str, words: str, details: str = "", *, is_ok: bool) -> None:
        self._print(f"{self._paint(f'{verdict:<{INDENT}}', 'green' if is_ok else 'red')}{words}")
        if details:
            self._print("\n".join(wrapped(details, INDENT)))

    def _print(self, text: str) -> None:
        if not self._is_json:
            print(text, flush=True)


def _row_line(row: EnumerationRow) -> tuple[str, str, str]:
    verdict = "disagree" if row.disagreements else "agree"
    return verdict, f"{row.name:<24}{row.points:>15,} points  {row.seconds:6.2f} s", row.example


def _row_fields(row: EnumerationRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "points": row.points,
        "disagreements": row.disagreements,
        "example": row.example,
        "seconds": round(row.seconds, 3),
    }


def _lemma_lines(lemma: Lemma, proof: Proof) -> list[tuple[str, str, str]]:
    trial, control = proof.trial, proof.control
    work = f"{trial.paths:>5,} paths {trial.questions:>6,} questions"
    details = f"{lemma.claims}; {lemma.quantified}" if proof.holds else f"{trial.claim}{_values(trial.values)}"
    lines = [(trial.answer.value, f"{lemma.name:<24}{work}  {trial.seconds:6.2f} s", details)]
    text = f"{lemma.control.wrong}: {control.claim or 'no claim fails'}{_values(control.values)}"
    lines.append(("", f"control {control.answer.value}, {control.seconds:.2f} s", text))
    return lines


def _lemma_fields(lemma: Lemma, proof: Proof) -> dict[str, Any]:
    def of(trial: Any) -> dict[str, Any]:
        return {
            "answer": trial.answer.value,
            "paths": trial.paths,
            "questions": trial.questions,
            "seconds": round(trial.seconds, 3),
            "claim": trial.claim,
            "values": trial.values,
        }

    head = {"name": lemma.name, "claims": lemma.claims, "quantified": lemma.quantified, **of(proof.trial)}
    return {**head, "control": {"wrong": lemma.control.wrong, **of(proof.control)}}


def _values(values: dict[str, int]) -> str:
    return f" ({', '.join(f'{name} {value:,}' for name, value in values.items())})" if values else ""


def _seconds(clock: WallClock) -> float:
    return clock.now().us / 1_000_000


def _lemmas() -> dict[str, Lemma]:
    """All lemmas by name; none where z3 is missing."""
    if find_spec("z3") is None:
        return {}
    from scs.proof.prover import LEMMAS

    return {lemma.name: lemma for lemma in LEMMAS}


def _check_names(only: list[str], rows: list[str], lemmas: list[str]) -> None:
    for name in only:
        if name not in rows and name not in lemmas:
            if not lemmas:
                _check_installed()
            print(f'scs: there is no "{name}"; choose from {", ".join([*rows, *lemmas])}', file=sys.stderr)
            raise SystemExit(int(ExitCode.UNREADABLE))


def _check_installed() -> None:
    if find_spec("z3") is None:
        print(f"scs: {INSTALL}", file=sys.stderr)
        raise SystemExit(int(ExitCode.UNREADABLE))


def _list(rows: list[str], lemmas: dict[str, Lemma]) -> int:
    for name in rows:
        print(f"{name}\n" + "\n".join(wrapped("every point of the reference profile", INDENT)))
    for name, lemma in lemmas.items():
        print(f"{name}\n" + "\n".join(wrapped(f"{lemma.claims}; {lemma.quantified}", INDENT)))
    return ExitCode.OK


def _timeout(text: str) -> Duration:
    try:
        timeout = Duration(parse_quantity(text, TIME))
    except BadQuantity as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if timeout < Duration.of_ms(1):
        raise argparse.ArgumentTypeError(f"{text} is below 1 ms, too short for any question")
    return timeout
