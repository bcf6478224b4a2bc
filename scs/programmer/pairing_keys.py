"""Where a programmer keeps the secrets that it shares with implants: the platform's keyring, or files of its own.

A file is of mode 0600 and one that others may read is refused.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from scs.errors import BadFile, BadQuantity
from scs.wire.access import SECRET_SIZE
from scs.wire.terms import PairRole

PAIR_MAX = 65_535
SERVICE = "scs pairing"
"""What the entries are called in the platform's keyring."""
_SERIAL = re.compile(r"[A-Za-z0-9-]{1,24}")
_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """The number of a pair with one implant, who it was made for, and its key, which stays out of printed forms."""

    pair: int
    role: PairRole
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.pair <= PAIR_MAX or len(self.secret) != SECRET_SIZE:
            raise BadQuantity(
                f"a pair is 1 to {PAIR_MAX} and a secret has {SECRET_SIZE} bytes, not {self.pair} and "
                f"{len(self.secret)}"
            )


class Ring(Protocol):
    """What is used of a keyring backend (package `keyring`)."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


class SecretStore(Protocol):
    """Secrets by the serial number of the implant. Everything raises BadFile for what cannot be read or written."""

    def find(self, serial: str) -> SharedSecret | None:
        """The secret shared with one implant; None when it is not paired."""
        ...

    def keep(self, serial: str, shared: SharedSecret) -> None:
        """Keep a secret in place of the one before it."""
        ...

    def forget(self, serial: str) -> None:
        """Take a secret away; one that is not there is no fault."""
        ...


class RingSecrets:
    """A SecretStore in the platform's keyring."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring

    def find(self, serial: str) -> SharedSecret | None:
        """The secret shared with one implant; None when it is not paired."""
        text = self._ring.get_password(SERVICE, _checked(serial))
        return None if text is None else _read(text, f"keyring entry {SERVICE}, {serial}")

    def keep(self, serial: str, shared: SharedSecret) -> None:
        """Keep a secret in place of the one before it."""
        self._ring.set_password(SERVICE, _checked(serial), _written(shared))

    def forget(self, serial: str) -> None:
        """Take a secret away; one that is not there is no fault."""
        if self._ring.get_password(SERVICE, _checked(serial)) is not None:
            self._ring.delete_password(SERVICE, serial)


class FileSecrets:
    """A SecretStore of one file an implant in a folder of mode 0700."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, serial: str) -> SharedSecret | None:
        """The secret shared with one implant; None when it is not paired. Refuses a file that others may reach."""
        path = self._path(serial)
        try:
            with path.open(encoding="ascii") as file:
                mode = os.fstat(file.fileno()).st_mode & 0o777
                if os.name == "posix" and mode & _OTHERS:
                    raise BadFile(
                        str(path),
                        (f"mode is {mode:04o}: others may reach the secret; chmod 600 it, or better pair again",),
                    )
                text = file.read()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise BadFile(str(path), (f"the secret cannot be read: {error}",)) from error
        return _read(text, str(path))

    def keep(self, serial: str, shared: SharedSecret) -> None:
        """Keep a secret in place of the one before it: the old file or the new one is there, never a part of one."""
        path = self._path(serial)
        fresh = path.with_suffix(f".{secrets.token_hex(4)}.new")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(_written(shared))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise BadFile(str(path), (f"the secret cannot be kept: {error}",)) from error

    def forget(self, serial: str) -> None:
        """Take a secret away; one that is not there is no fault."""
        self._path(serial).unlink(missing_ok=True)

    def _path(self, serial: str) -> Path:
        return self._folder / f"{_checked(serial)}.key"


def key_finder(store: SecretStore) -> Callable[[str], tuple[int, bytes] | None]:
    """What a session asks for the key of an implant, by its serial number."""

    def find(serial: str) -> tuple[int, bytes] | None:
        shared = store.find(serial)
        return None if shared is None else (shared.pair, shared.secret)

    return find


def choose_store(ring: Ring | None, folder: Path) -> SecretStore:
    """The platform's keyring when there is one, else files."""
    return FileSecrets(folder) if ring is None else RingSecrets(ring)


def platform_ring() -> Ring | None:
    """The platform's keyring; None without the extra `keyring`, or where no keyring runs."""
    try:
        import keyring
        from keyring.backends import chainer, fail, null
    except ImportError:
        return None
    ring = keyring.get_keyring()
    if isinstance(ring, fail.Keyring | null.Keyring) or (
        isinstance(ring, chainer.ChainerBackend) and not ring.backends
    ):
        return None
    return ring


def _checked(serial: str) -> str:
    if not _SERIAL.fullmatch(serial):
        raise BadQuantity(f"serial number {serial!r}: 1 to 24 letters, digits and hyphens are allowed")
    return serial


def _written(shared: SharedSecret) -> str:
    return f"{shared.pair} {shared.role.word} {shared.secret.hex()}\n"


def _read(text: str, where: str) -> SharedSecret:
    try:
        pair, role, secret = text.split()
        return SharedSecret(int(pair), PairRole[role.upper()], bytes.fromhex(secret))
    except (ValueError, KeyError):
        # The text may hold most of a secret: no part of it goes into the message, nor into what is chained to it.
        raise BadFile(where, ("this is no pairing secret; pair again",)) from None
