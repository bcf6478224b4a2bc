"""Procedures about time: the clock of the implant, and the rates and windows of what it delivers."""

from __future__ import annotations

from scs.programmer.changing import change
from scs.programmer.steps import Procedure, ask
from scs.wire.requests import GetClock, GetDelivery, SetClock
from scs.wire.responses import ClockReport, Delivery


def read_clock() -> Procedure[ClockReport]:
    """What time the implant believes it is."""
    return (yield from ask(GetClock(), ClockReport))


def set_clock(op_id: int, second_of_day: int) -> Procedure[ClockReport]:
    """Tell the implant that it is so many seconds after local midnight, and read its clock back."""
    yield from change(SetClock(op_id, second_of_day), op_id)
    return (yield from read_clock())


def read_delivery() -> Procedure[Delivery]:
    """At which rates the running group is delivered, and what holds it back."""
    return (yield from ask(GetDelivery(), Delivery))
