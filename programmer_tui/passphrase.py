"""The words that open a locked programmer: kept as a salted hash in a file that only its owner reads."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

SHORTEST = 6
"""Letters of a passphrase [project]; the hash makes each guess at the file cost a twentieth of a second."""
_COST, _BLOCK, _LANES = 2**14, 8, 1
"""scrypt's parameters for what somebody waits for [R: Percival's recommendation of 2009, recalled]: 16 MB a guess."""
_SALT = 16


class Passphrase:
    """One person's words, or none. Without a path they are kept while the programmer runs."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._kept = ""

    @property
    def is_set(self) -> bool:
        """Whether there are words. A file that cannot be read counts: what is unreadable opens nothing."""
        return bool(self._kept) or (self._path is not None and self._path.exists())

    def is_right(self, words: str) -> bool:
        """Whether these are the words. Takes some fifty milliseconds."""
        salt, _, digest = self._stored().partition(":")
        if not digest:
            return False
        try:
            return hmac.compare_digest(_digest(words, bytes.fromhex(salt)), digest)
        except ValueError:
            return False

    def keep(self, words: str) -> str:
        """Have these from now on; why not, or nothing."""
        if len(words) < SHORTEST:
            return f"{len(words)} letters are too few; use at least {SHORTEST}"
        salt = secrets.token_bytes(_SALT)
        text = f"{salt.hex()}:{_digest(words, salt)}"
        if self._path is None:
            self._kept = text
            return ""
        draft = self._path.with_suffix(".draft")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(text + "\n")
            draft.replace(self._path)
        except OSError as error:
            return f"{self._path}: {error.strerror or error}; the former words stay"
        return ""

    def _stored(self) -> str:
        if self._path is None:
            return self._kept
        try:
            return self._path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""


def _digest(words: str, salt: bytes) -> str:
    return hashlib.scrypt(words.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES).hex()
