"""A frame with 64 bytes of payload encoded and decoded, against pymodbus's RTU framer on the same payload size.

Ours has a check twice as long, stuffing, and a decoder that finds its frames in any stream; the peer computes its
CRC-16 in Python. Without the C extensions of crcmod and cobs ours does the same and misses the target; the row says so.
"""

from __future__ import annotations

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from bench.pairing import BenchRow, throughput_row
from scs.wire.framing import IS_COMPILED, Decoder, Direction, Frame, FrameType, encode

PAYLOAD = bytes(range(64))
FRAMES = 500
"""Frames in one timed piece, so that a piece takes milliseconds."""


def run(repeats: int) -> list[BenchRow]:
    """One row: frames a second, ours over the peer's."""
    decoder = Decoder(Direction.TO_IMPLANT)
    frame = Frame(FrameType.REQUEST, 7, 9, PAYLOAD)
    framer = FramerRTU(DecodePDU(is_server=True))
    # Function 16, start 0, 29 registers, 58 bytes: with its six bytes in front a PDU of 64 bytes.
    pdu = bytes([16, 0, 0, 0, 29, 58]) + bytes(58)

    def ours() -> None:
        for _ in range(FRAMES):
            (received,) = decoder.receive(encode(frame))
            assert received.body == PAYLOAD

    def theirs() -> None:
        for _ in range(FRAMES):
            _, _, _, data = framer.decode(framer.encode(pdu, 1, 0))
            assert data == pdu

    name = "frame of 64 bytes" if IS_COMPILED else "frame of 64 bytes, without C extensions"
    peer = "pymodbus FramerRTU"
    return [throughput_row(name, ours, peer, theirs, repeats=repeats, target=4, per_run=FRAMES, unit="frames/s")]
