"""What a report says: tables of plain texts and drawings, made from a session's record. How it looks is elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from programmer_tui.presentation import contacts_text
from programmer_tui.presentation_program import difference, program_line
from scs.cli.report_lead import LeadDrawing, draw_leads
from scs.domain.lead import contact_name
from scs.domain.program import Group, Program
from scs.domain.units import CURRENT, RESISTANCE, TIME, format_quantity
from scs.programmer.battery_words import battery_text
from scs.programmer.changing import in_force
from scs.programmer.telling import Retold, is_quiet, line_words, retell
from scs.records.book import Session
from scs.records.entry import Entry, Kind
from scs.wire.terms import ContactState

WARNING = "A software model of a spinal cord stimulator. NOT FOR CLINICAL USE."
"""Stands on every page."""


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows of texts; `empty` is said where there are no rows."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A program: its sentences and its drawing."""

    title: str
    lines: tuple[str, ...]
    drawing: LeadDrawing | None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands beneath it, in this order."""

    title: str
    lines: tuple[str, ...] = ()
    table: Table | None = None
    pictures: tuple[Picture, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. `foot` stands on every page beside the warning."""

    title: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    foot: str


def make_report(session: Session, lines: Sequence[Entry], breaks: Sequence[str]) -> Report:
    """The report of a session; `breaks` is what was found wrong with the book, and is said first of all."""
    known = retell(lines)
    sections = [
        *([Section("THE RECORD IS NOT WHOLE", tuple(breaks))] if breaks else []),
        _outcomes(known),
        *_groups(known),
        _felt(lines),
        _changes(known),
        _verdicts(known),
        _impedances(known),
        _end(known),
        _deeds(lines),
    ]
    digest = session.newest_link
    return Report(
        f"Session {session.number}, implant {session.serial or 'unknown'}",
        _facts(session, known, breaks),
        tuple(sections),
        f"session {session.number}, {session.opening.started_at}, record {digest[:16]}",
    )


def _facts(session: Session, known: Retold, breaks: Sequence[str]) -> tuple[tuple[str, str], ...]:
    opening, identity = session.opening, known.identity
    facts = [("began", opening.started_at), ("with", f"{opening.program}, {opening.software}, at {opening.address}")]
    if identity is not None:
        facts += [
            ("implant", f"{identity.model}, serial {identity.serial}, firmware {identity.firmware}"),
            ("profile, policy", f"{identity.profile}, {identity.policy}"),
        ]
    if known.implant is not None:
        leads = "; ".join(f"port {it.port}: {it.lead.name}" for it in known.implant.leads)
        facts.append(("leads", leads))
    if not session.is_closed:
        facts.append(("NOT CLOSED", "the session goes on, or the programmer was killed"))
    whole = "NOT WHOLE, see below" if breaks else "whole: no line of the book was changed or removed"
    return (*facts, ("record", f"{whole}; {session.lines} lines, SHA-256 {session.newest_link}"))


def _outcomes(known: Retold) -> Section:
    rows = tuple(
        (
            it.body.get("noted_at", ""),
            it.body.get("text", ""),
            *(str(it.body.get(name, "-")) for name in ("pain", "relief")),
        )
        for it in known.outcomes
    )
    headings = ("noted", "what the patient reports", "pain 0-10", "relief %")
    return Section("Outcomes", table=Table(headings, rows, "Nothing was noted; `scs records note` adds it."))


def _groups(known: Retold) -> list[Section]:
    if not known.groups:
        return [Section("Programs", ("No group was read or written in this session.",))]
    return [
        Section(
            f"Slot {slot}: {group.name}",
            (f"generation {known.generations[slot]}, delivery {group.delivery}",),
            pictures=_pictures(known, group),
        )
        for slot, group in sorted(known.groups.items())
    ]


def _pictures(known: Retold, group: Group) -> tuple[Picture, ...]:
    troubles = {number: word for number, _, word in _measured(known) if word != "ok"}
    return tuple(
        Picture(
            program.name,
            _program_lines(program),
            None if known.implant is None else draw_leads(known.implant, dict(program.contacts.shares), troubles),
        )
        for program in group.programs
    )


