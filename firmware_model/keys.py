"""The pairing keys: a region of their own, so that neither a program transfer nor a clinician's order reaches them.

A key belongs to one pair of this implant and a programmer. Beside the keys lies the mark of an implant that is in a
person. No log entry and no text shows a secret.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from firmware_model.regions import KEYS, TwoCopies
from firmware_model.store import Memory
from scs.errors import StoreError
from scs.wire.access import PAIRINGS_MAX, SECRET_SIZE
from scs.wire.terms import PairRole

_KEY = struct.Struct(f"<HB{SECRET_SIZE}s")
_MARK = struct.Struct("<BH")
"""Whether it is implanted, and the number of the pair that was made last."""
PAIR_MAX = 65_535
"""Pairs are numbered in two bytes of a frame's header."""


@dataclass(frozen=True, slots=True)
class PairingKey:
    """The secret of one pair, and who the pair was made for; the secret stays out of every printed form."""

    pair: int
    role: PairRole
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.pair <= PAIR_MAX or len(self.secret) != SECRET_SIZE:
            raise ValueError(
                f"a pair is 1 to {PAIR_MAX} and a secret has {SECRET_SIZE} bytes, not {self.pair} and "
                f"{len(self.secret)}"
            )


class Keys:
    """Reads the keys at boot. `is_damaged`: none could be read, so nobody is paired, and the mark is taken to be set.

    An implant that cannot tell whether it is in a person must not talk in the clear.
    """

    def __init__(self, memory: Memory) -> None:
        self._region = TwoCopies(memory, KEYS, b"KEY2")
        body = self._region.body
        self.repairs = self._region.damaged
        self.is_damaged = body is None and not self._region.was_never_whole
        self.is_implanted, self._newest = self.is_damaged, 0
        self._keys: tuple[PairingKey, ...] = ()
        if body is not None:
            mark, self._newest = _MARK.unpack_from(body)
            self.is_implanted = bool(mark)
            records = _KEY.iter_unpack(body[_MARK.size :])
            self._keys = tuple(PairingKey(pair, PairRole(role), secret) for pair, role, secret in records)

    @property
    def pairs(self) -> tuple[tuple[int, PairRole], ...]:
        """Who is paired, in the order of pairing."""
        return tuple((key.pair, key.role) for key in self._keys)

    @property
    def generation(self) -> int:
        """How often the keys were written."""
        return self._region.generation

    def find(self, pair: int) -> PairingKey | None:
        """The key of one pair; None when there is none."""
        return next((key for key in self._keys if key.pair == pair), None)

    def add(self, role: PairRole, secret: bytes) -> PairingKey:
        """Make a pair with the next number. Raises StoreError when there is no room, or memory fails."""
        if len(self._keys) >= PAIRINGS_MAX:
            raise StoreError(f"{PAIRINGS_MAX} programmers are paired already; take one of them away first")
        pair = self._newest % PAIR_MAX + 1
        while self.find(pair) is not None:
            pair = pair % PAIR_MAX + 1
        key = PairingKey(pair, role, secret)
        self._write((*self._keys, key), pair, is_implanted=self.is_implanted)
        return key

    def remove(self, pair: int) -> None:
        """Take a pair's key away; raises StoreError when there is none, or memory fails.

        Both copies are written: the secret is not to lie in the older one.
        """
        if self.find(pair) is None:
            raise StoreError(f"there is no pair {pair}; nothing was taken away")
        self._write(tuple(key for key in self._keys if key.pair != pair), self._newest, is_implanted=self.is_implanted)
        self._write(self._keys, self._newest, is_implanted=self.is_implanted)

    def mark_implanted(self) -> None:
        """From now on this implant is in a person; raises StoreError. In both copies, as a kept mode is."""
        self._write(self._keys, self._newest, is_implanted=True)
        self._write(self._keys, self._newest, is_implanted=True)

    def wipe(self) -> None:
        """Explanted: no key and no mark any more, in either copy; raises StoreError."""
        self._write((), self._newest, is_implanted=False)
        self._write((), self._newest, is_implanted=False)
        self.is_damaged = False

    def _write(self, keys: tuple[PairingKey, ...], newest: int, *, is_implanted: bool) -> None:
        records = b"".join(_KEY.pack(key.pair, key.role, key.secret) for key in keys)
        self._region.write(_MARK.pack(is_implanted, newest) + records)
        self._keys, self._newest, self.is_implanted = keys, newest, is_implanted
