"""The sealed session against a published Noise vector, and against whoever repeats, reflects, reorders or forges.

The vector is Noise_NNpsk0_25519_ChaChaPoly_SHA256 of tests/vectors/cacophony.txt in github.com/mcginty/snow (commit
aabed3159deec0a0dfe3d5601c43322d84700c94), which comes from github.com/haskell-cryptography/cacophony.
Commit 62fbfae2c84b644a0432ce497a4a47e4fa139a2d has the same messages and another `handshake_hash`.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from scs.errors import LocalProtocolError, RemoteProtocolError
from scs.wire.sealing import (
    HANDSHAKE_OVERHEAD,
    KEY_SIZE,
    PAYLOAD_MAX,
    REKEY_EVERY,
    TAG_SIZE,
    Broken,
    Handshake,
    Sealed,
    Side,
    prologue,
)

PROLOGUE = bytes.fromhex("4a6f686e2047616c74")
PSK = bytes.fromhex("54686973206973206d7920417573747269616e20706572737065637469766521")
PROGRAMMERS = bytes.fromhex("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a")
IMPLANTS = bytes.fromhex("bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b")
TRANSCRIPT = "f4d03dc34495c95729ea6de9e1b59004b59733102488b3e24bc441e0be208eaf"
MESSAGES = (
    (
        "4c756477696720766f6e204d69736573",
        (
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
            "79b962b8aff8485742ac32f905ba45369e2465fb59e138a93d67a0d1266b6a54"
        ),
    ),
    (
        "4d757272617920526f746862617264",
        (
            "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
            "d6062704d5a9c422a8e834423f8c1feada7e8d0d910a1a2cd030fb584221e3"
        ),
    ),
    ("462e20412e20486179656b", "e632c3763d7669067383433197a3baddf146e9e70ad4b4e9e59e0f"),
    ("4361726c204d656e676572", "64c6bee32ea91c8474bb4c21d7a700109ad45af77b29764ba5eb1e"),
    (
        "4a65616e2d426170746973746520536179",
        "e2fa0bed0603b62d3ccac2ecabbf3fe33f3e86514909b323361626266cb2471cc8",
    ),
    (
        "457567656e2042f6686d20766f6e2042617765726b",
        "0c01dc9cec1fe4ddd692e8dd32188aa351088dc91183639a53b57aa4692b5ebdef8b8ca111",
    ),
)
HERE = prologue("SCS-000001", 7)
HEADER = bytes.fromhex("1a00030001000000")


def draws(seed: int) -> Callable[[], bytes]:
    chance = random.Random(seed)
    return lambda: chance.randbytes(KEY_SIZE)


def shaken(programmers: Callable[[], bytes], implants: Callable[[], bytes]) -> tuple[Sealed, Sealed]:
    programmer = Handshake(Side.PROGRAMMER, PSK, HERE, programmers)
    implant = Handshake(Side.IMPLANT, PSK, HERE, implants)
    implant.read(programmer.write())
    programmer.read(implant.write())
    return programmer.session(), implant.session()


@pytest.fixture
def pair() -> tuple[Sealed, Sealed]:
    return shaken(draws(1), draws(2))


def sealed_by(session: Sealed, payload: bytes, beside: bytes = b"") -> tuple[int, bytes]:
    """One message with its number."""
    return session.next_number, session.seal(payload, beside)


def refused(session: Sealed, number: int, message: bytes, beside: bytes = b"") -> Broken:
    before = session.refused.copy()
    with pytest.raises(RemoteProtocolError):
        session.open(number, message, beside)
    (reason,) = (session.refused - before).elements()
    return reason


def test_the_published_vector_comes_out_byte_for_byte() -> None:
    sides = (
        Handshake(Side.PROGRAMMER, PSK, PROLOGUE, lambda: PROGRAMMERS),
        Handshake(Side.IMPLANT, PSK, PROLOGUE, lambda: IMPLANTS),
    )
    for index, (payload, sealed) in enumerate(MESSAGES[:2]):
        message = sides[index].write(bytes.fromhex(payload))
        assert message.hex() == sealed
        assert sides[1 - index].read(message).hex() == payload
    sessions = tuple(side.session() for side in sides)
    assert [session.transcript.hex() for session in sessions] == [TRANSCRIPT, TRANSCRIPT]
    for index, (payload, sealed) in enumerate(MESSAGES[2:]):
        number, message = sealed_by(sessions[index % 2], bytes.fromhex(payload))
        assert message.hex() == sealed
        assert sessions[1 - index % 2].open(number, message).hex() == payload


@pytest.mark.parametrize(
    ("key", "bound_to"),
    [
        (bytes(KEY_SIZE), HERE),
        (PSK, prologue("SCS-000002", 7)),
        (PSK, prologue("SCS-000001", 8)),
        (PSK, HERE.replace(b"scs 1", b"scs 0")),
        (PSK, HERE.replace(b"ChaChaPoly", b"AESGCM")),
    ],
    ids=["another key", "another implant", "another pair", "an older version", "another suite"],
)
def test_a_first_message_for_something_else_costs_the_implant_no_key_of_its_own(key: bytes, bound_to: bytes) -> None:
    drawn: list[bytes] = []

    def draw() -> bytes:
        drawn.append(IMPLANTS)
        return IMPLANTS

    implant = Handshake(Side.IMPLANT, PSK, HERE, draw)
    with pytest.raises(RemoteProtocolError, match="pair again"):
        implant.read(Handshake(Side.PROGRAMMER, key, bound_to, draws(1)).write())
    assert drawn == []
    with pytest.raises(LocalProtocolError, match="new handshake"):
        implant.write()
    with pytest.raises(LocalProtocolError, match="not complete"):
        implant.session()


def test_a_first_message_that_is_reflected_is_no_answer() -> None:
    programmer = Handshake(Side.PROGRAMMER, PSK, HERE, draws(1))
    message = programmer.write()
    with pytest.raises(RemoteProtocolError):
        programmer.read(message)


def test_a_public_key_of_low_order_ends_the_handshake() -> None:
    class Zero(Handshake):
        """A programmer that knows the pairing key and sends a public key whose product with anything is zero."""

        def write(self, payload: bytes = b"") -> bytes:
            state = self._noise.noise_protocol.handshake_state
            state.symmetric_state.mix_key_and_hash(PSK)
            public = bytes(KEY_SIZE)
            state.symmetric_state.mix_hash(public)
            state.symmetric_state.mix_key(public)
            return public + bytes(state.symmetric_state.encrypt_and_hash(payload))

    implant = Handshake(Side.IMPLANT, PSK, HERE, draws(2))
    implant.read(Zero(Side.PROGRAMMER, PSK, HERE, draws(1)).write())
    with pytest.raises(RemoteProtocolError, match="low order"):
        implant.write()


@pytest.mark.parametrize("size", [0, HANDSHAKE_OVERHEAD - 1, HANDSHAKE_OVERHEAD + PAYLOAD_MAX + 1])
def test_a_handshake_message_of_a_wrong_length_is_refused(size: int) -> None:
    with pytest.raises(RemoteProtocolError, match=str(size)):
        Handshake(Side.IMPLANT, PSK, HERE, draws(2)).read(bytes(size))


def test_a_repeated_message_is_refused_and_counted(pair: tuple[Sealed, Sealed]) -> None:
    programmer, implant = pair
    message = sealed_by(programmer, b"stop")
    confirmed = [implant.is_confirmed]
    assert implant.open(*message) == b"stop"
    confirmed.append(implant.is_confirmed)
    assert confirmed == [False, True]
    assert refused(implant, *message) is Broken.REPEATED
    assert implant.open(*sealed_by(programmer, b"next")) == b"next"


def test_a_late_message_is_refused_and_a_lost_one_is_survived(pair: tuple[Sealed, Sealed]) -> None:
    programmer, implant = pair
    late, soon = sealed_by(programmer, b"one"), sealed_by(programmer, b"two")
    assert implant.open(*soon) == b"two"
    assert refused(implant, *late) is Broken.REPEATED


def test_a_reflected_message_is_forged_to_whoever_sent_it(pair: tuple[Sealed, Sealed]) -> None:
    programmer, _ = pair
    assert refused(programmer, *sealed_by(programmer, b"start")) is Broken.FORGED


def test_a_message_of_an_earlier_session_is_forged_in_the_next(pair: tuple[Sealed, Sealed]) -> None:
    _, implant = shaken(draws(1), draws(3))
    assert refused(implant, *sealed_by(pair[0], b"start")) is Broken.FORGED
    assert not implant.is_confirmed


def test_any_changed_bit_is_refused_and_the_genuine_message_still_opens(pair: tuple[Sealed, Sealed]) -> None:
    programmer, implant = pair
    number, message = sealed_by(programmer, b"raise", HEADER)
    for bit in range(len(message) * 8):
        assert refused(implant, number, changed(message, bit), HEADER) is Broken.FORGED
    for bit in range(len(HEADER) * 8):
        assert refused(implant, number, message, changed(HEADER, bit)) is Broken.FORGED
    assert refused(implant, number + 1, message, HEADER) is Broken.FORGED
    assert implant.open(number, message, HEADER) == b"raise"


def changed(data: bytes, bit: int) -> bytes:
    flipped = bytearray(data)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


def test_keys_are_renewed_as_the_noise_specification_says(pair: tuple[Sealed, Sealed]) -> None:
    programmer, implant = pair
    key, _ = programmer.first_keys()
    for _ in range(REKEY_EVERY):
        programmer.seal(b"")
    number, message = sealed_by(programmer, b"renewed")
    renewed = ChaCha20Poly1305(key).encrypt(bytes(4) + b"\xff" * 8, bytes(KEY_SIZE), b"")[:KEY_SIZE]
    nonce = bytes(4) + REKEY_EVERY.to_bytes(8, "little")
    assert message == ChaCha20Poly1305(renewed).encrypt(nonce, b"renewed", b"")
    assert implant.open(number, message) == b"renewed"


def test_a_forged_number_of_the_next_key_changes_nothing(pair: tuple[Sealed, Sealed]) -> None:
    programmer, implant = pair
    number, message = sealed_by(programmer, b"here")
    assert refused(implant, REKEY_EVERY, message) is Broken.FORGED
    assert refused(implant, 2 * REKEY_EVERY, message) is Broken.TOO_FAR
    assert implant.open(number, message) == b"here"


def test_lengths_are_held_on_both_sides(pair: tuple[Sealed, Sealed]) -> None:
    programmer, implant = pair
    with pytest.raises(LocalProtocolError, match=str(PAYLOAD_MAX)):
        programmer.seal(bytes(PAYLOAD_MAX + 1))
    assert refused(implant, 0, bytes(TAG_SIZE - 1)) is Broken.LENGTH
    assert refused(implant, 0, bytes(TAG_SIZE + PAYLOAD_MAX + 1)) is Broken.LENGTH
    assert len(programmer.seal(b"")) == TAG_SIZE
    with pytest.raises(LocalProtocolError, match="31"):
        Handshake(Side.PROGRAMMER, bytes(31), HERE, draws(1))
