"""The same targets with atheris, which is led by the coverage of our own code (https://github.com/google/atheris).

It takes the process over and never comes back, so it is one of its own: `python -m scs.testing.fuzz.with_atheris
TARGET FOLDER [libFuzzer's options]`. What is new in coverage is kept in FOLDER.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from scs.errors import BadPrescription, ScsError
from scs.testing.fuzz.runner import HANG_S, Finding, Report
from scs.testing.fuzz.target import Target

INSTALL = "coverage-guided fuzzing needs atheris, on Linux with Python 3.11 to 3.13: pip install 'scs[fuzz]'"
MEMORY_MB = 2_048
"""The most that libFuzzer lets an input take."""
INPUT_MAX = 4_096
"""Bytes of an input that coverage leads to; longer ones find nothing that these do not."""
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


def run_atheris(target: Target, table: str, runs: int, seed: int, folder: Path) -> Report:
    """Fuzz `target`, which stands in the module `table`, in a process of its own; what is new is kept in `folder`.

    Raises BadPrescription where atheris is not installed.
    """
    if find_spec("atheris") is None:
        raise BadPrescription(INSTALL)
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.seeds()):
        (folder / f"seed-{number:02}").write_bytes(data[:INPUT_MAX])
    crashes = folder.with_name(f"{folder.name}-found")
    crashes.mkdir(exist_ok=True)
    earlier = set(crashes.iterdir())
    options = (
        f"-runs={runs}", f"-seed={seed}", f"-max_len={INPUT_MAX}", f"-timeout={HANG_S:.0f}",
        f"-rss_limit_mb={MEMORY_MB}", "-print_final_stats=1", f"-artifact_prefix={crashes}/",
    )  # fmt: skip
    command = [sys.executable, "-m", "scs.testing.fuzz.with_atheris", table, target.name, str(folder), *options]
    run = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    report = Report(target.name, target.unit, "atheris")
    executed = _EXECUTED.search(run.stderr)
    report.inputs = report.units = int(executed[1]) if executed else 0
    for file in sorted(set(crashes.iterdir()) - earlier):
        report.findings.append(Finding(f"{file.name[:40]}: {_last_error(run)}", _last_error(run), file.read_bytes()))
    if run.returncode and not report.findings:
        report.findings.append(Finding("the fuzzer ended early", run.stderr[-600:], b""))
    if not earlier and not report.findings:
        crashes.rmdir()
    return report


def _last_error(run: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in run.stdout.splitlines() + run.stderr.splitlines() if "Error" in line or "Hang" in line]
    return lines[0].strip() if lines else f"exit code {run.returncode}"


def main(arguments: Sequence[str]) -> None:
    """Fuzz for ever, or as often as -runs says. Ends the process."""
    import atheris

    table, name, *rest = arguments
    with atheris.instrument_imports(include=["scs", "firmware_model", "programmer_tui"]):
        targets: Sequence[Target] = import_module(table).TARGETS
    (target,) = (one for one in targets if one.name == name)
    feed = target.prepare()

    def one(data: bytes) -> None:
        try:
            feed(data)
        except ScsError:
            return

    atheris.Setup([sys.argv[0], *rest], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
