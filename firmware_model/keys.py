"""The pairing keys: a region of their own, so that neither a program transfer nor a clinician's order reaches them.

A key belongs to one programmer. Nothing on the wire reads or writes them, and no log entry or text shows a secret.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from firmware_model.regions import KEYS, TwoCopies
from firmware_model.store import Memory
from scs.errors import StoreError

KEYS_MAX = 4
"""Programmers that can be paired at a time: two of the clinic, the patient's remote and a spare one [project]."""
OWNER_SIZE = 8
SECRET_SIZE = 32
"""256 bits [project]."""
_KEY = struct.Struct(f"<{OWNER_SIZE}s{SECRET_SIZE}s")


@dataclass(frozen=True, slots=True)
class PairingKey:
    """The secret that is shared with one programmer; it stays out of every printed form."""

    owner: bytes
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.owner) != OWNER_SIZE or len(self.secret) != SECRET_SIZE:
            raise ValueError(
                f"an owner has {OWNER_SIZE} bytes and a secret {SECRET_SIZE}, not {len(self.owner)} "
                f"and {len(self.secret)}"
            )


class Keys:
    """Reads the keys at boot. `is_damaged`: none could be read, so nobody is paired."""

    def __init__(self, memory: Memory) -> None:
        self._region = TwoCopies(memory, KEYS, b"KEYS")
        body = self._region.body or b""
        self.repairs = self._region.damaged
        self.is_damaged = self._region.body is None and not self._region.was_never_whole
        self._keys = tuple(PairingKey(owner, secret) for owner, secret in _KEY.iter_unpack(body))

    @property
    def owners(self) -> tuple[bytes, ...]:
        """Who is paired, in the order of pairing."""
        return tuple(key.owner for key in self._keys)

    @property
    def generation(self) -> int:
        """How often the keys were written."""
        return self._region.generation

    def find(self, owner: bytes) -> PairingKey | None:
        """The key of one programmer; None when it is not paired."""
        return next((key for key in self._keys if key.owner == owner), None)

    def add(self, key: PairingKey) -> None:
        """Pair a programmer, or give it another secret. Raises StoreError when there is no room, or memory fails."""
        kept = tuple(known for known in self._keys if known.owner != key.owner)
        if len(kept) >= KEYS_MAX:
            raise StoreError(f"{KEYS_MAX} programmers are paired already; take one of them away first")
        self._write((*kept, key))

    def remove(self, owner: bytes) -> None:
        """Take a programmer's key away; raises StoreError when it has none, or memory fails.

        Both copies are written: the secret is not to lie in the older one.
        """
        if self.find(owner) is None:
            raise StoreError(f"programmer {owner.hex()} is not paired; nothing was taken away")
        self._write(tuple(key for key in self._keys if key.owner != owner))
        self._write(self._keys)

    def _write(self, keys: tuple[PairingKey, ...]) -> None:
        self._region.write(b"".join(_KEY.pack(key.owner, key.secret) for key in keys))
        self._keys = keys
