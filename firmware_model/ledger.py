"""What has passed through each contact, in whole picocoulombs: the account that tests compare to the last one.

Charge of driven recharges is exact and signed. A passive recharge is an exponential: what it leaves is a bound, kept
apart and never added to the exact account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from firmware_model.output_stage import Pulse
from scs.domain.charge import decay


@dataclass(slots=True)
class Ledger:
    """Counts since power-on, per contact number."""

    time_constant_us: int
    pulses: int = 0
    commanded_pc: int = 0
    """Charge of every leading phase as it was asked for, over all contacts together."""
    delivered_pc: int = 0
    """The same as it left the electrodes: what a rail could not drive is the difference."""
    test_pulses: int = 0
    """Of impedance measurements: they are no therapy and are in no other count."""
    test_pc: int = 0
    """Charge of the leading phases of those, as delivered."""
    leading_pc: Counter[int] = field(default_factory=Counter)
    """Signed charge of every leading phase."""
    driven_pc: Counter[int] = field(default_factory=Counter)
    """Signed charge of every driven recharge."""
    passive_pc: Counter[int] = field(default_factory=Counter)
    """Signed charge of the leading phases that flow back by themselves."""
    _waiting: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Per contact: a bound on what has yet to flow back passively, and when that was so."""

    def add(self, pulse: Pulse, count: int) -> None:
        """`count` equal pulses have passed."""
        self.pulses += count
        self.commanded_pc += count * pulse.commanded_ua * pulse.width_us
        self.delivered_pc += count * pulse.charge_pc
        lasting_us, leading_pc = count * pulse.width_us, self.leading_pc
        for contact, current in pulse.currents_ua.items():
            leading_pc[contact] += current * lasting_us
        if pulse.is_passive:
            for contact, current in pulse.currents_ua.items():
                self.passive_pc[contact] += current * lasting_us
            return
        recharging_us, driven_pc = count * pulse.recharge_us, self.driven_pc
        for contact, current in pulse.recharge_ua.items():
            driven_pc[contact] += current * recharging_us

    def add_test(self, pulse: Pulse, end_us: int) -> None:
        """One test pulse has passed and ended at `end_us`; what it drove back is exactly what it drove."""
        self.test_pulses += 1
        self.test_pc += pulse.charge_pc
        self.note_passive(pulse, end_us)

    def note_passive(self, pulse: Pulse, end_us: int) -> None:
        """The last pulse of a row of equal passive ones has ended: bound what is on the contacts then.

        Equal pulses of charge Q, each leaving the part r after its recovery, sum to no more than Q² / (Q - r).
        """
        if not pulse.is_passive:
            return
        for contact, current in pulse.currents_ua.items():
            charge = pulse.count * abs(current) * pulse.width_us
            if charge:
                rest = min(pulse.residues_pc[contact], charge - 1)
                heap = -(-charge * charge // (charge - rest))
                self._waiting[contact] = (self.passive_bound_pc(contact, end_us) + heap, end_us)

    def passive_bound_pc(self, contact: int, now_us: int) -> int:
        """At most this much has yet to flow back through `contact`, as a magnitude."""
        amount, at_us = self._waiting.get(contact, (0, now_us))
        return decay(amount, max(0, now_us - at_us), self.time_constant_us)

    def state(self, now_us: int) -> tuple[object, ...]:
        """What has yet to flow back now; the counts are no part of it."""
        return tuple((contact, self.passive_bound_pc(contact, now_us)) for contact in sorted(self._waiting))

    def shift(self, by_us: int) -> None:
        """So much time has gone by, and as much has yet to flow back as then."""
        self._waiting = {contact: (amount, at_us + by_us) for contact, (amount, at_us) in self._waiting.items()}

    def net_pc(self) -> Mapping[int, int]:
        """The exact account of everything that was driven back: what is left on each contact, signed."""
        contacts = sorted(self.leading_pc)
        return {
            contact: self.leading_pc[contact] - self.passive_pc[contact] + self.driven_pc[contact]
            for contact in contacts
        }
