"""What the firmware does about its battery: off when it is empty, nothing at all when it is dark, and a word for each
change that somebody should know of.
"""

from __future__ import annotations

from firmware_model.context import Context
from firmware_model.inquiries import end_write
from firmware_model.modes import Event
from firmware_model.parts import Parts
from firmware_model.power.battery import Demand
from firmware_model.power.charging import FLOWING
from scs.domain.status import ChargerState, LogKind, Mode

_STORAGE, _DEPLETED = Mode.STORAGE, Mode.DEPLETED
"""Asked for whenever time passes: a name of this module is found sooner than a member of its enum."""
_SAID = {
    ChargerState.ABSENT: "charger gone",
    ChargerState.MISALIGNED: "charger misaligned",
    ChargerState.FULL: "fully charged",
    ChargerState.TOO_WARM: "charging stopped: pocket too warm",
    ChargerState.WORN_OUT: "charging refused: worn out",
}


def demand(context: Context) -> Demand:
    """What is drawn now, beside the single pulses."""
    return standing_demand(context, context.parts.stimulator.drive_ua)


def standing_demand(context: Context, drive_ua: int = 0) -> Demand:
    """The same without the mean of the pulses, or with another: what is drawn whether any leave or not."""
    parts = context.parts
    is_stored = parts.modes.mode is _STORAGE
    is_talking = bool(context.links.sessions) or context.gate.is_awake_for_strangers
    # The amplifier has to settle, so it is on as long as a group with a loop runs, whoever sets the amplitude.
    is_sensing = parts.therapy.has_loop
    return Demand(drive_ua, is_stored, is_talking, is_sensing)


def mind_battery(context: Context) -> None:
    """Off when the battery is empty; back to rest, and not to therapy, when it is recharged."""
    parts = context.parts
    battery, cell = parts.battery, parts.battery.cell
    # Without its reserve a cell may be dark.
    if not cell.reserve_pc and battery.is_dark:
        if not parts.power.is_dark:
            _go_dark(context)
        return
    if parts.power.is_dark:
        _wake(parts)
    if battery.is_reading_due(parts.now_us):
        battery.read(parts.now_us, demand(context))
    if battery.is_empty and parts.modes.allows(Event.DEPLETE):
        _deplete(parts)
    elif parts.modes.mode is _DEPLETED and battery.is_recharged:
        parts.modes.take(parts.blank_or(Event.RECHARGE_BLANK, Event.RECHARGE))
        parts.log(LogKind.MODE_CHANGED, "recharged")
    if parts.power.record.is_counted and battery.is_recharged:
        parts.power.note_recovered()
    if battery.level is not parts.power.record.level or battery.charger is not parts.power.charger:
        _tell(parts)


def _deplete(parts: Parts) -> None:
    was_running = parts.therapy.group is not None
    parts.therapy.halt()
    parts.impedance.abort()
    parts.modes.take(Event.DEPLETE)
    if was_running:
        parts.log(LogKind.THERAPY_STOPPED, "battery empty")
    parts.log(LogKind.MODE_CHANGED, "depleted")


def _go_dark(context: Context) -> None:
    """The logic ends. Nothing is written: below this voltage a write would not be one."""
    parts = context.parts
    if parts.modes.allows(Event.DEPLETE):
        # A cell that breaks down at once gives no warning: the output ends together with the logic.
        parts.therapy.halt()
        parts.impedance.abort()
        parts.modes.take(Event.DEPLETE)
    assert parts.stimulator.is_idle, "there is no output without logic"
    end_write(context)
    for session in tuple(context.links.sessions.values()):
        context.links.forget(session)
    parts.day.clock.lose()
    parts.power.is_dark = True


def _wake(parts: Parts) -> None:
    """A charger's field feeds the logic again. Only now is the over-discharge written down."""
    parts.power.is_dark = False
    if parts.battery.charging is not None and parts.power.note_over_discharge():
        count, most = parts.power.record.over_discharges, parts.battery.plan.over_discharges_max
        parts.log(LogKind.BATTERY, f"over-discharge {count} of {most}")
        # The cell learns at once whether it may still be charged.
        parts.battery.pass_time(parts.now_us, parts.now_us)
    parts.log(LogKind.POWER_ON, f"generation {parts.store.image.generation} after an over-discharge")


def _tell(parts: Parts) -> None:
    """Log a new level and what the charging does, each once."""
    battery, power = parts.battery, parts.power
    level, charger = battery.level, battery.charger
    if level is not power.record.level:
        power.note_level(level)
        parts.log(LogKind.BATTERY, f"level {level.name.lower().replace('_', '-')}")
    if charger is not power.charger:
        if charger not in FLOWING or power.charger not in FLOWING:
            parts.log(LogKind.BATTERY, _SAID.get(charger, "charging"))
        power.charger = charger
