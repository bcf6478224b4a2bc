"""The sealed session: a Noise handshake between two that share a pairing key, and the sealed messages after it.

The suite is Noise_NNpsk0_25519_ChaChaPoly_SHA256 (Noise Protocol Framework, revision 34), computed by `noiseprotocol`.
The prologue binds protocol version, suite, serial number and the number of the pair, so that neither a downgrade nor
another implant passes. A sealed message is the Noise transport message whose nonce is its number; what stands beside it
in the clear is bound to it. Messages may be lost; one that is repeated, late or forged is refused and counted.

Nothing here reads chance or a clock: whoever makes a handshake hands in where the ephemeral keys come from. The
library is imported at the first handshake, and here only. Frames are scs/wire/channel.py.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from enum import Enum, StrEnum
from typing import Any

from scs.errors import LocalProtocolError, RemoteProtocolError
from scs.wire.framing import VERSION

SUITE = "Noise_NNpsk0_25519_ChaChaPoly_SHA256"
KEY_SIZE = 32
"""Bytes of a pairing key and of an ephemeral private key."""
TAG_SIZE = 16
HANDSHAKE_OVERHEAD = KEY_SIZE + TAG_SIZE
"""Bytes that a handshake message adds to its payload: a public key and a tag."""
PAYLOAD_MAX = 512
"""Bytes of one payload [project]: the header of a frame and the longest message."""
REKEY_EVERY = 4096
"""After so many messages in one direction its key is replaced [project]; the number alone says when, on both sides."""
NUMBER_MAX = 2**32 - 1
NONCE = struct.Struct("<4xQ")
"""The nonce of a message by its number: four bytes of zero and the number, little-endian (revision 34, 12.3)."""


class Side(Enum):
    """Who opens the handshake, and who answers it."""

    PROGRAMMER = 0
    IMPLANT = 1


class Broken(StrEnum):
    """Why a sealed message was refused."""

    LENGTH = "length"
    REPEATED = "repeated-or-late"
    TOO_FAR = "too-far-ahead"
    FORGED = "forged"


def prologue(serial: str, pair: int) -> bytes:
    """What both must agree about before a handshake passes: protocol version, suite, serial number, number of the pair.

    Pair 0 is the handshake of a pairing, whose key comes from the secret that proximity gave.
    """
    return b"\0".join((f"scs {VERSION}".encode(), SUITE.encode(), serial.encode(), str(pair).encode()))


def pairing_key(secret: bytes) -> bytes:
    """The key of a pairing handshake, by HKDF-SHA256 from the secret that was carried by proximity."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=b"scs-pair").derive(secret)


class Handshake:
    """One side of one handshake: the programmer opens and the implant answers; a second needs a new one.

    `draw_key` gives KEY_SIZE fresh secret bytes. It is asked as late as can be: a first message that is forged costs
    the implant no ephemeral key and no Diffie-Hellman.
    """

    def __init__(self, side: Side, key: bytes, bound_to: bytes, draw_key: Callable[[], bytes]) -> None:
        if len(key) != KEY_SIZE:
            raise LocalProtocolError(f"a pairing key has {KEY_SIZE} bytes, not {len(key)}")
        from noise.connection import NoiseConnection

        self._side = side
        self._draw_key = draw_key
        self._noise: Any = NoiseConnection.from_name(SUITE.encode())
        self._noise.set_psks(key)
        self._noise.set_prologue(bound_to)
        if side is Side.PROGRAMMER:
            self._noise.set_as_initiator()
        else:
            self._noise.set_as_responder()
        self._noise.start_handshake()
        self._steps = [self.write, self.read] if side is Side.PROGRAMMER else [self.read, self.write]

    def write(self, payload: bytes = b"") -> bytes:
        """The next handshake message. Raises LocalProtocolError out of turn, or for a payload that is too long."""
        if len(payload) > PAYLOAD_MAX:
            raise LocalProtocolError(f"a payload of {len(payload)} bytes; a handshake carries at most {PAYLOAD_MAX}")
        self._take_turn(self.write)
        from noise.backends.default.keypairs import KeyPair25519

        self._noise.noise_protocol.handshake_state.e = KeyPair25519.from_private_bytes(self._draw_key())
        try:
            return bytes(self._noise.write_message(payload))
        except ValueError as error:
            # A public key of low order: the shared secret would be zero, whatever the private key.
            self._steps.clear()
            raise RemoteProtocolError("the other side's public key is of low order; the handshake is over") from error

    def read(self, message: bytes) -> bytes:
        """The payload of the other side's handshake message. Raises RemoteProtocolError; the handshake is then over."""
        self._take_turn(self.read)
        if not HANDSHAKE_OVERHEAD <= len(message) <= HANDSHAKE_OVERHEAD + PAYLOAD_MAX:
            self._steps.clear()
            raise RemoteProtocolError(
                f"a handshake message of {len(message)} bytes; it has {HANDSHAKE_OVERHEAD} to "
                f"{HANDSHAKE_OVERHEAD + PAYLOAD_MAX}"
            )
        from cryptography.exceptions import InvalidTag

        try:
            return bytes(self._noise.read_message(message))
        except (InvalidTag, ValueError) as error:
            self._steps.clear()
            raise RemoteProtocolError(
                "the handshake message was not made with this pairing key, version, suite and serial number; pair again"
            ) from error

    def session(self) -> Sealed:
        """What seals and opens from now on. Raises LocalProtocolError before the handshake is complete."""
        if not self._noise.handshake_finished:
            raise LocalProtocolError("the handshake is not complete; nothing can be sealed")
        protocol = self._noise.noise_protocol
        return Sealed(
            bytes(protocol.cipher_state_encrypt.k),
            bytes(protocol.cipher_state_decrypt.k),
            bytes(self._noise.get_handshake_hash()),
        )

    def _take_turn(self, step: Callable[..., bytes]) -> None:
        if not self._steps or self._steps[0] != step:
            raise LocalProtocolError("this handshake message is not due; make a new handshake")
        self._steps.pop(0)


