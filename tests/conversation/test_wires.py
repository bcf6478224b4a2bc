"""One appointment over every wire: what is confirmed is in force exactly once, whatever the wire does to the bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from firmware_model.store import RamMemory
from scs.clock import Duration
from scs.domain.status import LogKind, Mode, TherapyState
from scs.programmer.client import Client
from tests.support.reference_implant import plain_group, power_on_with
from tests.support.wires import Bedside, Delaying, Duplicating, Flipping, Lossy, OneByteAtATime, Quiet, Wire

WIRES: dict[str, Callable[[int], Wire]] = {
    "quiet": lambda _: Quiet(),
    "one-byte-at-a-time": lambda _: OneByteAtATime(),
    "duplicating": lambda _: Duplicating(),
    **{f"lossy-{seed}": lambda way, seed=seed: Lossy(seed * 2 + way) for seed in range(6)},  # type: ignore[misc]
    **{f"flipping-{seed}": lambda way, seed=seed: Flipping(seed * 2 + way) for seed in range(6)},  # type: ignore[misc]
    **{f"delaying-{seed}": lambda way, seed=seed: Delaying(seed * 2 + way) for seed in range(6)},  # type: ignore[misc]
}


@pytest.mark.hazard("H02")
@pytest.mark.hazard("H15")
@pytest.mark.hazard("H16")
@pytest.mark.req("LK-03", "LK-04")
@pytest.mark.parametrize("wire", WIRES)
def test_every_confirmed_change_is_in_force_exactly_once(wire: str) -> None:
    bedside = Bedside(power_on_with(RamMemory()))
    client = Client.open(bedside.connect(WIRES[wire](0), WIRES[wire](1)), bedside.clock, chance=Random(7))
    group = plain_group()

    written = client.write_group(0, group)
    assert written.held.group == group
    client.start(0)
    client.hold(Duration.of_s(3))
    tried = [client.set_amplitude(0, amplitude_ua) for amplitude_ua in (2_100, 2_200, 2_300)]
    client.stop()
    after = client.status()

    assert [status.targets_ua for status in tried if status.trial] == [
        (amplitude_ua,) for amplitude_ua, status in zip((2_100, 2_200, 2_300), tried, strict=True) if status.trial
    ]
    assert after.therapy is TherapyState.OFF
    assert after.mode is Mode.IDLE
    assert not any(after.delivered_ua)
    assert after.generation == 1
    assert client.read_group(0).group == group
    log = Counter(entry.kind for entry in client.log())
    assert log[LogKind.GROUP_COMMITTED] == 1
    assert log[LogKind.THERAPY_STARTED] == 1
    assert log[LogKind.AMPLITUDE_CHANGED] == 3
    assert log[LogKind.EMERGENCY_STOP] >= 1
