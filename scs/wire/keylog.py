"""The key log of test sessions: what a capture needs to be read, a line a channel (docs/wire.md section 5).

    channel transcript key-to-implant key-to-programmer

The channel is its number, the rest is hexadecimal; lines that begin with `#` are remarks. The keys are those that the
handshake made, and those that come after 4096 messages follow from them. Who has this file reads everything that was
said, and could have said everything himself while the channel was open. Nothing here opens a file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from scs.errors import BadFile
from scs.wire.channel import Channel
from scs.wire.framing import Frame, FrameType, header_bytes, read_bare
from scs.wire.sealing import KEY_SIZE, REKEY_EVERY

ENVIRONMENT = "SCS_KEYLOG"
"""The variable that names the file, as SSLKEYLOGFILE does elsewhere."""
TRANSCRIPT_SIZE = 32
EPOCHS_AHEAD_MAX = 16
"""How many changes of a key may be missing from a capture: 65,536 messages. Each costs work, and a forged number must
not buy much of it."""
_NONCE = struct.Struct("<IQ")
"""Four zero bytes and the number (docs/protocol.md 12.10)."""
_REKEY_NONCE = b"\0\0\0\0" + b"\xff" * 8
"""Noise's Rekey encrypts 32 zeros under the largest number there is [found: Noise revision 34, section 4.2]."""


@dataclass(frozen=True, slots=True)
class ChannelKeys:
    """The keys of one channel, which stay out of every printed form."""

    channel: int
    transcript: bytes
    to_implant: bytes = field(repr=False)
    to_programmer: bytes = field(repr=False)

    def line(self) -> str:
        """The line of the log, without its end."""
        return f"{self.channel} {self.transcript.hex()} {self.to_implant.hex()} {self.to_programmer.hex()}"


def keys_of_implant(channel: Channel) -> ChannelKeys:
    """The keys of a channel that was just made, from the implant's side; LocalProtocolError once one was renewed."""
    sending, receiving = channel.sealed.first_keys()
    return ChannelKeys(channel.number, channel.sealed.transcript, to_implant=receiving, to_programmer=sending)


class KeyLog:
    """Opens sealed frames of a capture. A number may name several channels in turn: the key tells which it was."""

    def __init__(self, channels: Iterable[ChannelKeys]) -> None:
        self._ciphers: dict[tuple[int, FrameType], list[_Epochs]] = {}
        for keys in channels:
            self._add(keys.channel, FrameType.SEALED_TO_IMPLANT, keys.to_implant)
            self._add(keys.channel, FrameType.SEALED_TO_PROGRAMMER, keys.to_programmer)

    def _add(self, channel: int, frame_type: FrameType, key: bytes) -> None:
        self._ciphers.setdefault((channel, frame_type), []).append(_Epochs(key))

    def open(self, outer: Frame) -> Frame | None:
        """The frame inside of a sealed one; None when no key of the log opens it, or what it holds is no frame."""
        beside = header_bytes(outer.type, outer.session, outer.counter)
        for epochs in self._ciphers.get((outer.session, outer.type), ()):
            plain = epochs.open(outer.counter, outer.body, beside)
            if plain is not None:
                inner = read_bare(plain, outer.type.direction)
                return inner if isinstance(inner, Frame) else None
        return None


class _Epochs:
    """The keys of one direction, each made from the one before it when it is needed."""

    def __init__(self, key: bytes) -> None:
        self._keys = [key]
        self._newest = 0
        """The latest of them that has opened anything."""

    def open(self, number: int, sealed: bytes, beside: bytes) -> bytes | None:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        epoch = number // REKEY_EVERY
        if epoch > self._newest + EPOCHS_AHEAD_MAX:
            return None
        while len(self._keys) <= epoch:
            self._keys.append(ChaCha20Poly1305(self._keys[-1]).encrypt(_REKEY_NONCE, bytes(KEY_SIZE), b"")[:KEY_SIZE])
        try:
            plain = ChaCha20Poly1305(self._keys[epoch]).decrypt(_NONCE.pack(0, number), sealed, beside)
        except InvalidTag:
            return None
        self._newest = max(self._newest, epoch)
        return plain


def parse_key_log(path: str, text: str) -> KeyLog:
    """The log in the text of a file; BadFile names the line that is none, and tells nothing of what stands in it."""
    rows = ((number, line.split()) for number, line in enumerate(text.splitlines(), start=1))
    return KeyLog(_keys(path, number, words) for number, words in rows if words and not words[0].startswith("#"))


def _keys(path: str, number: int, words: list[str]) -> ChannelKeys:
    problem = f"line {number} is no channel, hash of its handshake and two keys; take the file as it was written"
    try:
        channel, (transcript, to_implant, to_programmer) = int(words[0]), map(bytes.fromhex, words[1:])
    except ValueError as error:
        raise BadFile(path, (problem,)) from error
    sizes = [len(transcript), len(to_implant), len(to_programmer)]
    if not 1 <= channel <= 65_535 or sizes != [TRANSCRIPT_SIZE, KEY_SIZE, KEY_SIZE]:
        raise BadFile(path, (problem,))
    return ChannelKeys(channel, transcript, to_implant, to_programmer)
