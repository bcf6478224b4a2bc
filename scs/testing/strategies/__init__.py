"""Hypothesis strategies for everything that a stimulator is told: by construction, so that nothing is filtered out.

    from hypothesis import given
    from scs.testing.strategies import legal_groups

    @given(legal_groups(implant, profile, policy))
    def test_my_programmer_sends_it(group): ...

*Well formed* (`groups`, `programs`, …) draws whatever the types can hold. *Legal* passes every rule on one implant
without anything to confirm. *Nearly valid* is legal but for one thing that is just over its limit. *Hostile* is well
formed and absurd, and `hostile_group_bytes` is not even that. `st.from_type(Program)` works without importing this.
"""

from scs.testing.strategies.legality import NearlyValid, legal_groups, nearly_valid_groups
from scs.testing.strategies.prescriptions import (
    burst_waveforms,
    electrodes,
    groups,
    high_rate_waveforms,
    hostile_groups,
    impedances,
    implants,
    leads,
    names,
    policies,
    profiles,
    programs,
    recharges,
    tonic_waveforms,
    waveforms,
)
from scs.testing.strategies.traffic import frames, hostile_group_bytes, noise, requests

__all__ = [
    "NearlyValid",
    "burst_waveforms",
    "electrodes",
    "frames",
    "groups",
    "high_rate_waveforms",
    "hostile_group_bytes",
    "hostile_groups",
    "impedances",
    "implants",
    "leads",
    "legal_groups",
    "names",
    "nearly_valid_groups",
    "noise",
    "policies",
    "profiles",
    "programs",
    "recharges",
    "requests",
    "tonic_waveforms",
    "waveforms",
]
