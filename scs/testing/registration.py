"""What Hypothesis calls when it is imported, so that `from_type(Program)` draws programs that are well formed.

It loads the types, a tenth of a second that whoever has this package beside Hypothesis needs anyway, and no strategy:
those are loaded when the first of them is drawn from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def register() -> None:
    """Tell Hypothesis how to draw the types of a prescription."""
    from hypothesis.strategies import register_type_strategy

    for there, name in strategies_by_type().items():
        register_type_strategy(there, _named(name))


def strategies_by_type() -> dict[type, str]:
    """Each type that is registered, with the name of its strategy in scs.testing.strategies."""
    from scs.domain.impedance import Impedances
    from scs.domain.lead import Implant, Lead
    from scs.domain.policy import Policy
    from scs.domain.profile import DeviceProfile
    from scs.domain.program import Burst, ElectrodeConfig, Group, HighRate, Program, Tonic
    from scs.wire.framing import Frame

    return {
        Lead: "leads",
        Implant: "implants",
        ElectrodeConfig: "electrodes",
        Tonic: "tonic_waveforms",
        Burst: "burst_waveforms",
        HighRate: "high_rate_waveforms",
        Program: "programs",
        Group: "groups",
        DeviceProfile: "profiles",
        Policy: "policies",
        Impedances: "impedances",
        Frame: "frames",
    }


def _named(name: str) -> Callable[[Any], SearchStrategy[Any]]:
    def load(_type: Any) -> SearchStrategy[Any]:
        from scs.testing import strategies

        found: SearchStrategy[Any] = getattr(strategies, name)()
        return found

    return load
