"""The addresses that answered lately, newest first, in a small file of this person's. Losing it loses nothing else."""

from __future__ import annotations

from pathlib import Path

RECENT_MAX = 5
"""As many as a glance takes in."""


class RecentAddresses:
    """`path` None keeps them only while the programmer runs, and so does a file that cannot be written."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.addresses: tuple[str, ...] = ()
        self.serials: dict[str, str] = {}
        """By the address, the serial number of the implant that answered there."""
        if path is None:
            return
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return
        told = [line.partition("\t") for line in lines if line.strip()][:RECENT_MAX]
        self.addresses = tuple(address.strip() for address, _, _ in told)
        self.serials = {address.strip(): serial.strip() for address, _, serial in told if serial.strip()}

    def answered(self, address: str, serial: str = "") -> None:
        """Put an address in front, with who answered."""
        if self.addresses[:1] == (address,) and self.serials.get(address, "") == serial:
            return
        others = (known for known in self.addresses if known != address)
        self.addresses = (address, *others)[:RECENT_MAX]
        named = {**self.serials, address: serial}
        self.serials = {known: named[known] for known in self.addresses if named.get(known)}
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lines = (f"{known}\t{self.serials.get(known, '')}".rstrip() for known in self.addresses)
            self._path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        except OSError:
            return
