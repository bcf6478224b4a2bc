"""A sweep: one program at every amplitude, width and rate, in every patient and posture; judged, delivered and felt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isinf

from firmware_model.output_stage import OutputStage
from scs.body.anatomy import Posture
from scs.body.sensation import Felt, Sense, person
from scs.domain.program import Burst, HighRate, Program, replaced
from scs.domain.verdict import Tier, Verdict
from scs.errors import BadPrescription
from scs.studies.delivery import Delivered, Setting, alone_at, deliver
from scs.studies.space import Axis
from scs.studies.work import Row

NEVER = -1
"""In a column of currents: no current of this program is felt."""
PART_ROWS = 2_000
"""Rows of a part, if a width and rate have so many: half a second of work."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is gone through."""

    setting: Setting
    program: Program
    amplitudes: Axis
    widths: Axis
    rates: Axis
    patients: tuple[int, ...] = (1,)
    postures: tuple[Posture, ...] = (Posture.SUPINE,)

    @property
    def size(self) -> int:
        """Rows: every program in every patient and posture."""
        return len(self.amplitudes) * len(self.widths) * len(self.rates) * len(self.patients) * len(self.postures)

    def parts(self) -> list[SweepPart]:
        """The sweep in parts, in the order of its rows: width, rate, then amplitudes, then patients and postures."""
        per_amplitude = len(self.patients) * len(self.postures)
        step = max(1, PART_ROWS // per_amplitude)
        places = [
            (width, rate, self.amplitudes.values[start : start + step])
            for width in self.widths.values
            for rate in self.rates.values
            for start in range(0, len(self.amplitudes), step)
        ]
        return [SweepPart(number, self, *place) for number, place in enumerate(places)]


@dataclass(frozen=True, slots=True)
class SweepPart:
    """Some amplitudes at one width and one rate."""

    number: int
    of: Sweep
    width_us: int
    rate_mhz: int
    amplitudes_ua: tuple[int, ...]

    @property
    def size(self) -> int:
        return len(self.amplitudes_ua) * len(self.of.patients) * len(self.of.postures)

    def rows(self) -> list[Row]:
        """Judge each program once, and deliver it into each patient, who then feels it in each posture."""
        base = with_shape(self.of.program, self.width_us, self.rate_mhz)
        setting = self.of.setting
        outputs = [setting.output(patient) for patient in self.of.patients]
        senses = [
            [Sense(person(patient), setting.implant, base, posture) for posture in self.of.postures]
            for patient in self.of.patients
        ]
        found: list[Row] = []
        for amplitude_ua in self.amplitudes_ua:
            program = alone_at(base, amplitude_ua)
            verdict = setting.verdict_of(program)
            for output, own in zip(outputs, senses, strict=True):
                found += _felt_rows(program, verdict, output, own)
        return found


def with_shape(program: Program, width_us: int, rate_mhz: int) -> Program:
    """The program with another width and rate."""
    waveform = replaced(program.waveform, rate_mhz=rate_mhz)
    return replaced(program, pulse_width_us=width_us, waveform=waveform)


def own_axes(program: Program) -> tuple[int, int, int]:
    """Amplitude, width and rate of the program itself, in base units."""
    return program.amplitude_ua, program.pulse_width_us, program.waveform.rate_mhz


def check_rate(program: Program) -> None:
    """Refuse a sweep of rates where the rate is part of something else; raises BadPrescription."""
    if isinstance(program.waveform, Burst | HighRate):
        raise BadPrescription(f'"{program.name}" is no tonic program, so its rate has no range here; leave --rate out')


def _felt_rows(program: Program, verdict: Verdict, output: OutputStage, senses: Sequence[Sense]) -> Iterator[Row]:
    """One row a posture; `senses` are those of one patient."""
    delivered = deliver(output, program, verdict.outcome)
    rules = " ".join(sorted({finding.rule for finding in verdict.findings if finding.tier is not Tier.NOTICE}))
    for sense in senses:
        felt = sense.feel(delivered.amplitude_ua / 1_000)
        yield {
            "amplitude_ua": program.amplitude_ua,
            "width_us": program.pulse_width_us,
            "rate_mhz": program.waveform.rate_mhz,
            "patient": sense.person.seed,
            "posture": sense.posture.value,
            "outcome": verdict.outcome.value,
            "rules": rules,
            **_delivered_columns(delivered),
            "perception_ua": _ua(sense.perception_ma),
            "discomfort_ua": _ua(sense.discomfort_ma),
            **felt_columns(felt),
        }


def _delivered_columns(delivered: Delivered) -> Row:
    return {
        "delivered_ua": delivered.amplitude_ua,
        "is_clipped": delivered.is_clipped,
        "charge_pc": delivered.charge_pc,
        "excursion_mv": delivered.excursion_mv,
    }


def felt_columns(felt: Felt) -> Row:
    """How strong, and where: regions with the percent that is covered, the most first."""
    named = sorted(felt.regions.items(), key=lambda item: (-item[1], item[0]))
    return {
        "strength": round(felt.strength, 1),
        "is_painful": felt.is_painful,
        "is_motor": felt.is_motor,
        "regions": " ".join(f"{name}:{round(100 * part)}" for name, part in named),
        "bands": " ".join(f"{name}:{round(100 * part)}" for name, part in sorted(felt.bands.items())),
    }


def _ua(threshold_ma: float) -> int:
    return NEVER if isinf(threshold_ma) else round(threshold_ma * 1_000)
