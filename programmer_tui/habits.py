"""How a person likes the programmer: theme and keys, and where the theme is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from programmer_tui.passphrase import Passphrase
from programmer_tui.themes import DEFAULT, THEMES


class RememberedTheme:
    """The theme that was chosen last, in a small file of this person's; None remembers while the programmer runs."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path

    def name(self) -> str:
        """The remembered theme, or the default where none was chosen or the file holds no name of one."""
        if self._path is None:
            return DEFAULT
        try:
            said = self._path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return DEFAULT
        return said if said in THEMES else DEFAULT

    def keep(self, name: str) -> None:
        """Write it down. A file that cannot be written costs only the remembering."""
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(f"{name}\n", encoding="utf-8")
        except OSError:
            return


@dataclass(frozen=True, slots=True)
class Habits:
    """What the command line and a person's files say."""

    theme: str = ""
    """Of this run; the remembered one where it is empty."""
    remembered: RememberedTheme = field(default_factory=RememberedTheme)
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Action id to keys, as keymap.py reads them."""
    passphrase: Passphrase = field(default_factory=Passphrase)
    """What opens the programmer when it has locked itself."""

    @property
    def first_theme(self) -> str:
        return self.theme or self.remembered.name()
