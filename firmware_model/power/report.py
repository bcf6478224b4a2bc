"""What the implant tells of its battery when it is asked."""

from __future__ import annotations

from firmware_model.context import Context
from firmware_model.links import Session
from firmware_model.power.constants import PC_PER_UC
from firmware_model.power.minding import demand
from scs.wire.requests import GetBattery
from scs.wire.responses import BatteryReport

LASTS_MAX_S = (1 << 32) - 1
US_PER_S = 1_000_000


def get_battery(context: Context, _session: Session, _request: GetBattery) -> BatteryReport:
    parts = context.parts
    battery = parts.battery
    draw_ua = battery.draw_ua(demand(context))
    loss_ua = draw_ua - battery.charge_ua
    # Rounded toward less: nobody is told that the battery lasts longer than it does.
    lasts_s = battery.state.left_pc // (loss_ua * US_PER_S) if loss_ua > 0 else LASTS_MAX_S
    return BatteryReport(
        at_us=parts.now_us,
        permille=battery.permille,
        millivolts=battery.millivolts,
        level=battery.level,
        charger=battery.charger,
        charge_ua=battery.charge_ua,
        rise_mk=battery.rise_mk(parts.now_us),
        over_discharges=battery.over_discharges,
        draw_ua=draw_ua,
        lasts_s=min(LASTS_MAX_S, lasts_s),
        drawn_uc=tuple(drawn_pc // PC_PER_UC for drawn_pc in battery.drawn_pc),
    )
