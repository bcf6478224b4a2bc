"""What `scs run` prints for a person."""

from __future__ import annotations

from scs.cli.table import FOOTER, Paint, columns
from scs.domain.units import SPAN, format_quantity
from scs.testing.long_run import RunPlan
from scs.testing.long_run_report import RunReport
from scs.testing.report import Outcome

MARKS = {Outcome.PASS: "pass", Outcome.FAIL: "FAIL", Outcome.NOT_EVALUATED: "not evaluated"}


def text_of(report: RunReport, plan: RunPlan, real_s: float) -> str:
    """All of a report; `real_s` is how long the run took."""
    lines = [_head(report, plan, real_s), ""]
    lines += columns(("", "amount"), _amounts(report), Paint())
    lines += ["", *columns(("contact", "leading", "left by driven recharges"), _contacts(report), Paint())]
    if report.faults:
        rows = [(kind, f"{times} times") for kind, times in sorted(report.faults.items())]
        lines += ["", *columns(("fault", "happened"), rows, Paint())]
    events = [(_span(entry.at_us), _words(entry.kind.name), entry.detail) for entry in report.events]
    lines += ["", *columns(("at", "latest events", ""), events, Paint())]
    checks = [(check.id, MARKS[check.outcome], check.sentence) for check in report.checks]
    lines += ["", *columns(("account", "outcome", "what was found"), checks, Paint()), "", FOOTER]
    return "\n".join(lines)


def _head(report: RunReport, plan: RunPlan, real_s: float) -> str:
    name, span = plan.group.name, _span(report.elapsed_us)
    pace = f"{report.elapsed_us / 1e6 / max(real_s, 1e-6):,.0f} times real time"
    if not report.is_whole:
        return f'interrupted: "{name}" ran for {span} of {_span(report.asked_us)}; what follows is true of that part'
    return f'"{name}" on {plan.config.profile.name} for {span}, in {real_s:.1f} s: {pace}'


def _amounts(report: RunReport) -> list[tuple[str, str]]:
    drawn = sum(report.drawn_pc.values())
    parts = ", ".join(f"{_percent(pc, drawn)} {name}" for name, pc in report.drawn_pc.items() if pc)
    short = report.commanded_pc - report.delivered_pc
    rows = [
        ("pulses", f"{report.pulses:,}"),
        ("therapy", f"{_span(report.therapy_us)}, started {report.starts} times; now {report.mode}"),
        ("charge", f"{report.delivered_pc / 1e12:,.6g} C delivered, {short / 1e12:,.6g} C less than commanded"),
        ("battery", f"{report.battery_permille / 10:.1f} %, {report.battery_mv} mV, {_words(report.battery_level)}"),
        ("drawn", f"{drawn / 3.6e12:,.4g} mAh: {parts}"),
    ]
    if report.fault != "none":
        rows.append(("fault", f"latched: {_words(report.fault)}"))
    if report.restarts:
        rows.append(("started again", f"{report.restarts} times"))
    if report.telemetry_read or report.telemetry_failed:
        rows.append(("telemetry", f"{report.telemetry_read} read, {report.telemetry_failed} without an answer"))
    return rows


def _percent(part: int, whole: int) -> str:
    return "under 1 %" if 100 * part < whole else f"{100 * part / whole:.0f} %"


def _contacts(report: RunReport) -> list[tuple[str, str, str]]:
    return [(row.contact, f"{row.leading_pc / 1e12:+,.6g} C", f"{row.net_pc:+,} pC") for row in report.contacts]


def _span(us: int) -> str:
    """To the second where minutes are counted; exact in JSON."""
    return format_quantity(us, SPAN) if us < 60_000_000 else _clock(us)


def _clock(us: int) -> str:
    seconds = us // 1_000_000
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    clock = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
    return f"{days} d {clock}" if days else clock


def _words(name: str) -> str:
    return name.lower().replace("_", " ").replace("-", " ")