class Sealed:
    """Seals what one side sends and opens what it receives. `refused` counts what was not accepted, by its reason.

    `transcript` is the hash of the handshake. `is_confirmed`: something could be opened, so the other side holds the
    keys of this very handshake. An implant waits for it: until then a first message may be an old one sent again.
    """

    def __init__(self, sending: bytes, receiving: bytes, transcript: bytes) -> None:
        from cryptography.exceptions import InvalidTag

        self._sending = _Key(sending, 0)
        self._receiving = _Key(receiving, 0)
        self._not_genuine = InvalidTag
        self.next_number = 0
        """The number of the next message that is sealed."""
        self.lowest_number = 0
        """The lowest number of a message that is opened; it rises above each one that was genuine."""
        self.transcript = transcript
        self.refused: Counter[Broken] = Counter()
        self.is_confirmed = False

    def first_keys(self) -> tuple[bytes, bytes]:
        """The keys of sending and of receiving, for the key log of a test session and for nothing else.

        Raises LocalProtocolError once a key was renewed: the first ones are forgotten then.
        """
        if self._sending.epoch or self._receiving.epoch:
            raise LocalProtocolError("the first keys of this channel are forgotten; ask when it is made")
        return self._sending.key, self._receiving.key

    def seal(self, payload: bytes, beside: bytes = b"") -> bytes:
        """Seal one message under `next_number`; `beside` is what is sent with it in the clear and bound to it.

        Raises LocalProtocolError for one that is too long, or when the numbers are used up.
        """
        number = self.next_number
        if len(payload) > PAYLOAD_MAX:
            raise LocalProtocolError(f"a payload of {len(payload)} bytes; a sealed message has at most {PAYLOAD_MAX}")
        if number > NUMBER_MAX:
            raise LocalProtocolError(f"{number} messages were sealed; make a new handshake")
        if number >= self._sending.renewed_at:
            self._sending = self._sending.next_key()
        self.next_number = number + 1
        return self._sending.encrypt(NONCE.pack(number), payload, beside)

    def open(self, number: int, message: bytes, beside: bytes = b"") -> bytes:
        """The payload of one message of the other side. Raises RemoteProtocolError, and counts why."""
        if not TAG_SIZE <= len(message) <= TAG_SIZE + PAYLOAD_MAX:
            raise self._refuse(Broken.LENGTH)
        if number < self.lowest_number:
            raise self._refuse(Broken.REPEATED)
        key = self._receiving
        if number >= key.renewed_at:
            if number >= key.renewed_at + REKEY_EVERY:
                # Each epoch costs work, and a forged number must not buy much of it.
                raise self._refuse(Broken.TOO_FAR)
            key = key.next_key()
        try:
            payload = key.decrypt(NONCE.pack(number), message, beside)
        except self._not_genuine:
            raise self._refuse(Broken.FORGED) from None
        # Key and number move on only here, where the message has proved to be genuine.
        self._receiving, self.lowest_number = key, number + 1
        self.is_confirmed = True
        return payload

    def _refuse(self, reason: Broken) -> RemoteProtocolError:
        self.refused[reason] += 1
        return RemoteProtocolError(f"a sealed message was refused: {reason}; {self.refused[reason]} so far")


class _Key:
    """The key of one direction in one epoch. `renewed_at` is the number of the first message that has the next one."""

    def __init__(self, key: bytes, epoch: int) -> None:
        from noise.backends.default.ciphers import ChaCha20Cipher

        self.key, self.epoch = key, epoch
        self.renewed_at = (epoch + 1) * REKEY_EVERY
        self._cipher = ChaCha20Cipher()
        self._cipher.initialize(key)
        # The library's cipher only packs the nonce before it asks this one; numbers here are whoever seals' own.
        self.encrypt: Callable[[bytes, bytes, bytes], bytes] = self._cipher.cipher.encrypt
        self.decrypt: Callable[[bytes, bytes, bytes], bytes] = self._cipher.cipher.decrypt

    def __getstate__(self) -> tuple[bytes, int]:
        """What a search needs that puts a whole implant aside: the library's objects cannot be copied."""
        return self.key, self.epoch

    def __setstate__(self, state: tuple[bytes, int]) -> None:
        self.__init__(*state)  # type: ignore[misc]

    def next_key(self) -> _Key:
        """The key of the next epoch, as the Noise specification makes it from this one (REKEY, 4.2)."""
        return _Key(bytes(self._cipher.rekey(self.key)), self.epoch + 1)
