"""Every key of a source label stands in docs/sources.md, and every key there is used."""

from __future__ import annotations

import re

from tests.support.sources import ROOT

_LABEL = re.compile(r"\[found2?:([^\]]*)\]|\bfound2?: ((?:[FG]\d+(?:, )?)+)")
_KEY = re.compile(r"\b[FG]\d+\b")


def _used() -> set[str]:
    places = [*(ROOT / "scs").rglob("*.toml"), *(ROOT / "scs").rglob("*.py"), *(ROOT / "examples").rglob("*.*")]
    labels = [match for path in places for match in _LABEL.findall(path.read_text(encoding="utf-8"))]
    return {key for label in labels for part in label for key in _KEY.findall(part)}


def test_every_key_of_a_source_is_explained_and_none_is_idle() -> None:
    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| ([FG]\d+) \|", page, re.MULTILINE))
    assert _used() == explained
