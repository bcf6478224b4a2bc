"""One direction of a bad link, without a port: bytes go in at an instant, and what is left of them comes out later.

The same seed and the same calls give the same damage. Chance is drawn for each chunk in the order in which they are
put in; time is an argument, so a simulated year and a real cable use this same file.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter

from scs.clock import Instant
from scs.transport.link_faults import MILLION, WELL, Episode, WireFaults

HELD_MAX = 1_000_000
"""Bytes that may wait; a wire that stands still for longer loses what comes then, as every buffer does."""

MILLION_BITS = MILLION.bit_length()


class BadWire:
    """`struck` counts what has happened, by the names that a file uses. Episodes count from `made_us`."""

    def __init__(
        self,
        chance: random.Random,
        faults: WireFaults = WELL,
        episodes: tuple[Episode, ...] = (),
        made_us: int = 0,
    ) -> None:
        self.faults = faults
        self.struck: Counter[str] = Counter()
        self._chance = chance
        self._episodes = episodes
        self._made_us = made_us
        self._held: list[tuple[int, int, bytes]] = []
        self._held_bytes = 0
        self._order = 0
        self._free_us = 0
        """When the line has sent everything that was put in."""
        self._last_us = 0
        """When the last chunk that keeps its place arrives: nothing behind it comes earlier."""
        self._until_us = {"stall": 0, "half-open": 0, "baud-mismatch": 0}

    @property
    def is_idle(self) -> bool:
        return not self._held

    @property
    def due(self) -> Instant | None:
        """When the next bytes arrive; None when nothing is under way."""
        return Instant(self._held[0][0]) if self._held else None

    def put(self, data: bytes, now: Instant) -> None:
        """Send a chunk."""
        if not data:
            return
        faults = self.faults
        if faults is WELL and not self._episodes and not self._is_troubled(now.us):
            self._send(data, now.us, 0)
            return
        self._begin_troubles(now.us)
        self._free_us = max(self._free_us, now.us) + len(data) * faults.byte_us
        if self._free_us < self._until_us["stall"]:
            self._free_us = self._until_us["stall"]
        if now.us < self._until_us["half-open"]:
            return
        if self._strikes("drop", faults.drop_ppm):
            return
        for _ in range(2 if self._strikes("duplicate", faults.duplicate_ppm) else 1):
            self._carry(self._cut(self._noisy(data, now.us)), now.us)

    def take(self, now: Instant) -> bytes:
        """Whatever has arrived by now, in the order of arrival."""
        parts = []
        while self._held and self._held[0][0] <= now.us:
            parts.append(heapq.heappop(self._held)[2])
        data = b"".join(parts)
        self._held_bytes -= len(data)
        return data

    def clear(self) -> None:
        """The cable is pulled: what was under way is gone."""
        self._held.clear()
        self._held_bytes = 0

    # ------------------------------------------------------------------------------------------------- internals

    def _is_troubled(self, now_us: int) -> bool:
        return any(until_us > now_us for until_us in self._until_us.values())

    def _begin_troubles(self, now_us: int) -> None:
        faults, until = self.faults, self._until_us
        for kind, rate_ppm, for_us in (
            ("stall", faults.stall_ppm, faults.stall_for_us),
            ("half-open", faults.half_open_ppm, faults.half_open_for_us),
            ("baud-mismatch", faults.baud_mismatch_ppm, faults.baud_mismatch_for_us),
        ):
            if now_us >= until[kind] and self._strikes(kind, rate_ppm):
                until[kind] = now_us + for_us
        since_us = now_us - self._made_us
        for episode in self._episodes:
            if episode.is_under_way(since_us) and until[episode.kind] < self._made_us + episode.ends_us(since_us):
                until[episode.kind] = self._made_us + episode.ends_us(since_us)
                self.struck[episode.kind] += 1

    def _carry(self, data: bytes, now_us: int) -> None:
        faults = self.faults
        if self._strikes("reorder", faults.reorder_ppm):
            self._hold(data, max(self._free_us, now_us) + faults.reorder_by_us)
            return
        held_us = faults.delay_by_us if self._strikes("delay", faults.delay_ppm) else 0
        if self._strikes("merge", faults.merge_ppm):
            held_us += faults.merge_within_us
        if len(data) > 1 and self._strikes("split", faults.split_ppm):
            cut = self._chance.randrange(1, len(data))
            self._send(data[:cut], now_us, held_us)
            # A microsecond later, so that the pieces are two reads.
            self._send(data[cut:], now_us, held_us + 1)
        else:
            self._send(data, now_us, held_us)

    def _send(self, data: bytes, now_us: int, held_us: int) -> None:
        self._last_us = max(self._last_us, max(self._free_us, now_us) + held_us)
        self._hold(data, self._last_us)

    def _hold(self, data: bytes, at_us: int) -> None:
        if not data:
            return
        if self._held_bytes + len(data) > HELD_MAX:
            self.struck["overflow"] += 1
            return
        self._order += 1
        self._held_bytes += len(data)
        heapq.heappush(self._held, (at_us, self._order, data))

    def _cut(self, data: bytes) -> bytes:
        if self._strikes("truncate", self.faults.truncate_ppm):
            return data[: self._chance.randrange(len(data))] if data else data
        return data

    def _noisy(self, data: bytes, now_us: int) -> bytes:
        faults, chance = self.faults, self._chance
        if now_us < self._until_us["baud-mismatch"]:
            # XOR with anything but zero: not one byte is what was sent.
            return bytes(byte ^ chance.randrange(1, 256) for byte in data)
        if self._strikes("burst", faults.burst_ppm):
            begin = chance.randrange(len(data))
            end = min(len(data), begin + chance.randint(1, faults.burst_bytes))
            data = data[:begin] + chance.randbytes(end - begin) + data[end:]
        if not (faults.flip_bit_ppm or faults.drop_byte_ppm or faults.insert_ppm):
            return data
        noisy = bytearray()
        for byte in data:
            if self._strikes("insert", faults.insert_ppm):
                noisy.append(chance.randrange(256))
            if self._strikes("drop-byte", faults.drop_byte_ppm):
                continue
            is_flipped = self._strikes("flip-bit", faults.flip_bit_ppm)
            noisy.append(byte ^ 1 << chance.randrange(8) if is_flipped else byte)
        return bytes(noisy)

    def _strikes(self, name: str, rate_ppm: int) -> bool:
        if rate_ppm <= 0:
            return False
        # What randrange(MILLION) draws, without its arithmetic: this is asked three times for each byte.
        drawn = self._chance.getrandbits(MILLION_BITS)
        while drawn >= MILLION:
            drawn = self._chance.getrandbits(MILLION_BITS)
        if drawn >= rate_ppm:
            return False
        self.struck[name] += 1
        return True
