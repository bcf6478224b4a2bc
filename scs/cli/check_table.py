"""The verdicts of `scs check` for a person: one line a finding, what it means and what to do beneath it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from scs.cli.check_result import Checked
from scs.cli.table import FOOTER, Paint, wrapped
from scs.domain.verdict import Finding, NotEvaluated, Tier, Verdict

_TIER_COLOUR = {Tier.NOTICE: "blue", Tier.CONFIRM: "yellow", Tier.BLOCK: "red"}
_OUTCOME_COLOUR = {"pass": "green", "notice": "blue", "confirm": "yellow", "block": "red", "unreadable": "red"}
_INDENT = 11


def table_text(checked: list[Checked], paint: Paint) -> str:
    """All files, then a count of the outcomes."""
    blocks = ["\n".join(_file_lines(one, paint)) for one in checked]
    counts = Counter(one.outcome for one in checked)
    noun = "file" if len(checked) == 1 else "files"
    listed = ", ".join(
        f"{counts[word]} {paint(word, colour)}" for word, colour in _OUTCOME_COLOUR.items() if counts[word]
    )
    return "\n\n".join([*blocks, f"{len(checked)} {noun}: {listed}. {FOOTER}"])


def _file_lines(one: Checked, paint: Paint) -> Iterator[str]:
    outcome = paint(one.outcome.upper(), "bold", _OUTCOME_COLOUR[one.outcome])
    yield f"{paint(one.path, 'bold')}: {outcome}"
    if one.verdict is None:
        for problem in one.problems:
            yield from wrapped(problem, 2)
        return
    yield from wrapped(one.title, 2)
    leads = ", ".join(f"{plugged.port} {plugged.lead.id}" for plugged in one.implant.leads) if one.implant else ""
    for line in wrapped(f"profile {one.profile}, policy {one.policy}, leads {leads}", 2):
        yield paint(line, "dim")
    yield from _verdict_lines(one.verdict, paint)


def _verdict_lines(verdict: Verdict, paint: Paint) -> Iterator[str]:
    for finding in verdict.findings:
        word = finding.tier.name.lower()
        where = ", ".join(part for part in (finding.program, finding.contact) if part)
        padded = paint(word, _TIER_COLOUR[finding.tier]) + " " * (_INDENT - 2 - len(word))
        yield f"  {padded}{finding.rule:<16}{where:<28}{_measure(finding)}".rstrip()
        yield from wrapped(_sentence(finding.message), _INDENT)
        yield from wrapped(_sentence(finding.remedy), _INDENT)
    for reason, rules in _grouped(verdict.not_evaluated).items():
        for line in wrapped(f"not evaluated: {', '.join(rules)}: {reason}", 2):
            yield paint(line, "dim")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _measure(finding: Finding) -> str:
    value = f"{_number(finding.value)} {finding.unit}".rstrip()
    return f"{value}, limit {_number(finding.limit)}"


def _number(value: int | float | str) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _grouped(rows: tuple[NotEvaluated, ...]) -> dict[str, list[str]]:
    """Reason to rules; many programs lack the same measurement."""
    grouped: dict[str, list[str]] = {}
    for row in rows:
        reason = row.reason if row.program is None else f"{row.program}: {row.reason}"
        grouped.setdefault(reason, []).append(row.rule)
    return grouped
