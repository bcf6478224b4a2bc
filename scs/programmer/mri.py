"""Whether anything that an implant tells speaks against its MRI mode, what the mode means, and how it is left.

Nothing here decides: the implant refuses by itself what could not be left again, and whether a scan is done is for
people with the manuals of implant, leads and scanner. For the command line and the screens.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scs.domain.lead import contact_name
from scs.domain.status import BatteryLevel, Fault, Mode, TherapyState
from scs.programmer.reading import Measurement
from scs.wire.responses import BatteryReport, ResetReport, Status
from scs.wire.terms import ContactState, Role
from scs.wire.words import member_word as word

UNPLANNED_MAX = 1
"""Unplanned resets within ten minutes with which the implant still lets itself be led in: docs/protocol.md §10.2."""


class Standing(StrEnum):
    """What one finding means for entering the mode."""

    GOOD = "good"
    ASK = "ask"
    """The implant does not mind; a person has to."""
    REFUSED = "refused"
    """The implant will refuse."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, what it means, and in words what was found and what to do."""

    about: str
    standing: Standing
    said: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What is asked of the implant to judge by."""

    status: Status
    battery: BatteryReport
    resets: ResetReport
    measurement: Measurement | None


def findings(reading: Reading) -> tuple[Finding, ...]:
    """Everything that was looked at, in the order in which a person goes through it."""
    return (
        _output(reading.status),
        _right(reading.status),
        _battery(reading.battery),
        _magnet(reading.resets),
        _resets(reading.resets),
        _leads(reading.measurement),
        Finding(
            "scanner",
            Standing.ASK,
            "unknown to the implant; see the manuals of implant and leads",
        ),
    )


def verdict_text(found: tuple[Finding, ...]) -> str:
    """All of it in a sentence."""
    refused = [one.about for one in found if one.standing is Standing.REFUSED]
    ask = [one.about for one in found if one.standing is Standing.ASK]
    if refused:
        return f"NOT READY: the implant will refuse, because of {', '.join(refused)}."
    return f"No objection of the implant. For a person to decide: {', '.join(ask)}."


def finding_lines(found: tuple[Finding, ...]) -> list[str]:
    """One line each; the word in front says what a colour would."""
    words = {Standing.GOOD: "good", Standing.ASK: "ASK", Standing.REFUSED: "NO"}
    return [f"{words[one.standing]:<5} {one.about:<10} {one.said}" for one in found]


def mri_data(reading: Reading) -> dict[str, Any]:
    """The same as JSON."""
    found = findings(reading)
    return {
        "mode": word(reading.status.mode),
        "is_in_mri": reading.status.mode is Mode.MRI,
        "is_refused": any(one.standing is Standing.REFUSED for one in found),
        "findings": [{"about": one.about, "standing": str(one.standing), "said": one.said} for one in found],
    }


ENTERING = (
    "Entering means: the output is off and nothing turns it on, neither start nor magnet nor a reset;",
    "the mode is in memory twice and outlasts an empty battery; status, battery and log can be read all the time;",
    "the implant waits, as long as it takes, for a programmer that may write: it need not be this one.",
)
INSIDE = (
    "The implant is in MRI mode. Stimulation is impossible, also after a reset. After the scan: leave it,",
    "measure the impedances again, compare them with those before, then start therapy.",
)
LEAVING_FAILS = (
    "no answer       bring the wand nearer, connect again (F2); the mode waits, nothing is lost",
    "not-writer      another programmer holds the right to write: close it there, or wait until it is given back",
    "this one lost   any other programmer that may write leaves the mode: no key and no bond of this one is needed",
    "still silent    hold a magnet over the implant for 10 s: it restarts, is still in MRI mode, and answers",
    "battery empty   charge it; the mode is still there afterwards, and is left as usual",
    "fault latched   take the fault back first (F3, C), then read here again",
)
"""What fails, and what to do about it; the magnet's ten seconds are those of firmware_model/magnet.py [project]."""


def mri_text(reading: Reading) -> str:
    """For the command line."""
    if reading.status.mode is Mode.MRI:
        return "\n".join((*INSIDE, "When leaving fails:", *LEAVING_FAILS))
    found = findings(reading)
    return "\n".join((verdict_text(found), *finding_lines(found), *ENTERING))


def _output(status: Status) -> Finding:
    about = "output"
    if status.fault is not Fault.NONE or status.mode is Mode.SAFE:
        return Finding(about, Standing.REFUSED, f"fault {word(status.fault)} is latched; take it back first (F3, C)")
    if status.mode is Mode.THERAPY:
        how = "ramping down; wait" if status.therapy is TherapyState.RAMPING_DOWN else "stop it softly first (F3, X)"
        return Finding(about, Standing.REFUSED, f"therapy is on: {how}")
    advice = {
        Mode.MEASURING: "an impedance measurement is under way; wait for it or STOP it",
        Mode.STORAGE: "the implant is in storage; wake it up first (F3, L)",
        Mode.DEPLETED: "the battery is empty; recharge it first",
    }
    if status.mode in advice:
        return Finding(about, Standing.REFUSED, advice[status.mode])
    return Finding(about, Standing.GOOD, "off")


def _right(status: Status) -> Finding:
    if status.role is Role.WRITER:
        return Finding("programmer", Standing.GOOD, "this one may write; another that may can leave it too")
    said = "this one only reads: another one holds the right to write; close it there first"
    return Finding("programmer", Standing.REFUSED, said)


def _battery(report: BatteryReport) -> Finding:
    charge = f"{report.permille / 10:g} %, level {word(report.level)}"
    if report.level is BatteryLevel.ENDED:
        return Finding("battery", Standing.REFUSED, f"{charge}: replace the implant first")
    if report.level is not BatteryLevel.GOOD:
        return Finding("battery", Standing.ASK, f"{charge}; the implant refuses what would not last a day")
    return Finding("battery", Standing.GOOD, f"{charge}; the implant checks that it lasts a day")


def _magnet(report: ResetReport) -> Finding:
    if report.is_magnet_held:
        said = "one is held, so it could not restart the implant in the mode; take it away first"
        return Finding("magnet", Standing.REFUSED, said)
    return Finding("magnet", Standing.GOOD, "none is held; ten seconds of one restart the implant")


def _resets(report: ResetReport) -> Finding:
    count = len(report.unplanned_us)
    said = f"{count} unplanned within ten minutes"
    if count > UNPLANNED_MAX:
        return Finding("resets", Standing.REFUSED, f"{said}: it may not answer in the mode; wait ten minutes")
    return Finding("resets", Standing.ASK if count else Standing.GOOD, said)


def _leads(measured: Measurement | None) -> Finding:
    """An open contact may be a broken lead, in which a scanner's field can heat what is left of it."""
    if measured is None:
        return Finding("leads", Standing.ASK, "not measured; measure the impedances first (F5, M)")
    bad = [f"{contact_name(at)} {word(state)}" for at, _, state in measured.contacts if state is not ContactState.OK]
    if bad:
        said = f"{', '.join(bad)}: a lead may be broken; the manuals say whether a scan is allowed with that"
        return Finding("leads", Standing.ASK, said)
    if measured.is_kept:
        return Finding("leads", Standing.ASK, "not measured since the implant began anew; measure first (F5, M)")
    return Finding("leads", Standing.GOOD, f"{len(measured.contacts)} contacts measured, all ok")
