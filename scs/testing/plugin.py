"""The pytest plugin of the conformance suite. It is loaded by every pytest that finds this package, so it stays light."""

from __future__ import annotations
