"""What programs at their amplitudes come to, kept for as long as nothing that it depends on changes.

It stands beside the implants and is no part of them: it says nothing that they could not work out again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from firmware_model.comparator import Command
from firmware_model.output_stage import OutputStage, Pulse
from firmware_model.sensed import Leaving
from scs.domain.program import Group, Program

KNOWN_MAX = 4_096
"""Amplitudes of one group that are kept; more than the steps of four programs [project]."""


@dataclass(frozen=True, slots=True)
class Made:
    """One program at one amplitude: the pulse, what the interlocks see and are told of it, what it costs."""

    pulse: Pulse
    leaving: Leaving
    command: Command
    cost_pc: int


@dataclass(slots=True)
class Known:
    """What one group comes to through one output stage, with everything as it is now, by program and amplitude.

    Without a group it is what test pulses come to, by their programs.
    """

    group: Group | None
    output: OutputStage
    surroundings: tuple[object, ...]
    made: dict[tuple[int, int], Made] = field(default_factory=dict)
    tests: dict[int, tuple[Program, Made]] = field(default_factory=dict)
    """By the id of the program, which stands beside it so that its id stays its own."""
