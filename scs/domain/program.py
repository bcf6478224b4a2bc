"""The prescription: electrode configuration, waveform, program, group.

A value of these types is well formed: shares sum, names are printable, times are not negative. Whether it is safe on
a given implant is another question, answered by safety.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    Field,
    PlainSerializer,
    PlainValidator,
    SerializationInfo,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from scs.domain.fields import (
    FROM_TEXT,
    Current,
    Gain,
    Name,
    PositiveTime,
    Potential,
    Prescription,
    Rate,
    Time,
)
from scs.domain.lead import CONTACTS_MAX, contact_name, contact_number
from scs.domain.schedule import WINDOWS_MAX, Window
from scs.domain.units import CURRENT, RATE, SHARE, format_quantity, parse_quantity
from scs.errors import BadPrescription

P = TypeVar("P", bound=Prescription)

WHOLE = 1000
"""A polarity's shares sum to this: permille."""
PROGRAMS_MAX = 4
"""The most programs that are delivered interleaved in one group (Intellis, WaveWriter Alpha)."""
GROUPS_MAX = 8
"""The most groups that an implant holds (Intellis, Vanta, Inceptiv)."""


@dataclass(frozen=True, slots=True)
class ElectrodeConfig:
    """Which contacts carry the current and in what shares: (contact, signed permille), cathodes negative.

    Sorted by contact; the cathodes' shares sum to -1000 and the anodes' to +1000. Raises BadPrescription otherwise.
    """

    shares: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        numbers = [number for number, _ in self.shares]
        if numbers != sorted(set(numbers)):
            raise BadPrescription("contacts stand once each, in ascending order; remove the duplicate")
        for number, share in self.shares:
            _check_share(number, share)
        for word, sign in (("cathodes", -1), ("anodes", 1)):
            total = sum(share for _, share in self.shares if share * sign > 0)
            if total == 0:
                raise BadPrescription(f"there are no {word}; give at least one contact a {'-+'[sign > 0]} share")
            if total != sign * WHOLE:
                shown = format_quantity(total, SHARE)
                raise BadPrescription(
                    f"the shares of the {word} sum to {shown}, not {'-+'[sign > 0]}100 %; adjust them"
                )

    @classmethod
    def of(cls, shares: Mapping[int, int]) -> ElectrodeConfig:
        """From contact number to signed permille, in any order."""
        for number, share in shares.items():
            # Before they are sorted: bytes off the wire may hold keys that cannot be compared.
            _check_share(number, share)
        return cls(tuple(sorted(shares.items())))

    @classmethod
    def from_text(cls, shares: Mapping[str, object]) -> ElectrodeConfig:
        """From names and texts as in files: {"E3": "-60%", "CASE": "+100%"}."""
        read = {contact_number(name): parse_quantity(text, SHARE) for name, text in shares.items()}
        if len(read) != len(shares):
            raise BadPrescription("a contact is named twice; remove one")
        return cls.of(read)

    def to_text(self) -> dict[str, str]:
        """To names and texts that `from_text` reads back."""
        return {
            contact_name(number): ("+" if share > 0 else "") + format_quantity(share, SHARE).replace(" ", "")
            for number, share in self.shares
        }

    @property
    def cathodes(self) -> tuple[tuple[int, int], ...]:
        """(contact, permille as a positive number) of the contacts that sink the leading phase."""
        return tuple((number, -share) for number, share in self.shares if share < 0)

    @property
    def anodes(self) -> tuple[tuple[int, int], ...]:
        """(contact, permille) of the contacts that source the leading phase."""
        return tuple((number, share) for number, share in self.shares if share > 0)

    @property
    def contacts(self) -> tuple[int, ...]:
        return tuple(number for number, _ in self.shares)


def _check_share(number: int, share: int) -> None:
    if type(number) is not int or not 0 <= number <= CONTACTS_MAX:
        raise BadPrescription(f"{number!r} is no contact; use 0 for the case and 1 to {CONTACTS_MAX}")
    if type(share) is not int or share == 0 or abs(share) > WHOLE:
        raise BadPrescription(f"{contact_name(number)} has a share of {share!r}; use -1000 to 1000 permille, not 0")


def _read_electrodes(value: Any, info: ValidationInfo) -> ElectrodeConfig:
    if isinstance(value, ElectrodeConfig):
        return value
    if not isinstance(value, Mapping):
        raise ValueError('write the contacts as a table, such as { E3 = "-100%", E4 = "+100%" }')
    return ElectrodeConfig.from_text(value) if info.context is FROM_TEXT else ElectrodeConfig.of(value)


def _write_electrodes(electrodes: ElectrodeConfig, info: SerializationInfo) -> dict[Any, Any]:
    return electrodes.to_text() if info.mode == "json" else dict(electrodes.shares)


Electrodes = Annotated[
    ElectrodeConfig,
    PlainValidator(_read_electrodes),
    PlainSerializer(_write_electrodes),
    WithJsonSchema(
        {
            "type": "object",
            "description": "contact to signed share: cathodes sum to -100%, anodes to +100%",
            "propertyNames": {"pattern": "^(CASE|E[1-9][0-9]?)$"},
            "additionalProperties": {"type": "string", "pattern": r"^[+-][0-9]+(\.[0-9])? ?%$"},
            "examples": [{"E3": "-60%", "E4": "-40%", "CASE": "+100%"}],
        }
    ),
]


