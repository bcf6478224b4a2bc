"""The table of actions: who may do each, and the command that does the same without the app, or why there is none.

What key does an action and in what words stands at its Binding, which has the action's id; catalogue.py puts the two
together. Every Binding of every screen has a row here, and so has every screen, as `show.<name>`: an id without a row
is an action that nobody may do. This file loads no screen, because the first paint asks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scs.wire.terms import PairRole


class UserRole(StrEnum):
    """Who sits before the programmer. The implant keeps its own limits whoever it is."""

    PATIENT = "patient"
    CLINICIAN = "clinician"
    SERVICE = "service"
    ENGINEER = "engineer"


ALL = frozenset(UserRole)
TREATING = ALL - {UserRole.SERVICE}
CLINICAL = TREATING - {UserRole.PATIENT}
STAFF = ALL - {UserRole.PATIENT}
ENGINEERING = frozenset({UserRole.ENGINEER})

OF_PAIR = {
    None: ALL,
    PairRole.CLINICIAN: ALL,
    PairRole.PATIENT: frozenset({UserRole.PATIENT}),
    PairRole.SERVICE: frozenset({UserRole.SERVICE}),
}
"""Who may sit before a programmer, by whom its pair was made for; None in the clear. The implant refuses the rest."""
PAIRS_BY = {
    UserRole.PATIENT: (PairRole.PATIENT,),
    UserRole.CLINICIAN: tuple(PairRole),
    UserRole.SERVICE: (PairRole.SERVICE,),
    UserRole.ENGINEER: tuple(PairRole),
}
"""Whom a pair may be made for, by who makes it: nobody gives more than he has."""
NOT_OF_PAIR: dict[PairRole | None, frozenset[str]] = {PairRole.PATIENT: frozenset({"therapy.keep"})}
"""What the implant refuses to a pair although the role has it: a patient's pair writes nothing."""

STOP_ID = "stop"
"""The one action that every role has, on every screen, and whose keys no keymap takes away."""


@dataclass(frozen=True, slots=True)
class Row:
    """One action."""

    id: str
    roles: frozenset[UserRole]
    headless: str = ""
    """What follows `scs` in the command that does the same; capitals stand for what a person fills in, and a
    semicolon stands between commands where one key does what several do."""
    instead: str = ""
    """Why there is no such command, or what is used in its place."""

    @property
    def commands(self) -> tuple[str, ...]:
        return tuple(filter(None, self.headless.split("; ")))


MOVES = "it moves within the app and changes nothing"
CHOOSES = "it chooses for the next action; a command names its choice itself"
NOTES = "it writes down what a patient says while titrating; `scs records note` writes it into a session"
DRAFTS = "it edits a draft that was not sent; without the app the draft is a program file"
ANSWERS = "it answers a question of the app; a command asks none, and is given --acknowledge"

