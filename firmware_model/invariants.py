"""What is true of an implant between any two steps, whatever came over the link and whatever fell due.

It is asked at the end of each step, so the members of enums are named once here: a name of a module is found several
times as fast.
"""

from __future__ import annotations

from firmware_model.parts import Parts
from firmware_model.store import KEPT_MODES
from scs.domain.status import Fault, Mode

_THERAPY, _MEASURING, _SAFE, _IDLE, _UNPROGRAMMED = (
    Mode.THERAPY, Mode.MEASURING, Mode.SAFE, Mode.IDLE, Mode.UNPROGRAMMED,
)  # fmt: skip
_NO_FAULT = Fault.NONE


def check_invariants(parts: Parts) -> None:
    """Fail by an assertion when the mode does not say what the implant does."""
    mode = parts.modes.mode
    is_running = parts.therapy.group is not None
    # Stimulation without a mode that says so would be invisible to whoever asks.
    assert is_running == (mode is _THERAPY), f"therapy is {parts.therapy.state.name} in {mode.name}"
    assert is_running or parts.stimulator.is_idle, "nothing falls due while therapy is off"
    assert (parts.interlocks.fault is not _NO_FAULT) == (mode is _SAFE), "a fault is latched exactly in SAFE"
    assert (parts.impedance.next_due() is not None) == (mode is _MEASURING), "MEASURING measures"
    image = parts.store.image
    if mode is _IDLE or mode is _UNPROGRAMMED:
        assert (mode is _IDLE) == bool(image.groups), "IDLE holds a group"
    if mode is not _SAFE:
        # If this is not true, a reset would take an implant in a scanner out of its mode, or put one back into it.
        assert image.kept == (mode if mode in KEPT_MODES else None), "MRI and STORAGE outlast a reset"
