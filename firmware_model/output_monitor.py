"""What the output does now, program by program and contact by contact: volts, and what direct current can be left.

Nothing here decides anything: the rules judge before a pulse is made and the interlocks watch it leave. This is the
account that a person at the bench reads beside them. What a driven recharge leaves is exact; what a passive one leaves
is a bound, because the blocking capacitors let no direct current pass and hold what has yet to flow back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from firmware_model.output_stage import Pulse
from firmware_model.power.constants import PowerPlan
from firmware_model.stimulator import Stimulator

NA_PER_UA = 1_000


@dataclass(frozen=True, slots=True)
class OutputReading:
    """One program that delivers."""

    program: int
    commanded_ua: int
    delivered_ua: int
    """The mean of the leading phase."""
    needed_mv: int
    rail_mv: int
    """The step of the converter that is above it."""
    excursion_mv: int
    is_clipped: bool
    leaves_water_window: bool


def output_readings(stimulator: Stimulator, plan: PowerPlan) -> tuple[OutputReading, ...]:
    """Of every program that delivers, in the order of the group."""
    return tuple(
        OutputReading(
            program=program,
            commanded_ua=pulse.commanded_ua,
            delivered_ua=pulse.amplitude_ua,
            needed_mv=pulse.needed_mv,
            rail_mv=rail_mv(pulse.needed_mv, plan),
            excursion_mv=pulse.excursion_mv,
            is_clipped=pulse.is_clipped,
            leaves_water_window=pulse.leaves_water_window,
        )
        for program, pulse, _ in stimulator.delivering
    )


def net_dc_bound_na(stimulator: Stimulator) -> Mapping[int, int]:
    """Per contact: at most so much direct current is left of all driven recharges, in nA, rounded up.

    Programs could cancel each other; that they do is not counted on. pC / us = uA.
    """
    bound: Counter[int] = Counter()
    for _, pulse, period_us in stimulator.delivering:
        if not pulse.is_passive:
            for contact, left_pc in pulse.residues_pc.items():
                bound[contact] += -(-NA_PER_UA * abs(left_pc) // period_us)
    return dict(bound)


def standing_bound_pc(pulse: Pulse) -> Mapping[int, int]:
    """Per contact: at most so much charge stands before each of an endless row of passive pulses; empty when driven.

    A charge Q that leaves the part r by the next pulse sums to r + r^2 / Q + ... = Q r / (Q - r).
    """
    bound: dict[int, int] = {}
    for contact, current in pulse.currents_ua.items():
        charge_pc = pulse.count * abs(current) * pulse.width_us
        if pulse.is_passive and charge_pc:
            rest_pc = min(pulse.residues_pc[contact], charge_pc - 1)
            bound[contact] = -(-charge_pc * rest_pc // (charge_pc - rest_pc))
    return bound


def rail_mv(needed_mv: int, plan: PowerPlan) -> int:
    """The converter's lowest step that gives `needed_mv`, and never less than its least."""
    return max(plan.rail_least_mv, -(-needed_mv // plan.rail_step_mv) * plan.rail_step_mv)
