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
        if path is None:
            return
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return
        self.addresses = tuple(line.strip() for line in lines if line.strip())[:RECENT_MAX]

    def answered(self, address: str) -> None:
        """Put an address in front."""
        if self.addresses[:1] == (address,):
            return
        others = (known for known in self.addresses if known != address)
        self.addresses = (address, *others)[:RECENT_MAX]
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text("\n".join(self.addresses) + "\n", encoding="utf-8")
        except OSError:
            return
