"""Tables that come with the package."""

from __future__ import annotations

from importlib import resources
from typing import Any


def shipped(name: str) -> dict[str, Any]:
    """The table data/`name`, a TOML file of this package."""
    # The programmer paints its first picture without a table, and the module takes 20 ms to load.
    import tomllib

    return tomllib.loads(resources.files("scs.domain").joinpath("data", name).read_text(encoding="utf-8"))
