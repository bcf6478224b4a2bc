"""Plans as TOML text: a seed that failed is kept with the faults that it needs, and a test plays it again."""

from __future__ import annotations

import json
from typing import Any

from scs.domain.file_tree import Tree, bad_file, read_tree
from scs.simulation.intruder import ATTEMPTS
from scs.simulation.plan import FAMILY_OF, LINK, MENDABLE, PEOPLE, PROFILES, VISIT, Plan, Row

FORMAT = "scs-simulation/1"
KINDS = (VISIT, LINK, *PEOPLE, *ATTEMPTS, *FAMILY_OF)


def write_plan(plan: Plan, words: str) -> str:
    """The text of a file; `words` say what it shows."""
    lines = [
        f'format = "{FORMAT}"',
        f"title = {json.dumps(words, ensure_ascii=False)}",
        f"seed = {plan.seed}",
        f'profile = "{plan.profile_id}"',
        f"length_us = {plan.length_us}",
        *(["sealed = true"] if plan.is_sealed else []),
    ]
    for row in plan.rows:
        lines += ["", "[[row]]", f"number = {row.number}", f"at_us = {row.at_us}", f'kind = "{row.kind}"']
        lines += [f"lasts_us = {row.lasts_us}"] if row.lasts_us else []
        lines += [f"told = {_inline(row.told)}"] if row.told else []
    return "\n".join(lines) + "\n"


def read_plan(path: str, text: str) -> Plan:
    """Read a file; raises BadFile with every problem that there is."""
    tree = read_tree(path, text)
    problems: list[str] = []
    if tree.get("format") != FORMAT:
        problems.append(f'format: write format = "{FORMAT}" on the first line')
    known = {"format", "title", "seed", "profile", "length_us", "sealed", "row"}
    problems += [f"{name}: no such key; a plan has {', '.join(sorted(known))}" for name in sorted(tree.keys() - known)]
    for name in ("seed", "length_us"):
        if not _is_count(tree.get(name)):
            problems.append(f"{name}: write a whole number, 0 or more")
    if not isinstance(tree.get("sealed", False), bool):
        problems.append("sealed: write true or false")
    if tree.get("profile") not in PROFILES:
        problems.append(f"profile: write one of {', '.join(sorted(set(PROFILES)))}")
    rows = tree.get("row", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        problems.append("row: write tables, each under [[row]]")
        rows = []
    for place, row in enumerate(rows, 1):
        problems += [f"row {place}: {problem}" for problem in _row_problems(row)]
    if problems:
        raise bad_file(path, problems)
    ordered = tuple(_row(row) for row in rows)
    return Plan(tree["seed"], tree["profile"], tree["length_us"], ordered, tree.get("sealed", False))


def _row(row: Tree) -> Row:
    return Row(row["number"], row["at_us"], row["kind"], row.get("lasts_us", 0), row.get("told", {}))


def _row_problems(row: Tree) -> list[str]:
    problems = [f"{name}: no such key" for name in sorted(row.keys() - {"number", "at_us", "kind", "lasts_us", "told"})]
    problems += [
        f"{name}: write a whole number, 0 or more" for name in ("number", "at_us") if not _is_count(row.get(name))
    ]
    if row.get("kind") not in KINDS:
        problems.append(f"kind: {row.get('kind')!r} is none of {', '.join(KINDS)}")
    elif "lasts_us" in row and (not _is_count(row["lasts_us"]) or row["kind"] not in {*MENDABLE, LINK, "magnet"}):
        problems.append(f"lasts_us: {row['kind']} happens in an instant, or this is no whole number; leave it out")
    return problems


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _inline(told: dict[str, Any]) -> str:
    return "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in told.items()) + " }"
