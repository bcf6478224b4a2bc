"""Who has no key, or an old recording, against a sealed implant: refused, counted, and cheap for the implant."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from firmware_model.gatekeeper import CHANNELS_MAX, UNPROVED_MAX
from firmware_model.patience import (
    AWAKE_DAY_US,
    AWAKE_KNOCK_US,
    DAY_US,
    FAILURES_MAX,
    KNOCKS,
    REFILL_US,
    SLOW_REFILL_US,
)
from scs.clock import Duration
from scs.domain.status import LogKind
from scs.wire.access import Discover, Discovered
from scs.wire.channel import Greeting
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Decoder, Direction, Frame, FrameType, encode
from scs.wire.requests import GetStatus, Open, SetAmplitude, Start
from scs.wire.responses import Opened, RefusedReply, Status
from scs.wire.terms import PairRole, Reason, Role
from tests.support.sealed import (
    SERIAL,
    SealedSpeaker,
    a_sealed_device,
    hold_magnet,
    in_clear,
    only,
    request_frame,
)

WRONG = bytes(32)


def forged_hellos(seed: int = 1) -> Iterator[bytes]:
    chance = Random(seed)
    while True:
        yield encode(Frame(FrameType.HELLO, 1, chance.getrandbits(32), chance.randbytes(48)))


@pytest.mark.hazard("H43")
@pytest.mark.req("S-04")
def test_a_recorded_session_that_is_played_again_does_nothing() -> None:
    device = a_sealed_device()
    speaker = SealedSpeaker(device)
    assert speaker.greet()
    recorded = [speaker.greeting.hello, speaker.sealed(request_frame(Open(1, Role.WRITER)))]
    assert speaker.opened(speaker.say(recorded[1]))
    recorded.append(speaker.sealed(request_frame(GetStatus(), next(iter(device.links.sessions)), 1)))
    assert speaker.opened(speaker.say(recorded[2]))
    heard, refused = len(speaker.heard), device.gate.refused_in_channels
    # In the same session, in the next one, and after a reset of the implant.
    for data in recorded:
        speaker.say(data)
    assert device.gate.refused_in_channels == refused + 2
    other = SealedSpeaker(device, seed=8)
    assert other.greet()
    for data in recorded:
        speaker.say(data)
    device.gate.close_all()
    for data in recorded:
        speaker.say(data)
    assert len(device.links.sessions) == 1
    assert [frame.type for frame in speaker.heard[heard:]].count(FrameType.SEALED_TO_PROGRAMMER) == 0


@pytest.mark.hazard("H43")
@pytest.mark.req("S-04")
def test_an_old_first_message_makes_at_most_a_channel_that_nobody_can_use_and_few_of_those() -> None:
    device = a_sealed_device()
    speakers = [SealedSpeaker(device, seed=seed) for seed in range(40)]
    for nonce, speaker in enumerate(speakers):
        assert speaker.greet()
        assert speaker.ask(Open(nonce, Role.READER))
    assert len(device.gate.guests) <= CHANNELS_MAX
    device.gate.close_all()
    for speaker in speakers:
        speaker.say(speaker.greeting.hello)
        speaker.say(speaker.sealed(request_frame(GetStatus())))
        assert sum(not guest.is_proved for guest in device.gate.guests.values()) <= UNPROVED_MAX
    assert device.gate.counts.throttled > 0


@pytest.mark.hazard("H43")
@pytest.mark.req("S-04")
def test_reflected_reordered_and_changed_frames_are_refused_and_the_session_goes_on() -> None:
    device = a_sealed_device()
    speaker = SealedSpeaker(device)
    assert speaker.greet()
    (answer,) = speaker.say(speaker.sealed(request_frame(Open(1, Role.WRITER))))
    reflected = Frame(FrameType.SEALED_TO_IMPLANT, answer.session, answer.counter + 9, answer.body)
    assert speaker.say(encode(reflected)) == []
    late, soon = (speaker.sealed(request_frame(GetStatus())) for _ in range(2))
    assert speaker.opened(speaker.say(soon))
    assert speaker.say(late) == []
    (frame,) = Decoder(Direction.TO_IMPLANT).receive(speaker.sealed(request_frame(GetStatus())))
    for bit in range(0, 8 * len(frame.body), 7):
        body = bytearray(frame.body)
        body[bit // 8] ^= 1 << bit % 8
        assert speaker.say(encode(Frame(frame.type, frame.session, frame.counter, bytes(body)))) == []
    for changed in (
        Frame(frame.type, frame.session, frame.counter + 1, frame.body),
        Frame(frame.type, frame.session, frame.counter - 3, frame.body),
        Frame(frame.type, frame.session, 2**32 - 1, frame.body),
    ):
        assert speaker.say(encode(changed)) == []
    assert speaker.opened(speaker.say(encode(frame)))


@pytest.mark.hazard("H40", "H41")
@pytest.mark.req("S-09", "S-17")
def test_forged_first_messages_are_answered_with_silence_cost_no_key_and_are_throttled() -> None:
    drawn: list[int] = []
    device = a_sealed_device()
    draw = device.gate._draw

    def counted(size: int) -> bytes:
        drawn.append(size)
        return draw(size)

    device.gate._draw = counted
    attacker, hellos = SealedSpeaker(device, key=WRONG), forged_hellos()
    for _ in range(1_000):
        assert attacker.say(next(hellos)) == []
    assert drawn == [], "a key is drawn for a Diffie-Hellman, and for nothing else"
    counts = device.gate.counts
    assert (counts.forged, counts.throttled) == (KNOCKS, 1_000 - KNOCKS)
    device.step(device.now + Duration(REFILL_US))
    for _ in range(10):
        attacker.say(next(hellos))
    assert counts.forged == KNOCKS + 1
    entries = [entry for entry in device.parts.event_log.after(0) if entry.kind is LogKind.ACCESS]
    assert len(entries) == 1, "a flood does not wash the log away"


@pytest.mark.hazard("H40", "H41")
@pytest.mark.req("S-09")
def test_after_ten_failures_a_knock_takes_ten_minutes_until_a_magnet_comes() -> None:
    device = a_sealed_device()
    attacker, hellos = SealedSpeaker(device, key=WRONG), forged_hellos()
    while device.gate.counts.forged < FAILURES_MAX:
        attacker.say(next(hellos))
        device.step(device.now + Duration(REFILL_US))
    honest = SealedSpeaker(device, seed=3)
    while attacker.say(next(hellos)) == [] and device.gate.counts.throttled == 0:
        pass
    assert not honest.greet()
    device.step(device.now + Duration(SLOW_REFILL_US))
    assert honest.greet()
    hold_magnet(device)
    assert SealedSpeaker(device, seed=4).greet()


@pytest.mark.hazard("H41")
@pytest.mark.req("S-09")
def test_strangers_keep_the_receiver_awake_for_an_hour_a_day_at_most_and_open_channels_do_not_suffer() -> None:
    device = a_sealed_device()
    friend = SealedSpeaker(device, link=1)
    assert friend.greet()
    assert friend.ask(Open(1, Role.READER))
    stranger = SealedSpeaker(device, link=2)
    # The ration but for a few frames, as a day of knocking would use it up.
    device.gate.patience._used_us = AWAKE_DAY_US - 3 * AWAKE_KNOCK_US
    answers = [stranger.say(in_clear(Discover(nonce))) for nonce in range(10)]
    assert [len(frames) for frames in answers] == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert friend.ask(Open(2, Role.READER))
    assert not SealedSpeaker(device, link=3, seed=5).greet(), "even a key is not looked at any more today"
    device.step(device.now + Duration(DAY_US))
    assert stranger.say(in_clear(Discover(11)))


@pytest.mark.hazard("H41")
@pytest.mark.req("S-09")
def test_a_stranger_draws_from_the_battery_only_while_the_receiver_is_awake() -> None:
    device = a_sealed_device()
    stranger = SealedSpeaker(device)
    stranger.say(in_clear(Discover(1)))
    assert device.gate.is_awake_for_strangers
    device.step(device.now + Duration(AWAKE_KNOCK_US))
    assert not device.gate.is_awake_for_strangers


@pytest.mark.hazard("H42", "H43")
@pytest.mark.req("S-01", "S-02")
def test_in_the_clear_an_implant_says_who_it_is_and_nothing_else() -> None:
    device = a_sealed_device()
    stranger = SealedSpeaker(device)
    (frame,) = stranger.say(in_clear(Discover(5)))
    said = decode_message(frame.body, Direction.TO_PROGRAMMER)
    assert isinstance(said, Discovered)
    assert (said.nonce, said.serial, said.is_sealed, said.is_pairing) == (5, SERIAL, True, False)
    for request in (Open(1, Role.WRITER), GetStatus(), Start(1, 0), SetAmplitude(2, 0, 100, ())):
        (frame,) = stranger.say(in_clear(request))
        refused = decode_message(frame.body, Direction.TO_PROGRAMMER)
        assert isinstance(refused, RefusedReply)
        assert refused.reason is Reason.SEALED_ONLY
    assert not device.links.sessions
    assert device.gate.counts.in_the_clear == 4


@pytest.mark.hazard("H42")
@pytest.mark.req("S-02")
def test_nothing_of_a_message_can_be_read_on_the_wire() -> None:
    device = a_sealed_device()
    speaker = SealedSpeaker(device)
    assert speaker.greet()
    opened = only(speaker.ask(Open(1, Role.WRITER)), Opened)
    status = only(speaker.ask(GetStatus(), opened.session, 1), Status)
    on_the_wire = b"".join(frame.body for frame in speaker.heard)
    assert encode_message(status) not in on_the_wire
    assert encode_message(opened) not in on_the_wire


@pytest.mark.hazard("H43")
@pytest.mark.req("S-08")
@pytest.mark.parametrize("serial", ["SCS-000002", "SCS-00000"])
def test_a_handshake_for_another_implant_or_pair_is_refused(serial: str) -> None:
    device = a_sealed_device(roles=(PairRole.CLINICIAN, PairRole.PATIENT))
    speaker = SealedSpeaker(device)
    key = device.parts.keys.find(1)
    assert key is not None
    chance = Random(4)
    for pair, name in ((1, serial), (2, SERIAL), (3, SERIAL), (65_535, SERIAL)):
        hello = Greeting(pair, key.secret, name, 1, lambda: chance.randbytes(32)).hello
        assert speaker.say(hello) == []
    assert device.gate.counts.forged == 4
