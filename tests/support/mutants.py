"""What mutmut has found, held against docs/mutants.toml: the score of each file, and survivors that nobody explains.

`make mutants` runs mutmut and then this. A survivor is listed with the reason why it is no fault of the tests: mostly
it behaves like the original. Rows name the change itself, for numbers of mutants move with every edit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.support.sources import ROOT, text_of

SCORE_LEAST = 98.0
FOUND = frozenset({1, 3, 36, 24, -24, 152, 255})
"""Exit codes of mutmut 3 for a mutant that a test failed on, or that never ended."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One mutant: the function, the line that was, and the line that stands there instead."""

    file: str
    function: str
    removed: str
    added: str


def explained() -> dict[Change, str]:
    """The listed survivors with their reasons."""
    rows = tomllib.loads(text_of("docs/mutants.toml")).get("survivor", [])
    return {Change(row["file"], row["function"], row["removed"], row["added"]): row["reason"] for row in rows}


def results(folder: Path) -> dict[str, dict[str, int | None]]:
    """File to mutant to exit code, as mutmut left them."""
    found = {}
    for path in sorted(folder.rglob("*.meta")):
        name = path.relative_to(folder).as_posix().removesuffix(".meta")
        found[name] = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def change_of(file: str, mutant: str, diff: str) -> Change:
    """What a mutant changes, from the diff that mutmut shows."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "@@", "#"))]
    removed = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    added = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    function = mutant.rsplit("__mutmut", 1)[0].rsplit(".", 1)[-1].replace("ǁ", ".").removeprefix("x").lstrip("_.")
    return Change(file, function, removed, added)


def main() -> int:
    """Print scores and what is not explained; 1 when a score is too low or the list is not that of the survivors."""
    known, seen, problems = explained(), set[Change](), []
    for file, codes in results(ROOT / "mutants").items():
        if not codes:
            continue
        count: Counter[str] = Counter("found" if code in FOUND else "survived" for code in codes.values())
        score = 100 * count["found"] / len(codes)
        sys.stdout.write(f"{file}: {count['found']} of {len(codes)} mutants are found, {score:.1f} %\n")
        if score < SCORE_LEAST:
            problems.append(f"{file}: {score:.1f} % is below {SCORE_LEAST} %")
        for mutant, code in codes.items():
            if code in FOUND:
                continue
            change = change_of(file, mutant, _shown(mutant))
            seen.add(change)
            if change not in known:
                problems.append(f"{change.function}: survives unexplained\n  - {change.removed}\n  + {change.added}")
    problems += [
        f"{change.function}: is listed and does not survive\n  + {change.added}" for change in known.keys() - seen
    ]
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    return int(bool(problems))


def _shown(mutant: str) -> str:
    command = [str(Path(sys.executable).with_name("mutmut")), "show", mutant]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
