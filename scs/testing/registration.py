"""What Hypothesis calls when it is imported, so that `from_type(Program)` draws programs that are well formed."""

from __future__ import annotations


def register() -> None:
    """Tell Hypothesis how to draw the types of a prescription."""
