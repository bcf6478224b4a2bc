"""The check of a frame: CRC-32C behind one function, so that the library can be changed in one place.

It guards against noise and is no security. Why 32 bits: docs/protocol.md clauses 2.5 and 2.6.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import crcmod.predefined

crc32c: Callable[[bytes], int] = crcmod.predefined.mkCrcFun("crc-32c")
"""CRC-32C (Castagnoli) of a byte string, as an unsigned 32-bit number."""

IS_COMPILED = sys.modules.get("crcmod._crcfunext") is not None
"""Whether crcmod found its C extension. Where no compiler was at hand it installs without one and says nothing.

Results are the same. Its Python takes about 7 µs for 64 bytes instead of 0.3 [measured], which is still several hundred
times faster than a link of 115200 baud.
"""

CHECK_VALUE = 0xE3069283
"""The published CRC-32C of the nine digits 123456789."""

WHOLE = 0x48674BC7
"""The CRC-32C of anything that has its own check behind it, low byte first: the same whatever it is, and no other bytes
in the place of the check give it [recalled, high: the inverse of the residue b798b438 in the catalogues of CRCs;
asserted below]."""

HD6_BYTES_MAX = 655
"""Up to so many bytes every error of one to five bits is found [measured, by exact search: 5243 bits]."""

assert crc32c(b"123456789") == CHECK_VALUE, "the CRC library does not compute CRC-32C"
assert crc32c(b"123456789" + CHECK_VALUE.to_bytes(4, "little")) == WHOLE, "a right check leaves another number"
