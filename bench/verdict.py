"""How many verdicts a second one core gives for a one-program group, beside what validating the same group takes."""

from __future__ import annotations

from bench.pairing import BenchRow, seconds
from scs.domain.lead import Implant, PluggedLead, find_lead
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import ActiveRecharge, ElectrodeConfig, Group, Program, Tonic
from scs.domain.safety import judge

VERDICTS = 2_000
TARGET_PER_SECOND = 10_000


def run(repeats: int) -> list[BenchRow]:
    """One row: verdicts a second against the target of ten thousand, the best of `repeats`."""
    program = Program(
        name="a",
        contacts=ElectrodeConfig.of({1: -600, 2: -400, 0: 1000}),
        amplitude_ua=5_200,
        pulse_width_us=210,
        recharge=ActiveRecharge(kind="active", ratio=1),
        waveform=Tonic(kind="tonic", rate_mhz=40_000),
    )
    group = Group(name="g", programs=(program,))
    implant = Implant(leads=(PluggedLead.model_validate({"port": "A", "lead": find_lead("medtronic-977a2")}),))
    profile, policy = find_profile("reference"), find_policy("default")

    def verdicts() -> None:
        for _ in range(VERDICTS):
            judge(group, implant, profile, policy)

    rate = VERDICTS / min(seconds(verdicts) for _ in range(repeats))
    name, peer = "verdicts of a one-program group", "10,000 a second"
    ratio = rate / TARGET_PER_SECOND
    return [BenchRow(name, peer, rate, TARGET_PER_SECOND, "runs/s", ratio, 1.0, higher_is_better=True)]
