"""The current sources and switches: what one pulse of a program really puts onto each contact.

A current that the rail cannot drive through the electrodes as they are is flagged and delivered as far as physics
allows: it stands while the rail suffices and decays from then on. What leaves is counted as the mean of that, rounded
down to whole microamperes, and is never more than was asked for. What a passive recharge leaves behind is a bound, what
a driven one leaves behind is exact, and the two are never added into one number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from firmware_model.electrodes import Electrodes
from scs.body.interface import WATER_WINDOW_MV, ContactInterface, Loop, clipped
from scs.domain.charge import contact_currents_ua, decay, pulse_residues_pc, recharge_currents_ua
from scs.domain.lead import CASE
from scs.domain.profile import DeviceProfile
from scs.domain.program import ActiveRecharge, Burst, Program
from scs.domain.pulse import period_us, pulse_us, pulses_per_period, recharge_width_us


@dataclass(frozen=True, slots=True)
class Pulse:
    """One pulse, or the burst of equal pulses that belong together, as it leaves the electrodes."""

    amplitude_ua: int
    """The whole current of the leading phase as delivered."""
    commanded_ua: int
    """What was asked for; the same unless the pulse is clipped."""
    currents_ua: Mapping[int, int]
    """Signed, per contact, cathodes negative; the sum is zero."""
    width_us: int
    gap_us: int
    recharge_ua: Mapping[int, int]
    """Signed, per contact, of the driven recharge; empty when the recharge is passive."""
    recharge_us: int
    residues_pc: Mapping[int, int]
    """What the pulse, or the whole burst, leaves on each contact: signed and exact after driven recharges, a bound
    (positive) on the magnitude after the recovery window of a passive one."""
    count: int
    """Pulses that belong together: 1, or those of a burst."""
    intra_us: int
    """From one pulse of a burst to the next; 0 for a single pulse."""
    pulse_us: int
    """From the beginning of one leading phase to the end of its driven recharge."""
    occupation_us: int
    """How long the output is taken, from the first leading phase to the last driven recharge."""
    needed_mv: int
    """Of the rail; the whole of it when the pulse is clipped."""
    is_clipped: bool
    """The rail could not drive what was asked; `amplitude_ua` is the mean of what it could."""
    excursion_mv: int = 0
    """How far the leading phase moves the most strained contact's double layer from rest, rounded up: a linear-Cdl
    estimate, too large above 300 mV [A: physics facts 2.2]. The case is too large to be that contact; of a burst that
    recharges passively nothing is taken to flow back before its end."""

    @property
    def is_passive(self) -> bool:
        return not self.recharge_ua

    @property
    def leaves_water_window(self) -> bool:
        """Whether the excursion passes 600 mV [A: physics facts 2.2]: a warning, not a limit."""
        return self.excursion_mv > WATER_WINDOW_MV

    @property
    def charge_pc(self) -> int:
        """Of the leading phase of one pulse."""
        return self.amplitude_ua * self.width_us


class OutputStage:
    """Turns a program and an amplitude into what is delivered through these electrodes."""

    def __init__(self, profile: DeviceProfile, electrodes: Electrodes) -> None:
        self._profile = profile
        self._electrodes = electrodes

    def pulse(self, program: Program, amplitude_ua: int, window_us: int) -> Pulse:
        """What one pulse (or burst) at `amplitude_ua` is; `window_us` is the least time to recover passively."""
        assert amplitude_ua > 0, "an amplitude of zero is no pulse"
        needed_mv = self._needed_mv(program, amplitude_ua)
        delivered_ua = self._drivable_ua(program, amplitude_ua, needed_mv)
        currents = contact_currents_ua(program.contacts, delivered_ua)
        count = pulses_per_period(program.waveform)
        residues = {contact: count * left for contact, left in pulse_residues_pc(program, currents).items()}
        recharge = program.recharge
        waveform = program.waveform
        is_active = isinstance(recharge, ActiveRecharge)
        if not is_active:
            tau_us = self._profile.interface.time_constant_us()
            residues = {contact: decay(abs(left), window_us, tau_us) for contact, left in residues.items()}
        intra_us = period_us(waveform.intra_rate_mhz) if isinstance(waveform, Burst) else 0
        pulse = Pulse(
            amplitude_ua=delivered_ua,
            commanded_ua=amplitude_ua,
            currents_ua=currents,
            width_us=program.pulse_width_us,
            gap_us=program.interphase_gap_us if is_active else 0,
            recharge_ua=recharge_currents_ua(program.contacts, delivered_ua, recharge.ratio)
            if isinstance(recharge, ActiveRecharge)
            else {},
            recharge_us=recharge_width_us(program),
            residues_pc=residues,
            count=count,
            intra_us=intra_us,
            pulse_us=pulse_us(program),
            occupation_us=(count - 1) * intra_us + pulse_us(program),
            needed_mv=min(needed_mv, self._profile.compliance.max_mv),
            is_clipped=delivered_ua < amplitude_ua,
            excursion_mv=self._excursion_mv(currents, program.pulse_width_us * (1 if is_active else count)),
        )
        assert sum(pulse.currents_ua.values()) == 0, "the leading phase sums to zero"
        assert sum(pulse.recharge_ua.values()) == 0, "the recharge sums to zero"
        assert pulse.amplitude_ua <= amplitude_ua, "the output never gives more than was asked"
        return pulse

    @property
    def surroundings(self) -> tuple[int, int]:
        """All that a pulse depends on beside its program and amplitude; it is the same as long as this is."""
        return self._electrodes.state

    def _drivable_ua(self, program: Program, amplitude_ua: int, needed_mv: int) -> int:
        """The mean, over the leading phase, of what the rail drives of `amplitude_ua`: all of it when it suffices."""
        row, interface = self._profile.compliance, self._profile.interface
        if needed_mv <= row.max_mv:
            return amplitude_ua
        contact = ContactInterface(interface.double_layer_nf / 1_000, blocking_uf=interface.blocking_nf / 1_000)
        loop = Loop(max(1.0, self._drop_uv(program, amplitude_ua) / amplitude_ua), (contact, contact))
        width_us = program.pulse_width_us
        driven = clipped(loop, amplitude_ua / 1_000, width_us, row.max_mv - row.headroom_mv)
        # 1 nC in 1 µs is 1 mA.
        return min(amplitude_ua, int(1_000 * driven.delivered_nc / width_us))

    def _drop_uv(self, program: Program, amplitude_ua: int) -> int:
        """Across the resistances of the worst pair of contacts. µA · Ω = µV."""
        drops = {1: 0, -1: 0}
        for contact, current in contact_currents_ua(program.contacts, amplitude_ua).items():
            sign = 1 if current > 0 else -1
            drops[sign] = max(drops[sign], abs(current) * self._electrodes.ohms(contact))
        return drops[1] + drops[-1]

    def _needed_mv(self, program: Program, amplitude_ua: int) -> int:
        """The voltage that the worst pair of contacts needs, rounded up: resistive drop, capacitance, headroom."""
        rise_mv = self._profile.interface.pulse_rise_mv(amplitude_ua * program.pulse_width_us)
        drop_uv = self._drop_uv(program, amplitude_ua)
        return -(-drop_uv // 1_000) + rise_mv + self._profile.compliance.headroom_mv

    def _excursion_mv(self, currents_ua: Mapping[int, int], width_us: int) -> int:
        largest_ua = max((abs(current) for contact, current in currents_ua.items() if contact != CASE), default=0)
        return -(-largest_ua * width_us // self._profile.interface.double_layer_nf)
