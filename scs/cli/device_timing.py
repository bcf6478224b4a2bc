"""What `scs device clock` and `scs device status` print of time: the clock, delivered rates, windows and doses."""

from __future__ import annotations

from typing import Any

from scs.domain.schedule import clock_text
from scs.domain.status import HeldBy
from scs.domain.units import RATE, format_quantity
from scs.wire.responses import ClockReport, Delivery

SECOND_US = 1_000_000
_WAITS = {
    HeldBy.WINDOW: "waits: no window of its schedule is open",
    HeldBy.DOSE: "waits: the dose of the day is used up",
    HeldBy.CLOCK: "waits: it has a schedule and the clock is not set; scs device clock --set now",
}


def clock_data(clock: ClockReport) -> dict[str, Any]:
    return {
        "at_us": clock.at_us,
        "is_set": clock.is_set,
        "time_of_day_us": clock.time_of_day_us if clock.is_set else None,
        "set_us": clock.set_us if clock.is_set else None,
    }


def clock_words(clock: ClockReport) -> str:
    if not clock.is_set:
        return (
            "the clock is not set: no group with a schedule can be started, and a loss of power has unset it; "
            "set it with: scs device clock --set now"
        )
    ago = _span(clock.at_us - clock.set_us)
    return f"the implant's clock says {clock_text(clock.time_of_day_us // SECOND_US)}; it was set {ago} ago"


def delivery_data(delivery: Delivery) -> dict[str, Any]:
    return {
        "held_by": None if delivery.held_by is HeldBy.NOTHING else delivery.held_by.name.lower(),
        "next_us": delivery.next_us or None,
        "dose_us": delivery.dose_us or None,
        "used_us": delivery.used_us if delivery.dose_us else None,
        "rates": [
            {"prescribed_mhz": asked, "period_us": period_us, "intra_period_us": intra_us or None}
            for asked, period_us, intra_us in delivery.rates
        ],
    }


def delivery_lines(delivery: Delivery) -> list[str]:
    """One line a program with the rate that its whole microseconds give, and what holds the group back."""
    lines = []
    for number, (asked, period_us, intra_us) in enumerate(delivery.rates):
        inner = f", {_hertz(intra_us)} inside the burst" if intra_us else ""
        lines.append(
            f"program {number}: {format_quantity(asked, RATE)} is delivered at {_hertz(period_us)} "
            f"(every {period_us} us){inner}"
        )
    when = f", for {_span(delivery.next_us - delivery.at_us)} more" if delivery.next_us else ""
    if delivery.held_by is not HeldBy.NOTHING:
        lines.append(f"slot {delivery.slot} {_WAITS[delivery.held_by]}{when}")
    if delivery.dose_us:
        lines.append(f"dose: {_span(delivery.used_us)} of {_span(delivery.dose_us)} used in the 24 hours that run")
    return lines


def _span(us: int) -> str:
    """To the second below an hour, to the minute above."""
    minutes, seconds = divmod(us // SECOND_US, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _hertz(period_us: int) -> str:
    return f"{1_000_000 / period_us:.6g} Hz"
