"""The limit table of one modelled device: rows of data with a source each (data/profiles/*.toml).

One table is used by the implant, the programmer, the docs and the tests. A row that is absent means that the device
cannot do that. Relations between rows are checked when a profile is read.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from scs.domain.fields import (
    FROM_TEXT,
    Area,
    Capacitance,
    Charge,
    Current,
    Gain,
    PositiveTime,
    Potential,
    Prescription,
    Rate,
    Resistance,
    Time,
    Voltage,
    Words,
)
from scs.domain.file_tree import read_tree
from scs.domain.shipped import shipped
from scs.errors import BadPrescription


class CurrentRange(Prescription):
    """Amplitudes from min to max in whole steps from zero."""

    min_ua: Current
    max_ua: Current
    step_ua: Annotated[Current, Field(gt=0)]
    source: Words


class TimeRange(Prescription):
    """Times from min to max in whole steps from zero."""

    min_us: Time
    max_us: Time
    step_us: PositiveTime
    source: Words


class RateBand(Prescription):
    """Rates from min to max in whole steps from min; graded ranges have several bands."""

    min_mhz: Rate
    max_mhz: Rate
    step_mhz: Rate


class RateRange(Prescription):
    bands: Annotated[tuple[RateBand, ...], Field(strict=False, min_length=1)]
    source: Words

    def holds(self, rate_mhz: int) -> bool:
        """Whether a band has this rate on its grid."""
        return any(
            band.min_mhz <= rate_mhz <= band.max_mhz and (rate_mhz - band.min_mhz) % band.step_mhz == 0
            for band in self.bands
        )

    @property
    def max_mhz(self) -> int:
        return max(band.max_mhz for band in self.bands)

    @property
    def min_mhz(self) -> int:
        return min(band.min_mhz for band in self.bands)


class CurrentLimit(Prescription):
    max_ua: Current
    source: Words


class ChargeLimit(Prescription):
    max_pc: Charge
    source: Words


class Counts(Prescription):
    """How much of everything the device has."""

    contacts: Annotated[int, Field(ge=1, le=32)]
    ports: Annotated[int, Field(ge=1, le=4)]
    groups: Annotated[int, Field(ge=1, le=8)]
    programs_per_group: Annotated[int, Field(ge=1, le=4)]
    source: Words


class CaseElectrode(Prescription):
    """The case as an electrode; absent where it cannot be one."""

    area_um2: Area
    source: Words


class BurstRanges(Prescription):
    """What the device can do in burst mode; absent where it cannot."""

    amplitude: CurrentRange
    pulse_width: TimeRange
    rate: RateRange
    intra_rate: RateRange
    pulses_min: Annotated[int, Field(ge=2, le=7)]
    pulses_max: Annotated[int, Field(ge=2, le=7)]
    source: Words


class PotentialRange(Prescription):
    """Evoked potentials from min to max in whole steps from zero."""

    min_uv: Potential
    max_uv: Potential
    step_uv: Potential
    source: Words


class GainRange(Prescription):
    """Gains of a closed loop from min to max in whole steps from zero."""

    min_na_per_uv: Gain
    max_na_per_uv: Gain
    step_na_per_uv: Gain
    source: Words


class ClosedLoopRanges(Prescription):
    """What a loop from evoked potentials to the amplitude can be told; absent where the device senses none."""

    target: PotentialRange
    gain: GainRange
    rate_max_mhz: Rate
    """Between two faster pulses there is no time to listen."""
    source: Words


class RechargeModes(Prescription):
    passive: bool
    active_ratio_max: Annotated[int, Field(ge=0, le=16)]
    """The largest ratio of a driven recharge; 0 where the device has none."""
    source: Words


class Compliance(Prescription):
    """The highest output voltage and what of it the current source itself needs."""

    max_mv: Voltage
    headroom_mv: Voltage
    source: Words


class Interface(Prescription):
    """The circuit that a passive recharge flows through, and when a contact counts as open or short."""

    loop_ohm: Resistance
    blocking_nf: Capacitance
    double_layer_nf: Capacitance
    open_ohm: Resistance
    short_ohm: Resistance
    source: Words

    def time_constant_us(self, loop_ohm: int | None = None) -> int:
        """R · C of the recovery path in µs, rounded up: two contacts and two blocking capacitors in series."""
        ohms = max(self.loop_ohm, loop_ohm or 0)
        series = self.blocking_nf * self.double_layer_nf
        return -(-ohms * series // (2 * (self.blocking_nf + self.double_layer_nf) * 1_000))

    def pulse_rise_mv(self, charge_pc: int) -> int:
        """How far the series capacitance charges in one phase, in mV, rounded up. pC / nF = mV."""
        both = self.blocking_nf * self.double_layer_nf
        return -(-charge_pc * 2 * (self.blocking_nf + self.double_layer_nf) // both)


class Battery(Prescription):
    kind: Literal["rechargeable", "primary"]
    source: Words


class DeviceProfile(Prescription):
    """Everything that one modelled device can do and is limited to."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,30}$")]
    name: Words
    counts: Counts
    amplitude: CurrentRange
    pulse_width: TimeRange
    tonic_rate: RateRange
    high_rate: RateRange | None = None
    burst: BurstRanges | None = None
    interphase_gap: TimeRange
    ramp: TimeRange
    cycle_on: TimeRange | None = None
    cycle_off: TimeRange | None = None
    closed_loop: ClosedLoopRanges | None = None
    recharge: RechargeModes
    case: CaseElectrode | None = None
    contact_current: CurrentLimit
    total_current: CurrentLimit
    phase_charge: ChargeLimit
    compliance: Compliance
    interface: Interface
    battery: Battery

    @model_validator(mode="after")
    def _rows_agree(self) -> DeviceProfile:
        if self.total_current.max_ua < self.contact_current.max_ua:
            raise ValueError("total_current is below contact_current; no contact could reach its limit")
        if self.amplitude.max_ua > self.total_current.max_ua:
            raise ValueError("amplitude reaches above total_current; lower amplitude.max")
        if self.interface.short_ohm >= self.interface.open_ohm:
            raise ValueError("short is not below open; a contact would be both")
        if not self.recharge.passive and not self.recharge.active_ratio_max:
            raise ValueError("the device has no way to recharge; allow passive or an active ratio of at least 1")
        return self


def profile_ids() -> tuple[str, ...]:
    """The ids of the profiles that are shipped, `reference` first."""
    names = sorted(
        entry.name.removesuffix(".toml")
        for entry in resources.files("scs.domain").joinpath("data/profiles").iterdir()
        if entry.name.endswith(".toml")
    )
    return tuple(sorted(names, key=lambda name: (name != "reference", name)))


@cache
def find_profile(profile_id: str) -> DeviceProfile:
    """The shipped profile with this id; raise BadPrescription that lists the ids there are."""
    if profile_id not in profile_ids():
        raise BadPrescription(f'no profile "{profile_id}"; choose one of {", ".join(profile_ids())}')
    return DeviceProfile.model_validate(shipped(f"profiles/{profile_id}.toml"), context=FROM_TEXT)


def parse_profile(text: str, path: str = "profile.toml") -> DeviceProfile:
    """A profile from the text of the file `path`.

    Raises BadFile for what is no table, and BadPrescription that names the row that is wrong.
    """
    tree = read_tree(path, text)
    try:
        return DeviceProfile.model_validate(tree, context=FROM_TEXT)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadPrescription(f"profile row {where}: {first['msg']}") from error