TABLE = (
    Row(STOP_ID, ALL, "device stop"),
    Row("quit", ALL, instead="a command ends by itself"),
    Row("palette", ALL, instead="`scs --help` and `scs device --help` list the commands"),
    Row("show.help", ALL, "device --help"),
    Row("show.connect", ALL, "device list"),
    Row("show.therapy", ALL, "device status"),
    Row("show.editor", CLINICAL, "device read --slot SLOT"),
    Row("show.impedance", STAFF, "device impedance --matrix"),
    Row("show.log", STAFF, "device log"),
    Row("show.trace", STAFF, "replay TRACE"),
    Row("show.more", ALL, instead=MOVES),
    Row("show.sessions", STAFF, "records list"),
    Row("show.battery", ALL, "device battery"),
    Row("show.usage", STAFF, "device usage"),
    Row("show.posture", STAFF, "device sensing"),
    Row("show.groups", CLINICAL, "device read --slot SLOT"),
    Row("show.schedule", CLINICAL, "device read --slot SLOT"),
    Row("show.mri", ALL, "device mri check"),
    Row("show.field", CLINICAL, "body field FILE"),
    Row("show.access", STAFF, "device access"),
    Row("show.patient", CLINICAL, "train watch DOOR state"),
    Row("show.settings", ALL, instead="a command has no role: the implant's limits are the same for all"),
    Row("show.console", ENGINEERING, instead="it looks on; `scs conformance` and `scs replay` make and read traces"),
    Row("show.faults", ENGINEERING, "bench-control PATH state"),
    Row("console.pause", ENGINEERING, instead=MOVES),
    Row("console.filter", ENGINEERING, instead=MOVES),
    Row("console.copy", ENGINEERING, instead="`scs conformance` writes traces of its own; `scs replay` reads both"),
    Row("console.frames", ENGINEERING, instead=MOVES),
    Row("connect.demonstrate", ALL, "demo"),
    Row("connect.pair", ALL, "device pair"),
    Row("pairing.cancel", ALL, instead=ANSWERS),
    Row("pairing.hold", STAFF, "bench-control DOOR magnet for=3s"),
    Row("access.unpair", CLINICAL, "device unpair PAIR"),
    Row("access.implanted", STAFF, "device implanted --confirm SERIAL"),
    Row("therapy.start", TREATING, "device start --slot SLOT"),
    Row("therapy.soft-stop", TREATING, "device stop --soft"),
    Row("therapy.up", TREATING, "device amplitude CURRENT"),
    Row("therapy.down", TREATING, "device amplitude CURRENT"),
    Row("therapy.right", TREATING, "device amplitude CURRENT"),
    Row("therapy.left", TREATING, "device amplitude CURRENT"),
    Row("therapy.pageup", TREATING, "device amplitude CURRENT"),
    Row("therapy.pagedown", TREATING, "device amplitude CURRENT"),
    Row("therapy.set", TREATING, "device amplitude CURRENT"),
    Row("therapy.program", TREATING, "device amplitude CURRENT --program PROGRAM"),
    Row("therapy.slot", TREATING, "device start --slot SLOT"),
    Row("therapy.keep", TREATING, "device amplitude CURRENT --keep"),
    Row("therapy.clear", STAFF, "device clear-fault"),
    Row("therapy.clock", CLINICAL, "device clock --set now"),
    Row("therapy.perception", CLINICAL, instead=NOTES),
    Row("therapy.comfortable", CLINICAL, instead=NOTES),
    Row("therapy.maximum", CLINICAL, instead=NOTES),
    Row("therapy.leave", ALL, "device mri leave; device storage leave"),
    Row("groups.take", CLINICAL, instead=CHOOSES),
    Row("groups.put", CLINICAL, "device write FILE --slot SLOT"),
    Row("groups.compare", CLINICAL, instead="`diff` compares two files that `scs device read` has written"),
    Row("groups.rename", CLINICAL, "device write FILE --slot SLOT"),
    Row("groups.up", CLINICAL, "device write FILE --slot SLOT"),
    Row("groups.down", CLINICAL, "device write FILE --slot SLOT"),
    Row("groups.default", CLINICAL, "device default SLOT"),
    Row("groups.clear", CLINICAL, "device clear SLOT"),
    Row("groups.export", CLINICAL, "device read --slot SLOT"),
    Row("groups.import", CLINICAL, "check FILE"),
    Row("groups.examples", CLINICAL, "check FILE"),
    Row("groups.back", CLINICAL, instead=MOVES),
    Row("schedule.send", CLINICAL, "device write FILE --slot SLOT"),
    Row("schedule.slot", CLINICAL, instead=CHOOSES),
    Row("schedule.read", CLINICAL, "device read --slot SLOT"),
    Row("mri.enter", STAFF, "device mri enter"),
    Row("mri.leave", ALL, "device mri leave"),
    Row("field.up", CLINICAL, "body field FILE --amplitude CURRENT"),
    Row("field.down", CLINICAL, "body field FILE --amplitude CURRENT"),
    Row("field.given", CLINICAL, "body field FILE"),
    Row("field.program", CLINICAL, "body field FILE --program NAME"),
    Row("field.slot", CLINICAL, instead=CHOOSES),
    Row("field.posture", CLINICAL, "body field FILE --posture POSTURE"),
    Row("patient.ask", CLINICAL, "train watch DOOR ask"),
    Row("patient.sit", CLINICAL, "train watch DOOR posture posture=sitting"),
    Row("patient.stand", CLINICAL, "train watch DOOR posture posture=standing"),
    Row("patient.walk", CLINICAL, "train watch DOOR posture posture=walking"),
    Row("patient.lie", CLINICAL, "train watch DOOR posture posture=supine"),
    Row("patient.prone", CLINICAL, "train watch DOOR posture posture=prone"),
    Row("patient.recline", CLINICAL, "train watch DOOR posture posture=reclining"),
    Row("patient.told", CLINICAL, "train list SCENARIO"),
    Row("patient.hint", CLINICAL, "train watch DOOR hint"),
    Row("patient.cough", CLINICAL, "train watch DOOR cough"),
    Row("patient.view", CLINICAL, "train watch DOOR state"),
    Row("body.next", CLINICAL, instead=MOVES),
    Row("body.before", CLINICAL, instead=MOVES),
    Row("faults.break", ENGINEERING, "bench-control PATH break KIND"),
    Row("faults.mend", ENGINEERING, "bench-control PATH mend KIND"),
    Row("faults.magnet", ENGINEERING, "bench-control PATH magnet for=2s"),
    Row("faults.jump", ENGINEERING, "bench-control PATH jump TIME"),
    Row("faults.back", ENGINEERING, instead=MOVES),
    Row("settings.passphrase", ALL, instead="a command ends by itself, so there is nothing to lock"),
    Row("passphrase.cancel", ALL, instead=ANSWERS),
    Row("entry.cancel", ALL, instead=ANSWERS),
    Row("question.cancel", ALL, instead=ANSWERS),
    Row("typed.cancel", ALL, instead=ANSWERS),
    Row("review.cancel", ALL, instead=ANSWERS),
    Row("alarm.hide", ALL, instead="`scs device stop` waits for the answer, and says it when there is none"),
    Row("unresolved.later", ALL, instead="every command says what was left open, and asks the implant about it"),
    Row("editor.send", CLINICAL, "device write FILE --slot SLOT"),
    Row("editor.read", CLINICAL, "device read --slot SLOT"),
    Row("editor.open", CLINICAL, "check FILE"),
    Row("editor.close", CLINICAL, instead=MOVES),
    Row("editor.slot", CLINICAL, instead=CHOOSES),
    Row("editor.undo", CLINICAL, instead=DRAFTS),
    Row("editor.redo", CLINICAL, instead=DRAFTS),
    Row("editor.even", CLINICAL, instead=DRAFTS),
    Row("editor.monopole", CLINICAL, instead=DRAFTS),
    Row("editor.bipole", CLINICAL, instead=DRAFTS),
    Row("editor.guarded", CLINICAL, instead=DRAFTS),
    Row("editor.tripole", CLINICAL, instead=DRAFTS),
    Row("editor.steer-up", CLINICAL, instead=DRAFTS),
    Row("editor.steer-down", CLINICAL, instead=DRAFTS),
    Row("editor.steer-left", CLINICAL, instead=DRAFTS),
    Row("editor.steer-right", CLINICAL, instead=DRAFTS),
    Row("editor.move-up", CLINICAL, instead=DRAFTS),
    Row("editor.move-down", CLINICAL, instead=DRAFTS),
    Row("editor.move-left", CLINICAL, instead=DRAFTS),
    Row("editor.move-right", CLINICAL, instead=DRAFTS),
    Row("editor.more", CLINICAL, instead=DRAFTS),
    Row("editor.less", CLINICAL, instead=DRAFTS),
    Row("editor.add", CLINICAL, instead=DRAFTS),
    Row("editor.remove", CLINICAL, instead=DRAFTS),
    Row("editor.next", CLINICAL, instead=MOVES),
    Row("lead.up", CLINICAL, instead=MOVES),
    Row("lead.down", CLINICAL, instead=MOVES),
    Row("lead.left", CLINICAL, instead=MOVES),
    Row("lead.right", CLINICAL, instead=MOVES),
    Row("lead.cycle", CLINICAL, instead=DRAFTS),
    Row("impedance.measure", STAFF, "device impedance"),
    Row("log.export", STAFF, "device log --export csv"),
    Row("log.close", STAFF, instead=MOVES),
    Row("log.read", STAFF, "device log --after NUMBER"),
    Row("readout.read", ALL, "device status"),
    Row("posture.growth", CLINICAL, "device growth"),
    Row("posture.loops", CLINICAL, "device loops"),
    Row("posture.program", CLINICAL, instead=CHOOSES),
    Row("trace.play", STAFF, "replay TRACE"),
    Row("trace.open", STAFF, "replay TRACE"),
    Row("sessions.play", STAFF, "records show SESSION"),
    Row("sessions.back", STAFF, instead=MOVES),
    Row("sessions.on", STAFF, instead=MOVES),
    Row("sessions.seek", STAFF, instead=MOVES),
    Row("sessions.all", STAFF, "records show SESSION --all"),
    Row("sessions.compare", STAFF, "records compare EARLIER LATER"),
    Row("sessions.report", STAFF, "report SESSION --html FILE; report SESSION --pdf FILE"),
    Row("sessions.list", STAFF, "records list"),
)
"""In the order of the help: first what works everywhere, then screen by screen."""

