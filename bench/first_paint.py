"""How long the programmer takes from its start to the first picture, beside the bare import of Textual."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from bench.at_a_terminal import ROOT, at_a_terminal, read_until
from bench.pairing import BenchRow, duration_row

PAINTED = b"never for clinical use"
"""Stands on every screen, in its last line but one: once it is there, the picture is."""
TARGET = 2.5
"""The first picture should take at most this many times the bare import."""


def run(repeats: int) -> list[BenchRow]:
    """One row: seconds from the start of the process to the first picture, on a pseudo-terminal of 80 × 24."""
    if not hasattr(os, "openpty"):
        return []
    with tempfile.TemporaryDirectory(prefix="scs-first-paint-") as folder:
        # Whoever installs the project has bytecode; a checkout on a machine that may not write any has none.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)

        def bare_import() -> None:
            subprocess.run([sys.executable, "-c", "import textual.app"], cwd=ROOT, env=environment, check=True)

        return [
            duration_row(
                "scs programmer, start to first paint",
                lambda: first_paint(environment),
                'python -c "import textual.app"',
                bare_import,
                repeats=repeats,
                target=TARGET,
            )
        ]


def first_paint(environment: dict[str, str]) -> None:
    """Start the programmer on a pseudo-terminal, read until the picture is there, and end it."""
    with at_a_terminal(["-m", "scs.cli", "programmer"], environment) as terminal:
        read_until(terminal, lambda seen: PAINTED in seen)
