"""The timing of what is delivered: periods, how long a pulse occupies the output, and whether programs fit together.

The implant's timer ticks once a microsecond. A rate whose period is no whole number of ticks is delivered at the next
longer period, and the delivered rate is what is read back. Programs of a group share one output: a pulse (or a whole
burst) that falls due while another is under way waits for it, and is never dropped. That is sure as long as all
occupations together fit into the shortest period, which is the rule `timing`.
"""

from __future__ import annotations

from scs.domain.program import ActiveRecharge, Burst, Group, Program, Waveform

TICKS_PER_SECOND_SCALED = 1_000_000_000
"""Microseconds in a second times millihertz in a hertz: period_us = this / rate_mhz."""


def period_us(rate_mhz: int) -> int:
    """The delivered period: the asked one, or the next longer whole microsecond."""
    return -(-TICKS_PER_SECOND_SCALED // rate_mhz)


def delivered_rate_mhz(rate_mhz: int) -> int:
    """The rate that the tick makes of `rate_mhz`, floored to a millihertz, so it is never above what was asked."""
    return TICKS_PER_SECOND_SCALED // period_us(rate_mhz)


def pulses_per_period(waveform: Waveform) -> int:
    return waveform.pulses if isinstance(waveform, Burst) else 1


def recharge_width_us(program: Program) -> int:
    """The length of the driven recharge phase; 0 when the recharge is passive."""
    return program.recharge.ratio * program.pulse_width_us if isinstance(program.recharge, ActiveRecharge) else 0


def pulse_us(program: Program) -> int:
    """From the beginning of the leading phase to the end of the driven recharge."""
    recharge_us = recharge_width_us(program)
    gap_us = program.interphase_gap_us if recharge_us else 0
    return program.pulse_width_us + gap_us + recharge_us


def occupation_us(program: Program) -> int:
    """How long the program needs the output for itself each period: one pulse, or a whole burst."""
    waveform = program.waveform
    if isinstance(waveform, Burst):
        return (waveform.pulses - 1) * period_us(waveform.intra_rate_mhz) + pulse_us(program)
    return pulse_us(program)


def recovery_window_us(group: Group, index: int) -> int:
    """The least time in which program `index` can recover passively before its next pulse.

    The period less the program's own occupation, less every pulse of the other programs that can fall into one period.
    """
    program = group.programs[index]
    period = period_us(program.waveform.rate_mhz)
    taken = occupation_us(program)
    for other_index, other in enumerate(group.programs):
        if other_index != index:
            taken += (period // period_us(other.waveform.rate_mhz) + 1) * occupation_us(other)
    return max(0, period - taken)
