"""How long commands take from start to end as whole processes, beside bare imports of what they are built on."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.pairing import BenchRow, duration_row

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "examples" / "tonic-default.toml"
TARGET = 3.0
"""`scs check` of one file and `scs --help` should each stay under three times the bare import."""


def run(repeats: int) -> list[BenchRow]:
    """A row for `scs check` of one file and a row for `scs --help`, in seconds."""
    with tempfile.TemporaryDirectory(prefix="scs-bytecode-") as folder:
        # Whoever installs the project has bytecode; a checkout on a machine that may not write any has none.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)

        def process(*words: str) -> None:
            subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)

        def bare_import() -> None:
            process("-c", "import pydantic")

        peer = 'python -c "import pydantic"'
        return [
            duration_row(
                name,
                lambda words=words: process("-m", "scs.cli", *words),  # type: ignore[misc]
                peer,
                bare_import,
                repeats=repeats,
                target=TARGET,
            )
            for name, words in (
                ("scs check of one file, whole process", ("check", str(PROGRAM))),
                ("scs --help, whole process", ("--help",)),
            )
        ]
