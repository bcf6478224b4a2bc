"""What the interlocks are shown of a pulse, the sense lines, and what they are told of it, the order to its timer."""

from __future__ import annotations

from firmware_model.comparator import Command
from firmware_model.output_stage import Pulse
from firmware_model.sensed import Leaving
from scs.domain.program import WHOLE, Burst, Program
from scs.domain.pulse import period_us, pulses_per_period, recharge_width_us


def leaving_of(channel: int, pulse: Pulse) -> Leaving:
    """A pulse as sound sense lines show it; `channel` is the timer that fires it."""
    return Leaving(
        channel,
        pulse.currents_ua,
        pulse.width_us,
        pulse.gap_us,
        pulse.recharge_ua,
        pulse.recharge_us,
        pulse.count,
        pulse.intra_us,
    )


def command_of(program: Program, amplitude_ua: int) -> Command:
    """What the interlocks are told is meant: from the program itself, not from what the output stage makes of it."""
    waveform = program.waveform
    return Command(
        {contact: amplitude_ua * share // WHOLE for contact, share in program.contacts.shares},
        program.pulse_width_us,
        recharge_width_us(program),
        period_us(waveform.rate_mhz),
        pulses_per_period(waveform),
        period_us(waveform.intra_rate_mhz) if isinstance(waveform, Burst) else 0,
    )
