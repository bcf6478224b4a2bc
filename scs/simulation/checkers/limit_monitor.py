"""No pulse above a limit of the device or the policy, whatever was asked for: each kind of pulse is judged once."""

from __future__ import annotations

from fractions import Fraction

from scs.domain.lead import CASE, contact_name
from scs.simulation.observations import TEST_PROGRAM, Checker, PulseLike, RunLike, Scene

TIMER_PERMILLE = 30
"""So much faster a timer may run before the interlocks have to notice [project: the fault timer-fast]."""
CASE_AREA_UM2 = 1_000_000_000
"""Ten square centimetres, less than any case has [project]."""


class LimitMonitor(Checker):
    """Currents, charge, density, Shannon's k, widths and rates, from the profile's rows and the policy's thresholds."""

    id = "limit-monitor"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._judged: dict[int, PulseLike] = {}
        self._areas_um2: dict[int, int] = {contact.number: contact.area_um2 for contact in scene.implant.contacts}
        if scene.profile.case is not None:
            self._areas_um2[CASE] = scene.profile.case.area_um2
        rates = (scene.profile.tonic_rate, scene.profile.high_rate)
        fastest_us = 1_000_000_000 // max(row.max_mhz for row in rates if row is not None)
        self._shortest_us = fastest_us * (1_000 - TIMER_PERMILLE) // 1_000

    def on_run(self, run: RunLike) -> None:
        self.looked += 1
        if run.spacing_us and run.spacing_us < self._shortest_us:
            self.say(run.first_us, f"pulses left every {run.spacing_us} us, and {self._shortest_us} us is the least")
        pulse = run.pulse
        if self._judged.get(id(pulse)) is pulse:
            return
        self._judged[id(pulse)] = pulse
        widest_us = self.scene.profile.pulse_width.max_us
        longest_us = widest_us * max(1, self.scene.profile.recharge.active_ratio_max)
        if run.program == TEST_PROGRAM:
            # The case is the other end of every measurement, also where it can be no electrode of a program.
            self._areas_um2.setdefault(CASE, CASE_AREA_UM2)
        self._look_at_phase(run.first_us, pulse.currents_ua, pulse.width_us, widest_us)
        if pulse.recharge_ua:
            self._look_at_phase(run.first_us, pulse.recharge_ua, pulse.recharge_us, longest_us)

    def _look_at_phase(self, at_us: int, currents: object, width_us: int, longest_us: int) -> None:
        assert isinstance(currents, dict), "currents are given per contact"
        profile = self.scene.profile
        sourced = sum(ua for ua in currents.values() if ua > 0)
        sunk = -sum(ua for ua in currents.values() if ua < 0)
        if sourced != sunk:
            self.say(at_us, f"{sourced} uA were sourced and {sunk} uA sunk")
        if max(sourced, sunk) > profile.total_current.max_ua:
            self.say(at_us, f"{max(sourced, sunk)} uA in all, above {profile.total_current.max_ua} uA")
        if width_us > longest_us:
            self.say(at_us, f"a phase of {width_us} us, longer than {longest_us} us")
        for contact, ua in currents.items():
            self._look_at_contact(at_us, contact, abs(ua), width_us)

    def _look_at_contact(self, at_us: int, contact: int, ua: int, width_us: int) -> None:
        profile, policy, name, charge_pc = self.scene.profile, self.scene.policy, contact_name(contact), ua * width_us
        area_um2 = self._areas_um2.get(contact)
        if area_um2 is None:
            self.say(at_us, f"{ua} uA flowed through {name}, which is not connected")
            return
        if ua > profile.contact_current.max_ua:
            self.say(at_us, f"{ua} uA through {name}, above {profile.contact_current.max_ua} uA")
        if charge_pc > profile.phase_charge.max_pc:
            self.say(at_us, f"{charge_pc} pC through {name} in one phase, above {profile.phase_charge.max_pc} pC")
        # pC / um2 is 100 uC/cm2.
        density = Fraction(100 * charge_pc, area_um2)
        if density > policy.density_block_uc_per_cm2:
            self.say(at_us, f"{float(density):.3g} uC/cm2 on {name}, above {policy.density_block_uc_per_cm2}")
        milli = policy.shannon_block_k_milli
        # k = log10(Q^2/A) - 4 with Q in pC and A in um2; a float is right to fifteen digits, and a hundredth is kept.
        if milli is not None and charge_pc and charge_pc**2 > area_um2 * 10 ** (4 + milli / 1_000 + 0.01):
            self.say(at_us, f"{charge_pc} pC put {name} above Shannon's k of {milli / 1_000:g}")
