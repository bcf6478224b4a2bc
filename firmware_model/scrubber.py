"""Reads all of the memory every so often, so that a wrong bit is put right before its word has a second one."""

from __future__ import annotations

from firmware_model.corrected_memory import CorrectedMemory

SCRUB_US = 23 * 3_600_000_000
"""From one scrub to the next: within a day, even when the implant sleeps for an hour meanwhile [project: FW-24]."""


class Scrubber:
    """When the memory is read as a whole. One that is well is not read for the sake of it: nothing would change."""

    def __init__(self, memory: CorrectedMemory, now_us: int) -> None:
        self._memory = memory
        self._due_us = now_us + SCRUB_US
        self._is_needed = False

    def look_ahead(self, now_us: int, until_us: int) -> None:
        """Find out, before time passes, whether the scrubs until then would find anything.

        Bits turn over between two steps and not within one, so what is well now is well at each of them.
        """
        if self._due_us > until_us or self._is_needed:
            return
        self._is_needed = not self._memory.is_clean
        if not self._is_needed:
            self._due_us += (max(until_us, now_us) - self._due_us) // SCRUB_US * SCRUB_US + SCRUB_US

    def next_due_us(self, now_us: int) -> int | None:
        """When there is something to put right; None while there is nothing."""
        return max(now_us, self._due_us) if self._is_needed else None

    def on_time(self, now_us: int) -> str:
        """Scrub when it is time to; what was found, in words, and empty when nothing was."""
        if not self._is_needed or now_us < self._due_us:
            return ""
        memory = self._memory
        before = memory.corrected, memory.uncorrectable
        memory.scrub()
        self._due_us, self._is_needed = now_us + SCRUB_US, False
        bits, words = memory.corrected - before[0], memory.uncorrectable - before[1]
        said = [f"{bits} bits put right"] if bits else []
        said += [f"{words} words beyond repair"] if words else []
        return f"memory: {', '.join(said)}" if said else ""
