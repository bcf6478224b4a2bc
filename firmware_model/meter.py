"""The impedance meter as it was built, and the calibration that makes its readings true.

No meter leaves the line exact: its gain and offset are its own, fixed when it is made and worked out from the serial
number, so that the same implant always has the same meter. The factory measures it against known resistors and writes
gain and offset into the memory. Without them an open contact could look whole, so nothing is delivered then.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from scs.errors import StoreError
from scs.wire.crc import crc32c

GAIN_SPREAD_PPM = 30_000
"""How far a meter's gain may be from 1: 3 % [assumed]."""
OFFSET_MOHM_MAX = 20_000
"""The most that switches and tracks add: 20 ohm [assumed]."""
_PPM = 1_000_000
_BODY = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a reading is corrected by: the meter's gain in parts per million, and what it adds, in milliohms."""

    gain_ppm: int
    offset_mohm: int

    def ohms(self, reading_mohm: int) -> int:
        """What a reading stands for, in whole ohms, rounded to the nearest and never below zero."""
        return max(0, (2_000 * (reading_mohm - self.offset_mohm) + self.gain_ppm) // (2 * self.gain_ppm))

    def pack(self) -> bytes:
        return _BODY.pack(self.gain_ppm, self.offset_mohm)

    @classmethod
    def unpack(cls, body: bytes) -> Calibration:
        """Raise StoreError for what no meter can have."""
        if len(body) != _BODY.size:
            raise StoreError(f"a calibration has {_BODY.size} bytes and not {len(body)}")
        gain_ppm, offset_mohm = _BODY.unpack(body)
        if abs(gain_ppm - _PPM) > GAIN_SPREAD_PPM or offset_mohm > OFFSET_MOHM_MAX:
            raise StoreError(
                f"a gain of {gain_ppm} ppm and an offset of {offset_mohm} mohm lie outside of {_PPM} +- "
                f"{GAIN_SPREAD_PPM} ppm and {OFFSET_MOHM_MAX} mohm; the implant has to be calibrated anew"
            )
        return cls(gain_ppm, offset_mohm)


class Meter:
    """What this implant reads of an impedance, and what it makes of it. `calibration` None: nothing can be said."""

    def __init__(self, serial: str, calibration: Calibration | None) -> None:
        self._built = as_built(serial)
        self._calibration = calibration

    def reading_mohm(self, ohms: int) -> int:
        """What the circuit shows for an impedance, in milliohms, before anything is corrected."""
        return ohms * self._built.gain_ppm // 1_000 + self._built.offset_mohm

    def measure(self, true_ohms: Mapping[int, int]) -> dict[int, int]:
        """Contact by contact what the firmware believes, in ohms, of electrodes that are as given."""
        assert self._calibration is not None, "without its calibration the implant is latched and measures nothing"
        return {contact: self._calibration.ohms(self.reading_mohm(ohms)) for contact, ohms in true_ohms.items()}


def as_built(serial: str) -> Calibration:
    """What the factory finds out about the meter of this implant."""
    gain_word, offset_word = crc32c(b"gain" + serial.encode()), crc32c(b"offset" + serial.encode())
    return Calibration(
        _PPM - GAIN_SPREAD_PPM + gain_word % (2 * GAIN_SPREAD_PPM + 1), offset_word % (OFFSET_MOHM_MAX + 1)
    )
