"""The report of the battery as data and as sentences, for the command line, the screens and reports."""

from __future__ import annotations

from typing import Any

from scs.domain.status import BatteryLevel, ChargerState
from scs.wire.responses import BatteryReport
from scs.wire.words import member_word as word

CONSUMERS = ("stimulation", "starts", "housekeeping", "telemetry", "sensing", "self-discharge")
LASTS_MAX_S = (1 << 32) - 1
SECONDS_PER_DAY, DAYS_PER_YEAR = 86_400, 365.25
ADVICE = {
    BatteryLevel.LOW: "the battery is low: recharge it, or plan for its replacement",
    BatteryLevel.REPLACE_SOON: "elective replacement: about a tenth of the charge is left; plan the replacement now",
    BatteryLevel.ENDED: "end of service: stimulation stays off; replace the implant",
}
HELP = {
    ChargerState.MISALIGNED: "the charger does not reach the implant: move it until charging begins",
    ChargerState.TOO_WARM: "charging has stopped because the pocket is warm; it goes on by itself once it has cooled",
    ChargerState.WORN_OUT: "the cell was over-discharged too often and takes no charge any more: replace the implant",
}


def battery_data(report: BatteryReport) -> dict[str, Any]:
    return {
        "at_us": report.at_us,
        "permille": report.permille,
        "millivolts": report.millivolts,
        "level": word(report.level),
        "charger": word(report.charger),
        "charge_ua": report.charge_ua,
        "rise_mk": report.rise_mk,
        "over_discharges": report.over_discharges,
        "draw_ua": report.draw_ua,
        "lasts_s": None if report.lasts_s == LASTS_MAX_S else report.lasts_s,
        "drawn_uc": dict(zip(CONSUMERS, report.drawn_uc, strict=True)),
    }


def battery_text(report: BatteryReport) -> str:
    """Charge first, then what is to be done, then who has drawn what."""
    lines = [f"{report.permille / 10:g} % ({report.millivolts / 1000:g} V), level {word(report.level)}"]
    lines.append(f"drawing {report.draw_ua} uA now{_lasting(report)}")
    if report.charger is not ChargerState.ABSENT:
        lines.append(f"charger {word(report.charger)}, {report.charge_ua / 1000:g} mA, "
                     f"pocket +{report.rise_mk / 1000:.1f} C")  # fmt: skip
    if report.over_discharges:
        lines.append(f"over-discharged {report.over_discharges} times; the third time ends the life of the cell")
    lines += [said for said in (ADVICE.get(report.level), HELP.get(report.charger)) if said]
    total = sum(report.drawn_uc)
    if total:
        shares = ", ".join(
            f"{name} {100 * drawn / total:.1f} %"
            for name, drawn in zip(CONSUMERS, report.drawn_uc, strict=True)
            if drawn
        )
        lines.append(f"drawn since power-on: {shares}")
    return "\n".join(lines)


def _lasting(report: BatteryReport) -> str:
    if report.lasts_s == LASTS_MAX_S:
        return "; the charge grows or lasts longer than can be said"
    days = report.lasts_s / SECONDS_PER_DAY
    return f": {days:.1f} days to empty" if days < DAYS_PER_YEAR else f": {days / DAYS_PER_YEAR:.1f} years to empty"
