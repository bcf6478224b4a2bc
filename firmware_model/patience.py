"""How much of strangers an implant bears: knocks at its door, and time that they keep its receiver awake.

A first message that was not made with a key costs little, and no Diffie-Hellman; still each one keeps a receiver awake,
and a cell is drained by enough of them. Knocks come from a bucket that fills slowly, and more slowly after many
failures; the time awake from a day's ration. Whoever proves a key gets the knock back. A magnet fills both: who holds
it stands beside the person.
"""

from __future__ import annotations

KNOCKS = 5
"""Handshakes that may be tried at once [project]."""
REFILL_US = 10_000_000
"""One more after so long [project]."""
FAILURES_MAX = 10
"""After so many failures without a success in between, the bucket fills sixty times slower [project]."""
SLOW_REFILL_US = 600_000_000
AWAKE_DAY_US = 3_600_000_000
"""An hour a day [project]: at the 5 mA that telemetry is assumed to draw (scs/domain/data/power.toml), 5 mAh of some
200."""
AWAKE_KNOCK_US = 20_000
"""How long the receiver stays awake for one frame of a stranger [project]: the frame and the answer at 115,200 baud."""
DAY_US = 86_400_000_000


class Patience:
    """The bucket and the ration."""

    def __init__(self) -> None:
        self._knocks = KNOCKS
        self._filled_us = 0
        self._failures = 0
        self._day_began_us = 0
        self._used_us = 0
        self.awake_until_us = 0
        """Until when the receiver stays awake for a stranger."""

    def awake_left_us(self, now_us: int) -> int:
        """What is left of the ration of this day; the day begins with the first knock after the one before ended."""
        return AWAKE_DAY_US if now_us >= self._day_began_us + DAY_US else AWAKE_DAY_US - self._used_us

    def listen(self, now_us: int) -> bool:
        """Whether the frame of a stranger is looked at; it is paid for from the ration."""
        if now_us >= self._day_began_us + DAY_US:
            self._day_began_us, self._used_us = now_us, 0
        if self._used_us + AWAKE_KNOCK_US > AWAKE_DAY_US:
            return False
        self._used_us += AWAKE_KNOCK_US
        self.awake_until_us = now_us + AWAKE_KNOCK_US
        return True

    def knock(self, now_us: int) -> bool:
        """Whether a handshake is tried."""
        refill_us = SLOW_REFILL_US if self._failures >= FAILURES_MAX else REFILL_US
        if self._knocks >= KNOCKS:
            self._filled_us = now_us
        fresh = (now_us - self._filled_us) // refill_us
        self._knocks = min(KNOCKS, self._knocks + fresh)
        self._filled_us += fresh * refill_us
        if self._knocks == 0:
            return False
        self._knocks -= 1
        return True

    def failed(self) -> None:
        """The knock was made with no key of a pair."""
        self._failures += 1

    def proved(self) -> None:
        """Whoever knocked holds a key of a pair: the knock and what it kept awake are given back."""
        self._knocks = min(KNOCKS, self._knocks + 1)
        self._failures = 0
        self._used_us = max(0, self._used_us - AWAKE_KNOCK_US)

    def renew(self) -> None:
        """A magnet was held: whoever does that is beside the person."""
        self._knocks, self._failures, self._used_us = KNOCKS, 0, 0
