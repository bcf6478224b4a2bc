"""A programmer's pairing secrets: kept where only their owner reads them, whole or not at all, and never printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firmware_model.keys import Keys
from firmware_model.store import RamMemory
from scs.errors import BadFile, BadQuantity
from scs.programmer.pairing_keys import (
    FileSecrets,
    RingSecrets,
    SecretStore,
    SharedSecret,
    choose_store,
    key_finder,
    platform_ring,
)
from scs.wire.terms import PairRole

SERIAL = "SCS-000001"
SHARED = SharedSecret(7, PairRole.CLINICIAN, bytes(range(32)))


class MemoryRing:
    """A keyring that holds its entries in memory."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


@pytest.fixture(params=["files", "keyring"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SecretStore:
    return choose_store(MemoryRing() if request.param == "keyring" else None, tmp_path / "pairing")


def test_a_secret_is_found_again_replaced_and_forgotten(store: SecretStore) -> None:
    assert store.find(SERIAL) is None
    store.keep(SERIAL, SHARED)
    assert store.find(SERIAL) == SHARED
    other = SharedSecret(65_535, PairRole.PATIENT, bytes(32))
    store.keep(SERIAL, other)
    assert store.find(SERIAL) == other
    assert store.find("SCS-000002") is None
    store.forget(SERIAL)
    store.forget(SERIAL)
    assert store.find(SERIAL) is None


@pytest.mark.parametrize("serial", ["", "../keys", "a/b", "x" * 25, "SCS 1"])
def test_a_serial_number_cannot_lead_out_of_the_folder(store: SecretStore, serial: str) -> None:
    with pytest.raises(BadQuantity, match="serial number"):
        store.keep(serial, SHARED)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_file_that_others_may_reach_is_refused(tmp_path: Path, mode: int) -> None:
    store = FileSecrets(tmp_path / "pairing")
    store.keep(SERIAL, SHARED)
    path = tmp_path / "pairing" / f"{SERIAL}.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    path.chmod(mode)
    with pytest.raises(BadFile, match="others may reach"):
        store.find(SERIAL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "7 nobody " + "ab" * 32,
        "x clinician " + "ab" * 32,
        "0 clinician " + "ab" * 32,
        "7 clinician " + "ab" * 31,
    ],
)
def test_a_damaged_secret_is_refused_and_no_part_of_it_is_told(text: str) -> None:
    ring = MemoryRing()
    RingSecrets(ring).keep(SERIAL, SHARED)
    ring.entries = dict.fromkeys(ring.entries, text)
    with pytest.raises(BadFile, match="pair again") as caught:
        RingSecrets(ring).find(SERIAL)
    assert "abab" not in str(caught.value)


def test_a_secret_is_not_printed() -> None:
    assert SHARED.secret.hex() not in repr(SHARED)
    assert repr(SHARED.secret) not in repr(SHARED)


def test_the_programmer_keeps_what_the_implant_gave(store: SecretStore) -> None:
    given = Keys(RamMemory()).add(PairRole.PATIENT, bytes(range(32)))
    store.keep(SERIAL, SharedSecret(given.pair, given.role, given.secret))
    assert key_finder(store)(SERIAL) == (given.pair, given.secret)
    assert key_finder(store)("SCS-000002") is None


def test_a_keyring_that_keeps_nothing_is_none() -> None:
    keyring = pytest.importorskip("keyring")
    from keyring.backends import fail, null

    before = keyring.get_keyring()
    try:
        kinds: tuple[Any, ...] = (fail.Keyring, null.Keyring)
        for kind in kinds:
            keyring.set_keyring(kind())
            assert platform_ring() is None
    finally:
        keyring.set_keyring(before)