class PassiveRecharge(Prescription):
    """The contacts are tied together after the pulse and the charge flows back by itself."""

    kind: Literal["passive"]


class ActiveRecharge(Prescription):
    """A driven phase of opposite sign: 1/ratio of the amplitude for ratio times the width."""

    kind: Literal["active"]
    ratio: Annotated[int, Field(ge=1, le=16)] = 1


Recharge = Annotated[PassiveRecharge | ActiveRecharge, Field(discriminator="kind")]


class Tonic(Prescription):
    """One pulse a period."""

    kind: Literal["tonic"]
    rate_mhz: Rate


class Burst(Prescription):
    """Several pulses at the inner rate, repeated at the burst rate."""

    kind: Literal["burst"]
    rate_mhz: Rate
    """Bursts, in millihertz."""
    pulses: Annotated[int, Field(ge=2, le=7)]
    intra_rate_mhz: Rate
    """Pulses inside a burst, in millihertz."""

    @model_validator(mode="after")
    def _inner_rate_is_faster(self) -> Burst:
        if self.intra_rate_mhz <= self.rate_mhz:
            inner, outer = format_quantity(self.intra_rate_mhz, RATE), format_quantity(self.rate_mhz, RATE)
            raise ValueError(f"intra_rate of {inner} is not above rate, {outer}; raise it")
        return self


class HighRate(Prescription):
    """One short pulse a period at kilohertz rates."""

    kind: Literal["high-rate"]
    rate_mhz: Rate


Waveform = Annotated[Tonic | Burst | HighRate, Field(discriminator="kind")]


class Cycling(Prescription):
    """Therapy on and off in turn, beginning with on; each start ramps softly."""

    on_us: PositiveTime
    off_us: PositiveTime


class PatientLimits(Prescription):
    """How far the patient may move the amplitude with the own controller."""

    lowest_ua: Current
    highest_ua: Current

    @model_validator(mode="after")
    def _are_in_order(self) -> PatientLimits:
        if self.lowest_ua > self.highest_ua:
            lowest, highest = format_quantity(self.lowest_ua, CURRENT), format_quantity(self.highest_ua, CURRENT)
            raise ValueError(f"lowest, {lowest}, is above highest, {highest}; swap them")
        return self


class ClosedLoop(Prescription):
    """The amplitude follows the potential that each pulse evokes: up to the patient's highest, never above."""

    target_uv: Potential
    """Trough to peak, as it is read at the contacts that listen."""
    gain_na_per_uv: Gain
    """How much the next pulse is stronger for each microvolt that the last one's potential is short of the target."""


class Program(Prescription):
    """One electrode configuration and how it is driven.

    `amplitude_ua` is the whole current of the leading phase, shared by the cathodes and, with the other sign, by the
    anodes. The leading phase is cathodic at the cathodes.
    """

    name: Name
    contacts: Electrodes
    amplitude_ua: Current
    pulse_width_us: PositiveTime
    interphase_gap_us: Time = 0
    recharge: Recharge
    waveform: Waveform
    ramp_us: Time = 2_000_000
    """Soft start and soft stop; 1 to 10 s with a default of on is usual [found: F9, F10 of the device facts]."""
    cycling: Cycling | None = None
    patient: PatientLimits | None = None
    closed_loop: ClosedLoop | None = None


class Group(Prescription):
    """What is active at one time: one to four programs, delivered interleaved.

    In a multiplexed group the first program is the base and the others are primes.
    """

    name: Name
    delivery: Literal["interleaved", "multiplexed"] = "interleaved"
    schedule: Annotated[tuple[Window, ...], Field(strict=False, min_length=1, max_length=WINDOWS_MAX)] | None = None
    """When in the day it is delivered, once it was started; None for always. It never starts anything."""
    daily_dose_us: PositiveTime | None = None
    """For how long of 24 hours it is delivered at most; None for no bound."""
    programs: Annotated[tuple[Program, ...], Field(strict=False, min_length=1, max_length=PROGRAMS_MAX)]

    @model_validator(mode="after")
    def _program_names_differ(self) -> Group:
        names = [program.name for program in self.programs]
        if len(set(names)) != len(names):
            raise ValueError(f"two programs share a name ({', '.join(names)}); rename one")
        if self.delivery == "multiplexed" and len(self.programs) < 2:
            raise ValueError("a multiplexed group needs a base and at least one prime; add a program")
        return self

    def with_amplitudes(self, amplitudes_ua: Mapping[str, int]) -> Group:
        """The same group with other amplitudes, by program name; everything is validated again."""
        programs = tuple(
            replaced(program, amplitude_ua=amplitudes_ua.get(program.name, program.amplitude_ua))
            for program in self.programs
        )
        return replaced(self, programs=programs)


def replaced(prescription: P, **changes: object) -> P:
    """A copy with some fields changed, validated again (pydantic's own copy does not validate)."""
    fields = {name: getattr(prescription, name) for name in type(prescription).model_fields}
    return type(prescription).model_validate({**fields, **changes})
