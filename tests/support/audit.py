"""`make audit`: asks a public database about what `scs` needs to run, and says in a sentence what came of it.

A database that cannot be reached, or knows nothing of a package, is no clean bill: both end with an error. What follows
`--` goes to pip-audit, such as `--vulnerability-service osv` for another database.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.support.bill_of_materials import pins

CLEAN, VULNERABLE, NOT_ASKED = 0, 1, 2
NAMED_MAX = 5
"""Packages that were not audited and are named; the others are counted."""
COMMAND = (
    "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json",
)  # fmt: skip


def judged(report: str, asked: int) -> tuple[int, str]:
    """(exit code, what to say) of what pip-audit printed as JSON about so many packages."""
    try:
        rows = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return NOT_ASKED, "nothing was audited: the database of advisories gave no answer; try again with the network"
    skipped = [row["name"] for row in rows if "skip_reason" in row]
    known = [row for row in rows if row.get("vulns")]
    lines = [
        f"{row['name']} {row['version']}: {vulnerability['id']}; take {' or '.join(vulnerability['fix_versions'])}"
        if vulnerability["fix_versions"]
        else f"{row['name']} {row['version']}: {vulnerability['id']}; there is no version without it yet"
        for row in known
        for vulnerability in row["vulns"]
    ]
    if skipped or len(rows) != asked:
        named = ", ".join(skipped[:NAMED_MAX]) or "no answer"
        more = f" and {len(skipped) - NAMED_MAX} others" if len(skipped) > NAMED_MAX else ""
        lines.append(
            f"{asked - len(rows) + len(skipped)} of {asked} packages were not audited, because the package index here "
            f"has no advisories about them: {named}{more}; ask one that has, such as pypi.org"
        )
        return (VULNERABLE if known else NOT_ASKED), "\n".join(lines)
    if known:
        return VULNERABLE, "\n".join([*lines, f"{len(known)} of {asked} packages have known vulnerabilities"])
    return CLEAN, f"{asked} packages, no known vulnerability"


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask about every package that is needed; 0 when all were asked about and nothing is known against them."""
    more = list(sys.argv[1:] if arguments is None else arguments)
    pinned = pins()
    with tempfile.TemporaryDirectory(prefix="scs-audit-") as folder:
        path = Path(folder) / "pins.txt"
        path.write_text(pinned, encoding="utf-8")
        command = [sys.executable, *COMMAND, "--requirement", str(path), *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    code, said = judged(done.stdout, len(pinned.splitlines()))
    if "No module named pip_audit" in done.stderr:
        said = "nothing was audited: pip-audit is not installed; `make audit` installs it"
    sys.stderr.write(f"{said}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
