"""The memory behind its error correction: what is read has been put right word by word, as far as that can be done.

The check bits lie in a region of their own. A word that cannot be put right is given as it is: whether it belongs to
anything whole is for the CRC of its record to say. So is a word whose check bits were not written any more when the
power went; the record of a write that was not finished is not believed anyhow.
"""

from __future__ import annotations

import re
from weakref import WeakKeyDictionary

from firmware_model.secded import WORD, agree, checks_of, corrected
from firmware_model.store import CHECKS_AT, WORDS_END, Memory
from scs.errors import StoreError

MAGIC = b"SECDED-1"
"""In front of the check bits: all of them are there. Without it they are worked out from what the memory holds."""
FIRST_CHECK = CHECKS_AT + len(MAGIC)
PIECE = 4_096
_BLANK = (bytes(PIECE), bytes(PIECE // WORD))
"""A piece that nobody has written to: the check of zeros is zero."""
_NOT_ZERO = re.compile(rb"[^\0]")
_CLEAN: WeakKeyDictionary[CorrectedMemory, dict[int, tuple[bytes, bytes]]] = WeakKeyDictionary()
"""Pieces and their checks as they were when they agreed, by where they begin: what is still the same to the last bit
agrees still. It is beside the implants and no part of them."""


class CorrectedMemory:
    """A memory of 64-bit words, each with its check. Counts are since power-on."""

    def __init__(self, behind: Memory) -> None:
        self._behind = behind
        self.corrected = 0
        """Bits that were put right."""
        self.uncorrectable = 0
        """Words that were found with more than one bit wrong, each as often as it was read."""
        self._has_checks = behind.read(CHECKS_AT, len(MAGIC)) == MAGIC
        """Until `begin` a memory without the mark is read and written as it is."""

    def begin(self) -> None:
        """Work out the checks of a memory that has none yet, from a former version or new; the mark comes last.

        Whoever calls this knows that the memory is an implant's own: another one is to be left as it is.
        """
        if self._has_checks:
            return
        try:
            for offset in range(0, WORDS_END, PIECE):
                first, words, checks = self._piece(offset)
                if not agree(words, checks):
                    self._behind.write(FIRST_CHECK + first // WORD, checks_of(words))
            self._behind.write(CHECKS_AT, MAGIC)
        except StoreError:
            # Nothing is corrected then, and whoever writes next is told by the memory itself.
            return
        self._has_checks = True

    def read(self, offset: int, length: int) -> bytes:
        """Put what is wrong in the memory right in passing."""
        if not self._has_checks or not length:
            return self._behind.read(offset, length)
        first, words, checks = self._words(offset, length)
        if not agree(words, checks):
            words = self._put_right(first, words, checks)
        return words[offset - first : offset - first + length]

    def write(self, offset: int, data: bytes) -> None:
        """Raises StoreError where the memory does; the check bits come after what they check."""
        if not self._has_checks:
            self._behind.write(offset, data)
            return
        first, end = offset - offset % WORD, offset + len(data)
        # What lies beside the data in its first and last word is kept, and is put right in passing.
        before = self.read(first, offset - first) if offset > first else b""
        behind = self.read(end, -end % WORD) if end % WORD else b""
        self._behind.write(offset, data)
        self._behind.write(FIRST_CHECK + first // WORD, checks_of(before + data + behind))

    def flush(self) -> None:
        self._behind.flush()

    @property
    def is_clean(self) -> bool:
        """Whether every word agrees with its check. Changes and counts nothing."""
        if not self._has_checks:
            return True
        known = _CLEAN.setdefault(self, {})
        for offset in range(0, WORDS_END, PIECE):
            _, words, checks = self._piece(offset)
            if known.get(offset, _BLANK) == (words, checks):
                continue
            if not agree(words, checks):
                return False
            known[offset] = (words, checks)
        return True

    def scrub(self) -> None:
        """Read all of the memory, so that wrong bits do not gather until a word has two."""
        for offset in range(0, WORDS_END, PIECE):
            self.read(offset, min(PIECE, WORDS_END - offset))

    def _piece(self, offset: int) -> tuple[int, bytes, bytes]:
        return self._words(offset, min(PIECE, WORDS_END - offset))

    def _words(self, offset: int, length: int) -> tuple[int, bytes, bytes]:
        """Where the words begin that hold these bytes, the words, and their checks, all as they are."""
        assert 0 <= offset <= offset + length <= WORDS_END, "what is corrected lies in front of the check bits"
        first = offset - offset % WORD
        size = -(-(offset + length - first) // WORD) * WORD
        return first, self._behind.read(first, size), self._behind.read(FIRST_CHECK + first // WORD, size // WORD)

    def _put_right(self, first: int, words: bytes, checks: bytes) -> bytes:
        whole = bytearray(words)
        wanted = checks_of(words)
        for number in _differing(checks, wanted):
            at = number * WORD
            right = corrected(words[at : at + WORD], checks[number])
            if right is None:
                self.uncorrectable += 1
                continue
            self.corrected += 1
            whole[at : at + WORD] = right[0]
            self._keep(first + at, words[at : at + WORD], *right)
        return bytes(whole)

    def _keep(self, address: int, was: bytes, word: bytes, check: int) -> None:
        """Write a word that was put right; a memory that takes it no more is read right all the same."""
        try:
            if word != was:
                self._behind.write(address, word)
            else:
                self._behind.write(FIRST_CHECK + address // WORD, bytes([check]))
        except StoreError:
            return


def _differing(checks: bytes, wanted: bytes) -> list[int]:
    """Where two equally long rows of bytes differ: all at once, for one boot looks at every word there is."""
    difference = int.from_bytes(checks, "little") ^ int.from_bytes(wanted, "little")
    return [found.start() for found in _NOT_ZERO.finditer(difference.to_bytes(len(checks), "little"))]
