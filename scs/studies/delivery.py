"""What a study delivers: a program that the rules let pass, through the implant's own output stage.

What is blocked is not delivered, and what must be confirmed is: a study has nobody to ask, so it says which it was.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from firmware_model.electrodes import Electrodes
from firmware_model.output_stage import OutputStage
from scs.domain.lead import Implant
from scs.domain.policy import find_policy
from scs.domain.profile import DeviceProfile
from scs.domain.program import Group, Program, replaced
from scs.domain.pulse import period_us
from scs.domain.safety import judge
from scs.domain.verdict import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Delivered:
    """One program's pulse as it leaves the electrodes."""

    amplitude_ua: int
    """0 where nothing is delivered."""
    is_clipped: bool
    charge_pc: int
    """Of the leading phase."""
    excursion_mv: int


NOTHING = Delivered(0, is_clipped=False, charge_pc=0, excursion_mv=0)


@dataclass(frozen=True, slots=True)
class Setting:
    """The device and the leads of a study; plain data, so that it can be sent to a worker."""

    implant: Implant
    profile: DeviceProfile
    policy_id: str = "default"

    def verdict(self, group: Group) -> Verdict:
        return judge(group, self.implant, self.profile, find_policy(self.policy_id))

    def verdict_of(self, program: Program) -> Verdict:
        """Of a group that holds this program alone."""
        return self.verdict(Group(name="study", programs=(program,)))

    def output(self, patient: int) -> OutputStage:
        """The output into this patient's electrodes; the same patient has the same impedances."""
        return OutputStage(self.profile, Electrodes(self.implant, random.Random(f"electrodes {patient}")))


def deliver(output: OutputStage, program: Program, outcome: Outcome) -> Delivered:
    """What leaves; nothing where a rule blocks, or where the amplitude is zero."""
    if outcome is Outcome.BLOCK or program.amplitude_ua == 0:
        return NOTHING
    window_us = max(1, period_us(program.waveform.rate_mhz) - program.pulse_width_us)
    pulse = output.pulse(program, program.amplitude_ua, window_us)
    return Delivered(pulse.amplitude_ua, pulse.is_clipped, pulse.charge_pc, pulse.excursion_mv)


def at_amplitude(program: Program, amplitude_ua: int) -> Program:
    """The same program at another amplitude, within the patient's own range."""
    return replaced(program, amplitude_ua=amplitude_ua)


def alone_at(program: Program, amplitude_ua: int) -> Program:
    """The program at one amplitude and no other: without the patient's range, whose highest would be judged as well.

    A closed loop needs its range as the bound of what it may do, so it keeps one that reaches as far.
    """
    patient = program.patient
    if program.closed_loop is None or patient is None:
        return replaced(program, amplitude_ua=amplitude_ua, patient=None)
    low, high = min(patient.lowest_ua, amplitude_ua), max(patient.highest_ua, amplitude_ua)
    return replaced(program, amplitude_ua=amplitude_ua, patient=replaced(patient, lowest_ua=low, highest_ua=high))
