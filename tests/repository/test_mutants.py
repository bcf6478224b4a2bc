"""The list of mutants that survive is about code that is there, and gives a reason for each."""

from __future__ import annotations

import ast

import pytest

from tests.support.mutants import Change, change_of, explained
from tests.support.sources import text_of, tree_of

ROWS = explained()
SHOWN = """# scs.domain.charge.x_split_current__mutmut_14: survived
--- scs/domain/charge.py
+++ scs/domain/charge.py
@@ -9,7 +9,7 @@
     for _ in range(amplitude_ua - sum(parts)):
         best = 0
-        for index in range(1, len(parts)):
+        for index in range(len(parts)):
             if permille[index]:
"""


def functions(file: str) -> dict[str, str]:
    """Name, with its class in front of a method's, to text."""
    text, found = text_of(file), {}
    for node in tree_of(file).body:
        inner = [node] if not isinstance(node, ast.ClassDef) else node.body
        for one in inner:
            if isinstance(one, ast.FunctionDef):
                prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
                found[(prefix + one.name).lstrip("_")] = ast.get_source_segment(text, one) or ""
    return found


@pytest.mark.parametrize("change", ROWS, ids=lambda change: f"{change.function}: {change.added}"[:60])
def test_a_listed_mutant_is_of_code_that_stands_there_and_has_a_reason(change: Change) -> None:
    there = functions(change.file)
    assert change.function in there, sorted(there)
    assert " ".join(change.removed.split()) in " ".join(there[change.function].split())
    assert change.removed != change.added
    assert len(ROWS[change]) > 20


def test_a_mutant_is_known_by_its_function_and_its_lines() -> None:
    change = change_of("scs/domain/charge.py", "scs.domain.charge.x_split_current__mutmut_14", SHOWN)
    assert change == Change(
        "scs/domain/charge.py",
        "split_current",
        "for index in range(1, len(parts)):",
        "for index in range(len(parts)):",
    )
    method = change_of("a.py", "a.xǁInterlocksǁ_count__mutmut_5", SHOWN)
    assert method.function == "Interlocks._count"
