"""A programmer that is killed while it pairs leaves no pair in the implant that the next one does not tell of."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from firmware_model.device import Device
from scs.clock import Duration
from scs.errors import Refused
from scs.programmer.client import Client
from scs.programmer.pairing import NewPair, Pairing, pair, take_back
from scs.programmer.unresolved import Notes
from scs.testing.direct_link import DeviceClock, DirectLink
from scs.wire.terms import PairRole
from tests.support.sealed import SERIAL, a_sealed_device, hold_magnet, key_of

NOW = "2026-03-01T10:00:00Z"
KILLED_UNTIL = 8
"""Reads and writes after which it is killed; a whole pairing has one fewer."""


class _Killed(BaseException):
    """Nothing of the process goes on."""


class Dying(DirectLink):
    """The programmer behind it is killed at a read or write."""

    def __init__(self, device: Device, acts: int) -> None:
        super().__init__(device)
        self.left = acts

    def _live(self) -> None:
        if self.left == 0:
            raise _Killed
        self.left -= 1

    def read(self, timeout: Duration) -> bytes:
        self._live()
        return super().read(timeout)

    def write(self, data: bytes) -> None:
        super().write(data)
        self._live()


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path / "notes", now=lambda: NOW)


def pairs_of(device: Device) -> int:
    return len(device.parts.keys.pairs)


def begin(device: Device, notes: Notes, link: DirectLink | None = None) -> NewPair:
    hold_magnet(device)
    window = device.gate.window
    assert window is not None, "a magnet was held"
    pairing = Pairing(window.secret, PairRole.CLINICIAN, None, Random(2), Random(3).randbytes)
    return pair(link or DirectLink(device), DeviceClock(device), pairing, notes=notes)


def another(device: Device, notes: Notes) -> Client:
    """The next programmer of the same person, who was paired before."""
    keys = {SERIAL: (1, key_of(1))}
    return Client.open(
        DirectLink(device), DeviceClock(device), chance=Random(pairs_of(device)), find_key=keys.get, notes=notes
    )


@pytest.mark.hazard("H43")
@pytest.mark.req("PR-11", "PR-21")
@pytest.mark.parametrize("acts", range(KILLED_UNTIL))
def test_wherever_a_programmer_is_killed_the_next_one_tells_of_a_pair_that_it_left(notes: Notes, acts: int) -> None:
    device = a_sealed_device()
    dying = Dying(device, acts)
    with suppress(_Killed):
        begin(device, notes, dying)
    assert dying.left == 0 or acts == KILLED_UNTIL - 1, "all but the last are killed in the middle of it"
    with another(device, notes) as client:
        told = client.unresolved()
        assert len(told) == 1 or pairs_of(device) == 1
        assert all(sentence.startswith(NOW) and "scs device" in sentence for sentence in told)
        client.settle_unresolved()
        assert client.unresolved() == ()


@pytest.mark.req("PR-11")
def test_a_pair_that_was_made_is_told_by_its_number_until_it_is_taken_away(notes: Notes) -> None:
    device = a_sealed_device()
    made = begin(device, notes)
    with another(device, notes) as client:
        (sentence,) = client.unresolved()
        assert f"made pair {made.shared.pair}, and nobody has compared its words" in sentence
        assert f"scs device unpair {made.shared.pair}" in sentence
        client.unpair(made.shared.pair)
        assert client.unresolved() == ()
    assert pairs_of(device) == 1


def test_a_pair_that_is_taken_back_or_kept_or_was_refused_is_not_told(notes: Notes) -> None:
    device = a_sealed_device()
    take_back(DirectLink(device), DeviceClock(device), begin(device, notes), notes)
    assert notes.left_pairs(SERIAL) == ()

    kept = begin(device, notes)
    notes.settle_pair(SERIAL, kept.shared.pair)
    assert notes.left_pairs(SERIAL) == ()

    full = a_sealed_device(roles=(PairRole.CLINICIAN,) * 6)
    with pytest.raises(Refused, match="6 programmers are paired already"):
        begin(full, notes)
    assert notes.left_pairs(SERIAL) == ()