HEADLESS_ONLY = {
    "slots": "the groups screen shows every slot, and which is the default",
    "backup": "the groups screen takes, compares and exports one group at a time",
    "restore": "the groups screen puts one group at a time, each with its review",
    "identify": "the connect screen says who answered, as soon as somebody does",
    "resets": "the usage screen says it beside the usage",
    "watch": "every screen watches, for as long as it is shown",
    "forget": "a key is forgotten on this machine, and no implant is asked",
}
"""Verbs of `scs device` that no row names, and why."""

BY_ID = {row.id: row for row in TABLE}
assert len(BY_ID) == len(TABLE), "an action has two rows"
assert all(bool(row.headless) != bool(row.instead) for row in TABLE), "a command or a reason, and not both"
assert BY_ID[STOP_ID].roles == ALL, "whoever sits there can stop"
assert set(OF_PAIR) == {None, *PairRole}, "a pair that was made for somebody who has no role"


def may(role: UserRole, action_id: str, pair: PairRole | None = None) -> bool:
    """Whether this role has this action on an implant with such a pair; nobody has one without a row."""
    row = BY_ID.get(action_id)
    return row is not None and role in row.roles and action_id not in NOT_OF_PAIR.get(pair, ())


def bounded(wanted: UserRole, pair: PairRole | None) -> UserRole:
    """Who may sit there for all that the pair was made for: whoever it names, or the one who was wanted."""
    permitted = OF_PAIR[pair]
    return wanted if wanted in permitted else next(iter(permitted))


def may_show(role: UserRole, screen: str) -> bool:
    """Whether this role has the screen of this name."""
    return may(role, f"show.{screen}")
