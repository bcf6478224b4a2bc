"""Captures as pcapng, the file format of Wireshark: what this project writes of it, and what it reads.

Written: a section header, an interface for each link (link type 147, LINKTYPE_USER0, microseconds), an enhanced packet
block for each packet with its direction in `epb_flags`. Read: the same from any writer, in either byte order and any
resolution of time; other blocks and options are skipped. Blocks are those of draft-ietf-opsawg-pcapng [recalled, high;
held against tshark by a test]. Nothing here opens a file: bytes go in and come out.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from scs.errors import BadFile
from scs.wire.capture import Packet
from scs.wire.framing import Direction

LINKTYPE_USER0 = 147
"""The first of the link types that nobody will ever be given [tcpdump.org/linktypes: 147 to 162, recalled, high]."""
BLOCK_MAX = 1 << 20
"""No block that belongs to a link is longer; a longer one means a file that is damaged or no capture."""
MAGIC = b"\x0a\x0d\x0d\x0a"
"""The first four bytes of every pcapng file; a trace begins with `{`."""

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER = 0x1A2B3C4D
_END, _COMMENT = 0, 1
_SECTION_APPLICATION, _INTERFACE_NAME, _INTERFACE_RESOLUTION, _PACKET_FLAGS = 4, 2, 9, 2
_INBOUND, _OUTBOUND = 1, 2
"""As a network card of the programmer's machine would say it: what it sends is outbound."""
WAY_FLAGS = {Direction.TO_PROGRAMMER: _INBOUND, Direction.TO_IMPLANT: _OUTBOUND}
_WAYS = {flag: direction for direction, flag in WAY_FLAGS.items()}
_MICROSECONDS = 6
"""The exponent of ten of the resolution that is written, and the one that holds where a file names none."""


def section(comment: str) -> bytes:
    """The block that begins a file; `comment` says what was captured."""
    options = _option(_COMMENT, comment.encode()) + _option(_SECTION_APPLICATION, b"scs wire capture")
    return _block(_SECTION, struct.pack("<IHHq", _BYTE_ORDER, 1, 0, -1) + options + _option(_END, b""))


def interface(name: str) -> bytes:
    """The block that announces one link; the first in a file is number 0."""
    options = _option(_INTERFACE_NAME, name.encode()) + _option(_INTERFACE_RESOLUTION, bytes([_MICROSECONDS]))
    return _block(_INTERFACE, struct.pack("<HHI", LINKTYPE_USER0, 0, 0) + options + _option(_END, b""))


def packet(captured: Packet) -> bytes:
    """The block of one packet; its `link` is the number of the interface and `at_us` counts from 1970."""
    length = len(captured.data)
    head = struct.pack("<IIIII", captured.link, captured.at_us >> 32, captured.at_us & 0xFFFFFFFF, length, length)
    options = _option(_PACKET_FLAGS, struct.pack("<I", WAY_FLAGS[captured.direction])) + _option(_END, b"")
    return _block(_PACKET, head + _padded(captured.data) + options)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


class Reader:
    """Reads a capture block by block. `read(n)` gives at most n bytes, and none at the end; `path` is for messages.

    Raises BadFile. A last block that is cut short is no failure: a capture that was killed, or is still being written,
    may have one, and `cut_short` then says how many bytes of it there are.
    """

    def __init__(self, path: str, read: Callable[[int], bytes]) -> None:
        self._path = path
        self._read = read
        self._order = "<"
        self._offset = 0
        self._begin = 0
        """Where the block that is being read begins."""
        self._interfaces: list[tuple[int, int]] = []
        """(link type, units of time in a second) of each interface of this section."""
        self.cut_short = 0

    def packets(self) -> Iterator[Packet]:
        """The packets with our link type, in the order of the file. One without a direction raises BadFile."""
        while (block := self._next()) is not None:
            kind, body = block
            if kind == _SECTION:
                self._interfaces = []
            elif kind == _INTERFACE:
                self._interfaces.append(self._interface(body))
            elif kind == _PACKET:
                found = self._packet(body)
                if found is not None:
                    yield found

    def _next(self) -> tuple[int, bytes] | None:
        self._begin = self._offset
        head = self._exactly(8)
        if head is None:
            return None
        if head[:4] == MAGIC:
            mark = self._exactly(4)
            if mark is None:
                return None
            self._order = self._order_of(mark)
            head += mark
        elif self._begin == 0:
            raise self._bad("is no capture: it does not begin with 0A 0D 0D 0A, as pcapng does")
        kind, length = struct.unpack(self._order + "II", head[:8])
        if not 12 <= length <= BLOCK_MAX or length % 4:
            raise self._bad(f"holds a block of {length} bytes at {self._begin}; it is damaged")
        rest = self._exactly(length - len(head))
        if rest is None:
            return None
        if struct.unpack(self._order + "I", rest[-4:])[0] != length:
            raise self._bad(f"holds a block at {self._begin} whose two lengths differ; it is damaged")
        return kind, head[8:] + rest[:-4]

    def _exactly(self, count: int) -> bytes | None:
        """So many bytes, or None when the file ends before."""
        data = b""
        while len(data) < count and (more := self._read(count - len(data))):
            data += more
        self._offset += len(data)
        if len(data) == count:
            return data
        self.cut_short = self._offset - self._begin
        return None

    def _order_of(self, mark: bytes) -> str:
        for order in "<>":
            if struct.unpack(order + "I", mark)[0] == _BYTE_ORDER:
                return order
        raise self._bad(f"names no byte order that there is ({mark.hex()}); it is damaged")

    def _interface(self, body: bytes) -> tuple[int, int]:
        (link_type,) = self._unpack("H", body)
        units = 10**_MICROSECONDS
        for code, value in self._options(body[8:]):
            if code == _INTERFACE_RESOLUTION and value:
                exponent = value[0] & 0x7F
                units = (2 if value[0] & 0x80 else 10) ** exponent
        return link_type, units

    def _packet(self, body: bytes) -> Packet | None:
        link, high, low, length, _ = self._unpack("IIIII", body)
        if link >= len(self._interfaces):
            raise self._bad(f"holds a packet of interface {link}, which it does not announce; it is damaged")
        link_type, units = self._interfaces[link]
        if link_type != LINKTYPE_USER0:
            return None
        data = body[20 : 20 + length]
        if len(data) != length:
            raise self._bad(f"holds a packet that says {length} bytes and has {len(data)}; it is damaged")
        flags = 0
        for code, value in self._options(body[20 + length + (-length % 4) :]):
            if code == _PACKET_FLAGS and len(value) == 4:
                (flags,) = self._unpack("I", value)
        direction = _WAYS.get(flags & 3)
        if direction is None:
            raise self._bad("holds a packet that says neither inbound nor outbound; capture with scs wire capture")
        return Packet(((high << 32) | low) * 10**6 // units, direction, data, link)

    def _options(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        while len(data) >= 4:
            code, length = self._unpack("HH", data)
            if code == _END:
                return
            yield code, data[4 : 4 + length]
            data = data[4 + length + (-length % 4) :]

    def _unpack(self, form: str, data: bytes) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self._order + form, data)
        except struct.error as error:
            raise self._bad(f"holds a block at {self._begin} that is too short; it is damaged") from error

    def _bad(self, problem: str) -> BadFile:
        return BadFile(self._path, (problem,))