def _program_lines(program: Program) -> tuple[str, ...]:
    """What it is, how it begins and recharges, and how far the patient may go."""
    recharge = "passive recharge" if program.recharge.kind == "passive" else f"recharge 1:{program.recharge.ratio}"
    lines = [
        program_line(program),
        f"contacts: {contacts_text(program)}",
        f"{recharge}, soft start {format_quantity(program.ramp_us, TIME)}",
    ]
    if program.cycling is not None:
        on, off = (format_quantity(it, TIME) for it in (program.cycling.on_us, program.cycling.off_us))
        lines.append(f"{on} on and {off} off in turn")
    if program.patient is not None:
        low, high = (format_quantity(it, CURRENT) for it in (program.patient.lowest_ua, program.patient.highest_ua))
        lines.append(f"the patient may set {low} to {high}")
    return tuple(lines)


def _felt(lines: Sequence[Entry]) -> Section:
    """What the patient felt at which amplitude, as it was noted while titrating."""
    rows = tuple(
        (
            f"{it.at_us / 1e6:.0f} s", f"slot {it.body.get('slot', '')}", it.name, str(it.body.get("felt", "")),
            format_quantity(it.body.get("amplitude_ua", 0), CURRENT),
        )
        for it in lines
        if it.kind is Kind.FELT
    )  # fmt: skip
    return Section("Felt", table=Table(("after", "where", "program", "felt", "at"), rows, "Nothing was noted."))


def _changes(known: Retold) -> Section:
    rows: list[tuple[str, ...]] = []
    for slot, group in sorted(known.groups.items()):
        if any(line.body["slot"] == slot for line, _ in known.written):
            old = known.first_groups.get(slot)
            changed = difference(old, group) if old else [("whole group", "empty, or not read before", group.name)]
            rows += [(f"slot {slot}", what, before, after) for what, before, after in changed]
    table = Table(("where", "what", "before", "after"), tuple(rows), "No program was changed.")
    acknowledged = [
        f"slot {line.body['slot']}, generation {line.body['generation']}: {', '.join(line.body['acknowledged'])}"
        for line, _ in known.written
        if line.body["acknowledged"]
    ]
    return Section("Changes", tuple(f"Acknowledged for {said}" for said in acknowledged), table)


def _verdicts(known: Retold) -> Section:
    rows: list[tuple[str, ...]] = []
    for line in known.verdicts:
        body = line.body
        found = [(it["tier"], it["rule"], f"{it['message']}; {it['remedy']}") for it in body["findings"]]
        found += [("not evaluated", it["rule"], it["reason"]) for it in body["not_evaluated"]]
        rows += [(line.name, body["outcome"].upper(), *it) for it in found or [("-", "-", "no rule objects")]]
    headings = ("judged", "outcome", "tier", "rule", "what it says")
    return Section("Verdicts", table=Table(headings, tuple(rows), "Nothing was judged in this session."))


def _impedances(known: Retold) -> Section:
    rows = tuple(
        (contact_name(number), format_quantity(ohms, RESISTANCE), word.upper() if word != "ok" else word)
        for number, ohms, word in _measured(known)
    )
    table = Table(("contact", "against the case", "state"), rows, "Nothing was measured in this session.")
    return Section("Impedances", table=table)


def _measured(known: Retold) -> list[tuple[int, int, str]]:
    if known.measurement is None:
        return []
    return [(number, ohms, ContactState(state).name.lower()) for number, ohms, state in known.measurement.contacts]


def _end(known: Retold) -> Section:
    lines = [] if known.status is None else [f"The last that was heard: {in_force(known.status)}."]
    if known.battery is not None:
        lines += [f"Battery: {said}" for said in battery_text(known.battery).splitlines()]
    elif known.status is not None:
        lines.append(f"Battery: {known.status.battery_permille / 10:g} % ({known.status.battery_mv / 1000:g} V)")
    return Section("At the end", tuple(lines or ["The implant said nothing."]))


def _deeds(lines: Sequence[Entry]) -> Section:
    rows = tuple((f"{it.at_us / 1e6:.3f} s", line_words(it)) for it in lines if not is_quiet(it))
    return Section("What was done", table=Table(("after", "what"), rows, "Nothing."))
