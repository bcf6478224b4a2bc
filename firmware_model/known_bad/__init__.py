"""Implants that are wrong on purpose, one fault each, for trying a test suite: one that catches them can be believed.

None of this runs unless somebody asks for it by name, and the code of the real implant knows nothing of it. Never for
clinical use, and these least of all.
"""

from __future__ import annotations

from firmware_model.known_bad.fault import KnownBad
from firmware_model.known_bad.table import KNOWN_BAD, find_known_bad

__all__ = ["KNOWN_BAD", "KnownBad", "find_known_bad"]
