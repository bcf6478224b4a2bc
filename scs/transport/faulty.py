"""A bad wire: a wrapper that loses, doubles, flips, splits, delays and invents bytes, by chance that is handed in.

The same seed and the same calls give the same damage. It never changes the order of bytes, since no wire does.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, fields

from scs.clock import Clock, Duration, Instant
from scs.errors import BadQuantity
from scs.transport.base import Transport

_MILLION = 1_000_000

_DELAY = Duration.of_ms(20)
"""The hold-up of a chunk unless another is given: a USB adapter's latency timer of 16 ms and a little more."""


@dataclass(frozen=True, slots=True)
class FaultRates:
    """How often each fault strikes, in parts per million: of bytes for the first three, of reads and writes (called
    chunks) for the others. `delay` is how long a delayed chunk, and all behind it, is held back."""

    drop_byte_ppm: int = 0
    flip_bit_ppm: int = 0
    insert_byte_ppm: int = 0
    drop_chunk_ppm: int = 0
    duplicate_chunk_ppm: int = 0
    split_chunk_ppm: int = 0
    delay_chunk_ppm: int = 0
    delay: Duration = _DELAY

    def __post_init__(self) -> None:
        for field in fields(self):
            rate = getattr(self, field.name)
            if field.name.endswith("_ppm") and not 0 <= rate <= _MILLION:
                raise BadQuantity(
                    f"{field.name} is {rate}, outside 0 to {_MILLION} parts per million; correct the rate"
                )
        if self.delay.us < 0:
            raise BadQuantity(f"delay is {self.delay.us} µs, and a wire cannot be early; give 0 or more")


class FaultyTransport(Transport):
    """Damages what `inner` carries, both ways. `clock` must be the one that moves while `inner` waits: the machine's
    for a real carrier, the virtual one for a virtual pair. What is held back on its way out leaves with the next
    call, because a transport has no thread of its own."""

    def __init__(self, inner: Transport, chance: random.Random, rates: FaultRates, clock: Clock) -> None:
        self.name = f"faulty {inner.name}"
        self._inner = inner
        self._clock = clock
        self._incoming = _BadWire(chance, rates)
        self._outgoing = _BadWire(chance, rates)

    def read(self, timeout: Duration) -> bytes:
        deadline = self._clock.now() + timeout
        while True:
            now = self._clock.now()
            self._send_due(now)
            data = self._incoming.take_due(now)
            if data or now >= deadline:
                return data
            wake_at = min(at for at in (deadline, self._incoming.due, self._outgoing.due) if at is not None)
            arrived = self._inner.read(now.until(wake_at))
            if arrived:
                self._incoming.put(arrived, self._clock.now())

    def write(self, data: bytes) -> None:
        now = self._clock.now()
        self._outgoing.put(data, now)
        self._send_due(now)

    def close(self) -> None:
        self._inner.close()

    def fileno(self) -> int | None:
        """None: bytes that are held back here would not make a descriptor readable."""
        return None

    def _send_due(self, now: Instant) -> None:
        while chunk := self._outgoing.take_due(now):
            self._inner.write(chunk)


class _BadWire:
    """One direction: chunks with the time at which each is let go."""

    def __init__(self, chance: random.Random, rates: FaultRates) -> None:
        self._chance = chance
        self._rates = rates
        self._held: deque[tuple[Instant, bytes]] = deque()

    @property
    def due(self) -> Instant | None:
        return self._held[0][0] if self._held else None

    def put(self, data: bytes, now: Instant) -> None:
        for chunk in self._damaged(data):
            due = now + self._rates.delay if self._strikes(self._rates.delay_chunk_ppm) else now
            self._held.append((due, chunk))

    def take_due(self, now: Instant) -> bytes:
        """The first chunk if it may go, or `b""`; nobody overtakes it."""
        return self._held.popleft()[1] if self._held and self._held[0][0] <= now else b""

    def _damaged(self, data: bytes) -> list[bytes]:
        rates = self._rates
        if self._strikes(rates.drop_chunk_ppm):
            return []
        copies = 2 if self._strikes(rates.duplicate_chunk_ppm) else 1
        chunks = []
        for _ in range(copies):
            noisy = self._noisy(data)
            cut = self._chance.randrange(len(noisy) + 1) if self._strikes(rates.split_chunk_ppm) else 0
            chunks += [part for part in (noisy[:cut], noisy[cut:]) if part]
        return chunks

    def _noisy(self, data: bytes) -> bytes:
        rates = self._rates
        noisy = bytearray()
        for byte in data:
            if self._strikes(rates.insert_byte_ppm):
                noisy.append(self._chance.randrange(256))
            if self._strikes(rates.drop_byte_ppm):
                continue
            noisy.append(byte ^ 1 << self._chance.randrange(8) if self._strikes(rates.flip_bit_ppm) else byte)
        return bytes(noisy)

    def _strikes(self, rate_ppm: int) -> bool:
        return rate_ppm > 0 and self._chance.randrange(_MILLION) < rate_ppm
