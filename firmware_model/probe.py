"""Test pulses: what they are, in which order every pair is tried, and that the rules have let each of them pass.

A test pulse is a small pulse like any other: the implant's own rules judge it, the output stage shapes it, the
interlocks watch it leave, the tap hears it. It is counted apart from therapy. Its size does not depend on what was
measured before.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

from firmware_model.refusal import refusal
from scs.domain.lead import CASE, Implant
from scs.domain.policy import Policy
from scs.domain.profile import CaseElectrode, DeviceProfile
from scs.domain.program import WHOLE, ActiveRecharge, ElectrodeConfig, Group, PassiveRecharge, Program, Tonic
from scs.domain.pulse import period_us
from scs.domain.safety import judge
from scs.wire.terms import Reason

TEST_UA = 100
"""At least so much, on the device's own grid: far below what is felt [assumed]."""
TEST_WIDTH_US = 50
"""5 nC in all: 0.04 uC/cm2 on a standard contact [assumed]."""
TEST_UA_MAX = 1_000
"""A device whose grid is so coarse that its smallest amplitude is above this is not measured [assumed]."""
RATES_MHZ = (1_000_000, 500_000, 200_000, 100_000, 50_000, 20_000)
"""Reads follow each other at the first of these rates that the rules let pass."""
CONTACT_READS = 10
"""Of each contact against the case, so that one that comes and goes is seen [assumed: physics facts 2.1]."""
PAIR_READS = 2
KNOWN_MAX = 32
"""Implants whose test pulses have been judged, and are remembered."""
Pair = tuple[int, int]
CASE_AREA_UM2 = 2_000_000_000
"""20 cm2 of the case carry the current back also where no program may use the case [assumed]."""


class Probe:
    """The test pulses of one implant with its leads."""

    def __init__(self, profile: DeviceProfile, policy: Policy, implant: Implant) -> None:
        case = profile.case or CaseElectrode(area_um2=CASE_AREA_UM2, source="assumed: returns the test current")
        self._profile = profile.model_copy(update={"case": case})
        self._policy = policy
        self._implant = implant
        contacts = [contact.number for contact in implant.contacts]
        self._pairs = (*((contact, CASE) for contact in contacts), *combinations(contacts, 2))
        self._rate_mhz = 0
        self._programs: dict[Pair, Program] = {}

    @property
    def spacing_us(self) -> int:
        """From one test pulse to the next; raises Refused when the rules let none pass."""
        return period_us(self._found_rate_mhz())

    @property
    def reads(self) -> int:
        """How many test pulses a measurement takes."""
        contacts = len(self._implant.contacts)
        return CONTACT_READS * contacts + PAIR_READS * (len(self._pairs) - contacts)

    def pair(self, read: int) -> tuple[int, int]:
        """The two contacts of one read, from 0 on; those against the case come first, as (contact, CASE)."""
        contacts = len(self._implant.contacts)
        beyond = read - CONTACT_READS * contacts
        return self._pairs[read // CONTACT_READS if beyond < 0 else contacts + beyond // PAIR_READS]

    def check(self) -> None:
        """Judge the test pulse of every pair; raises Refused with the rules that do not let one pass.

        What it depends on is fixed when the implant is made, so once is enough.
        """
        _check(self._profile, self._policy, self._implant, self._pairs)

    def program(self, one: int, other: int) -> Program:
        """The test pulse between two contacts: the very one that `check` has judged."""
        program = self._programs.get((one, other))
        if program is None:
            program = self._programs[one, other] = _made(self._profile, one, other, self._found_rate_mhz())
        return program

    def _found_rate_mhz(self) -> int:
        if not self._rate_mhz:
            self._rate_mhz = _fastest_mhz(self._profile, self._policy, self._implant, self._pairs[0])
        return self._rate_mhz


@lru_cache(maxsize=KNOWN_MAX)
def _check(profile: DeviceProfile, policy: Policy, implant: Implant, pairs: tuple[Pair, ...]) -> None:
    """See Probe.check. All that the rules are asked about is a value, so one answer is enough for each implant."""
    rate_mhz = _fastest_mhz(profile, policy, implant, pairs[0])
    for pair in pairs:
        if broken := _broken_rules(profile, policy, implant, _made(profile, *pair, rate_mhz)):
            raise refusal(Reason.BLOCKED, f"a test pulse is blocked by {', '.join(broken)}", broken)


@lru_cache(maxsize=KNOWN_MAX)
def _fastest_mhz(profile: DeviceProfile, policy: Policy, implant: Implant, pair: Pair) -> int:
    broken: tuple[str, ...] = ()
    for rate_mhz in RATES_MHZ:
        broken = _broken_rules(profile, policy, implant, _made(profile, *pair, rate_mhz))
        if not broken:
            return rate_mhz
    raise refusal(Reason.BLOCKED, f"every test pulse is blocked by {', '.join(broken)}", broken)


def _broken_rules(profile: DeviceProfile, policy: Policy, implant: Implant, program: Program) -> tuple[str, ...]:
    verdict = judge(Group(name="impedance", programs=(program,)), implant, profile, policy, None)
    return (*verdict.blocking_rules, *verdict.must_acknowledge)


def _made(profile: DeviceProfile, one: int, other: int, rate_mhz: int) -> Program:
    amplitude, width = profile.amplitude, profile.pulse_width
    amplitude_ua = max(amplitude.min_ua, -(-TEST_UA // amplitude.step_ua) * amplitude.step_ua)
    if amplitude_ua > TEST_UA_MAX:
        raise refusal(Reason.BLOCKED, f"the smallest amplitude of {amplitude_ua} uA is too large to test with")
    ratio = profile.recharge.active_ratio_max
    return Program(
        name="test",
        contacts=ElectrodeConfig.of({one: -WHOLE, other: WHOLE}),
        waveform=Tonic(kind="tonic", rate_mhz=rate_mhz),
        amplitude_ua=amplitude_ua,
        pulse_width_us=max(width.min_us, -(-TEST_WIDTH_US // width.step_us) * width.step_us),
        recharge=ActiveRecharge(kind="active", ratio=1) if ratio else PassiveRecharge(kind="passive"),
    )
