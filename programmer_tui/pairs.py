"""Which implants this programmer shares a key with, and who each pair was made for. No screen is imported here.

Keys of a demonstration are kept while the programmer runs and reach no store. A programmer without a store talks in the
clear, which only an implant on the bench accepts; there is no way from the one to the other while it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from scs.programmer.pairing_keys import SecretStore, SharedSecret, key_finder
from scs.wire.terms import PairRole

if TYPE_CHECKING:
    from scs.programmer.sealed_link import FindKey

AskBench = Callable[[str, Mapping[str, object]], dict[str, Any]]
"""Gives an order to the test bench whose door is at a path, and brings its answer; raises ScsError."""
HOLD: Mapping[str, object] = {"do": "magnet", "for": "2500 ms"}
"""The order to hold the magnet: the gesture takes two seconds (docs/protocol.md 12.4)."""


class Pairs:
    """By the serial number of the implant. Whatever reads or writes the store raises BadFile, and may take its time."""

    def __init__(self, store: SecretStore | None = None) -> None:
        self._store = store
        self._passing: dict[str, SharedSecret] = {}
        self._roles: dict[str, PairRole | None] = {}
        """What was found in the store: a platform's keyring is not to be asked twice a second."""

    @property
    def is_in_the_clear(self) -> bool:
        """Whether this programmer has no keys at all and talks in the clear."""
        return self._store is None

    @property
    def find_key(self) -> FindKey | None:
        """What a session is given; None in the clear."""
        return None if self._store is None else key_finder(self)

    def find(self, serial: str) -> SharedSecret | None:
        """The secret that is shared with one implant; None when it is not paired."""
        shared = self._passing.get(serial)
        if shared is None and self._store is not None:
            shared = self._store.find(serial)
        self._roles[serial] = None if shared is None else shared.role
        return shared

    def role(self, serial: str) -> PairRole | None:
        """Who the pair with one implant was made for; None when it is not paired."""
        if serial not in self._roles:
            self.find(serial)
        return self._roles[serial]

    def keep(self, serial: str, shared: SharedSecret) -> None:
        """Keep a secret for good, in place of the one before it."""
        assert self._store is not None, "a programmer in the clear pairs with nobody"
        self._store.keep(serial, shared)
        self._passing.pop(serial, None)
        self._roles[serial] = shared.role

    def keep_while_running(self, serial: str, shared: SharedSecret) -> None:
        """Keep the secret of a demonstration, which ends with this programmer."""
        self._passing[serial] = shared
        self._roles[serial] = shared.role

    def forget(self, serial: str) -> None:
        """Take a secret away; one that is not there is no fault."""
        self._passing.pop(serial, None)
        if self._store is not None:
            self._store.forget(serial)
        self._roles[serial] = None
