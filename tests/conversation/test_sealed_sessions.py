"""Pairing by proximity and sealed sessions between a real programmer and a real implant, over lossy wires."""

from __future__ import annotations

from itertools import count
from random import Random

import pytest

from firmware_model.bench import Bench
from firmware_model.device import Device
from firmware_model.gatekeeper import IDLE_US, OLDEST_US
from firmware_model.pairing import WINDOW_US
from firmware_model.patience import KNOCKS
from firmware_model.regions import KEYS as KEYS_REGION
from firmware_model.store import RamMemory
from scs.clock import Duration, Instant
from scs.domain.status import LogKind, Mode, ResetCause, TherapyState
from scs.errors import NoAnswer, NotPaired, Refused, WrongDevice
from scs.programmer.client import Client
from scs.programmer.pairing import NewPair, Pairing, pair
from scs.programmer.sealed_link import FindKey
from scs.programmer.session import REGREETINGS_MAX, Session
from scs.testing.direct_link import DeviceClock, DirectLink
from scs.wire.access import GetAccess, Pair
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Direction, Frame, FrameType, encode
from scs.wire.requests import GetStatus, Open
from scs.wire.responses import RefusedReply, Status, Stopped
from scs.wire.sealing import pairing_key
from scs.wire.spoken import check_words
from scs.wire.terms import PairRole, Reason, Role
from tests.support.implants import a_device, a_group, a_program
from tests.support.sealed import (
    SERIAL,
    SealedSpeaker,
    a_sealed_device,
    hold_magnet,
    in_clear,
    key_of,
    only,
    request_frame,
)
from tests.support.speaker import Speaker

KEYS: FindKey = {SERIAL: (1, key_of(1))}.get
_SEEDS = count(5)
"""Two programmers with the same chance would give the same operation numbers."""


def a_client(device: Device, find_key: FindKey | None = KEYS, **named: object) -> Client:
    return Client.open(DirectLink(device), DeviceClock(device), chance=Random(next(_SEEDS)), find_key=find_key, **named)  # type: ignore[arg-type]


def paired_by(
    device: Device, secret: bytes, role: PairRole = PairRole.CLINICIAN, expected: str | None = None
) -> NewPair:
    pairing = Pairing(secret, role, expected, Random(2), Random(3).randbytes)
    return pair(DirectLink(device), DeviceClock(device), pairing)


def secret_of(device: Device) -> bytes:
    window = device.gate.window
    assert window is not None, "a magnet was held"
    return window.secret


@pytest.mark.hazard("H43")
@pytest.mark.req("S-01", "S-10")
def test_a_magnet_and_its_secret_make_a_pair_and_both_sides_show_the_same_words() -> None:
    device = a_sealed_device(roles=())
    hold_magnet(device)
    made = paired_by(device, secret_of(device), PairRole.PATIENT)
    assert made.serial == SERIAL
    assert made.words == check_words(device.gate.check_transcript)
    key = device.parts.keys.find(made.shared.pair)
    assert key is not None
    assert (key.secret, key.role) == (made.shared.secret, PairRole.PATIENT)
    client = a_client(device, {SERIAL: (made.shared.pair, made.shared.secret)}.get)
    assert client.access().own_pair == made.shared.pair
    assert LogKind.ACCESS in {entry.kind for entry in device.parts.event_log.after(0)}


@pytest.mark.hazard("H43")
@pytest.mark.req("S-10")
def test_without_a_magnet_nobody_is_paired_and_a_secret_is_used_once_and_in_its_minute() -> None:
    device = a_sealed_device(roles=())
    with pytest.raises(NotPaired, match="hold the magnet"):
        paired_by(device, bytes(16))
    hold_magnet(device)
    secret = secret_of(device)
    paired_by(device, secret)
    with pytest.raises(NotPaired):
        paired_by(device, secret)
    hold_magnet(device)
    secret = secret_of(device)
    device.step(device.now + Duration(WINDOW_US))
    assert device.gate.window is None
    with pytest.raises(NotPaired):
        paired_by(device, secret)
    assert len(device.parts.keys.pairs) == 1


@pytest.mark.hazard("H43")
@pytest.mark.req("S-10")
def test_three_wrong_secrets_close_the_window() -> None:
    device = a_sealed_device(roles=())
    hold_magnet(device)
    secret = secret_of(device)
    for number in range(3):
        assert not SealedSpeaker(device, 0, bytes([number]) * 32, seed=number).greet()
    with pytest.raises(NotPaired):
        paired_by(device, secret)


@pytest.mark.hazard("H43")
@pytest.mark.req("S-10")
def test_the_channel_of_a_pairing_gives_one_key_and_nothing_else() -> None:
    device = a_sealed_device(roles=())
    hold_magnet(device)
    speaker = SealedSpeaker(device, 0, pairing_key(secret_of(device)))
    assert speaker.greet()
    assert only(speaker.ask(GetStatus()), RefusedReply).reason is Reason.NOT_FOR_ROLE
    assert only(speaker.ask(Open(1, Role.WRITER)), RefusedReply).reason is Reason.NOT_FOR_ROLE
    first = speaker.ask(Pair(PairRole.CLINICIAN), counter=1)
    assert speaker.ask(Pair(PairRole.CLINICIAN), counter=1) == first, "a repeat gets the same answer"
    assert only(speaker.ask(Pair(PairRole.CLINICIAN), counter=2), RefusedReply).reason is Reason.NOT_FOR_ROLE
    assert len(device.parts.keys.pairs) == 1


def test_a_full_implant_says_so_and_pairs_again_when_one_was_taken_away() -> None:
    device = a_sealed_device(roles=(PairRole.CLINICIAN,) * 6)
    hold_magnet(device)
    with pytest.raises(Refused, match="6 programmers are paired already"):
        paired_by(device, secret_of(device))
    assert a_client(device).unpair(6).pairs[-1] == (5, PairRole.CLINICIAN)
    hold_magnet(device)
    assert paired_by(device, secret_of(device)).shared.pair == 7


@pytest.mark.hazard("H12")
@pytest.mark.req("S-08")
def test_another_implant_than_the_expected_one_is_told_nothing() -> None:
    device = a_sealed_device()
    with pytest.raises(WrongDevice, match=SERIAL):
        a_client(device, expect_serial="SCS-000002")
    hold_magnet(device)
    with pytest.raises(WrongDevice, match=SERIAL):
        paired_by(device, secret_of(device), expected="SCS-000002")
    assert device.gate.counts.handshakes == 0


@pytest.mark.hazard("H43")
@pytest.mark.req("S-01")
def test_who_has_no_key_is_told_how_to_get_one_and_who_has_a_wrong_one_too() -> None:
    device = a_sealed_device()
    with pytest.raises(NotPaired, match="hold a magnet over it for two seconds and pair"):
        a_client(device, lambda _: None)
    with pytest.raises(NotPaired, match="pair again"):
        a_client(device, lambda _: (1, bytes(32)))
    with pytest.raises(Refused, match="sealed channels only"):
        a_client(device, None)
    assert a_client(device).status().mode is Mode.UNPROGRAMMED


def test_everything_that_a_clinician_does_works_in_a_channel() -> None:
    device = a_sealed_device()
    client = a_client(device)
    client.identify()
    written = client.write_group(0, a_group())
    assert client.read_group(0).group == written.held.group
    client.measure_impedance()
    client.start(0)
    client.hold(Duration.of_s(5))
    assert client.status().therapy is TherapyState.ON
    assert client.log()
    client.stop()
    assert device.parts.stimulator.is_idle
    assert client.status().therapy is TherapyState.OFF
    assert client.access().refused == 0


@pytest.mark.hazard("H38")
@pytest.mark.req("S-01", "FW-31")
def test_stop_without_a_session_makes_a_channel_and_stops_in_it() -> None:
    device = a_sealed_device()
    client = a_client(device)
    client.write_group(0, a_group())
    client.start(0)
    client.hold(Duration.of_s(3))
    other = Client.unopened(DirectLink(device, link=1), DeviceClock(device), chance=Random(9), find_key=KEYS)
    other.stop()
    assert device.parts.therapy.group is None
    assert device.parts.stimulator.is_idle


@pytest.mark.hazard("H38")
def test_stop_reaches_an_implant_that_has_lost_the_channel() -> None:
    device = a_sealed_device()
    client = a_client(device)
    device.gate.close_all()
    started = device.now
    client.stop()
    assert started.until(device.now) < Duration.of_s(1), "before a person is told to use the magnet"


class Forgetful(DirectLink):
    """A link to an implant that loses its channels, so many times, as soon as one has been made; with `knocks` also
    what it has counted at its door, as after a loss of power."""

    def __init__(self, device: Device, times: int, *, knocks: bool = False) -> None:
        super().__init__(device)
        self._device, self.times, self._knocks = device, times, knocks

    def read(self, timeout: Duration) -> bytes:
        data = super().read(timeout)
        if self.times and self._device.gate.guests:
            self.times -= 1
            self._device.restart(ResetCause.WATCHDOG_LATE)
            if self._knocks:
                self._device.gate.patience.renew()
        return data


def test_an_implant_that_begins_anew_behind_the_handshake_is_greeted_anew() -> None:
    device = a_sealed_device()
    link = Forgetful(device, times=1)
    started = device.now
    client = Client.open(link, DeviceClock(device), chance=Random(4), find_key=KEYS)
    assert link.times == 0
    assert client.status().mode is Mode.UNPROGRAMMED
    assert started.until(device.now) < Duration.of_s(1)


@pytest.mark.parametrize("times", [1, 2, REGREETINGS_MAX])
def test_an_implant_that_loses_its_power_again_and_again_is_greeted_each_time(times: int) -> None:
    device = a_sealed_device()
    link = Forgetful(device, times, knocks=True)
    started = device.now
    client = Client.open(link, DeviceClock(device), chance=Random(4), find_key=KEYS)
    assert link.times == 0
    assert client.status().role is Role.WRITER
    assert started.until(device.now) < Duration.of_s(1) * times


@pytest.mark.parametrize("knocks", [False, True])
def test_whoever_always_begins_anew_is_given_up_like_one_who_does_not_answer(*, knocks: bool) -> None:
    """Its key was answered before, so nobody is told to pair again; and no more than ten handshakes are made."""
    device = a_sealed_device()
    started = device.now
    link = Forgetful(device, times=1_000, knocks=knocks)
    with pytest.raises(NoAnswer, match="nobody answered"):
        Client.open(link, DeviceClock(device), chance=Random(4), find_key=KEYS)
    assert device.gate.counts.handshakes == (1 + REGREETINGS_MAX if knocks else KNOCKS)
    assert started.until(device.now) < Duration.of_s(20)


def test_a_channel_of_a_former_life_is_not_known_in_the_next_whoever_makes_one_there() -> None:
    """A first message that came twice makes a channel again, and with the same number nobody would hear of the loss."""
    memory = RamMemory()
    device = a_sealed_device(memory)
    speaker = SealedSpeaker(device)
    assert speaker.greet()
    speaker.device = Device(device.parts.config, memory, Random(2), device.now)
    assert SealedSpeaker(speaker.device, seed=8).greet()
    (answer,) = speaker.say(speaker.sealed(request_frame(Open(1, Role.READER))))
    assert only([decode_message(answer.body, Direction.TO_PROGRAMMER)], RefusedReply).reason is Reason.NO_SESSION


@pytest.mark.req("S-10", "S-11", "FW-33")
@pytest.mark.hazard("H29")
def test_with_every_key_lost_a_magnet_stops_reads_and_pairs_also_in_mri_mode_and_never_starts() -> None:
    memory = RamMemory()
    device = a_sealed_device(memory)
    client = a_client(device)
    client.write_group(0, a_group())
    client.enter_mri()
    device.parts.keys.remove(1)
    device.gate.close_all()
    stranger = Speaker(device, link=3)
    bench = Bench(device)
    bench.magnet(is_near=True)
    answers = SealedSpeaker(device, link=2).say(in_clear(GetStatus()))
    assert len(answers) == 1
    assert device.parts.modes.mode is Mode.MRI
    stopped = Client.unopened(
        DirectLink(device, link=4), DeviceClock(device), chance=Random(9), find_key=lambda _: None
    )
    stopped.stop()
    opened = stranger.send(request_frame(Open(1, Role.WRITER)))
    assert _reason(opened) is Reason.SEALED_ONLY
    device.step(device.now + Duration.of_s(3))
    bench.magnet(is_near=False)
    made = paired_by(device, secret_of(device))
    again = a_client(device, {SERIAL: (made.shared.pair, made.shared.secret)}.get)
    assert again.leave_mri().mode is Mode.IDLE


@pytest.mark.req("FW-22")
def test_an_implant_whose_keys_cannot_be_read_is_paired_anew_beside_a_magnet_and_treats() -> None:
    memory = RamMemory()
    a_device(memory).parts.keys.add(PairRole.CLINICIAN, key_of(1))
    for copy in (KEYS_REGION.start, (KEYS_REGION.start + KEYS_REGION.end) // 2):
        memory.write(copy, b"written over")
    device = a_device(memory)
    assert device.parts.keys.is_damaged
    with pytest.raises(Refused, match="sealed channels only; pair with it"):
        Client.open(DirectLink(device), DeviceClock(device))
    hold_magnet(device)
    made = paired_by(device, secret_of(device))
    client = a_client(device, {made.serial: (made.shared.pair, made.shared.secret)}.get)
    client.write_group(0, a_group())
    assert client.start(0).therapy is TherapyState.RAMPING_UP
    assert a_device(memory).parts.keys.pairs == ((made.shared.pair, PairRole.CLINICIAN),)


@pytest.mark.hazard("H40")
@pytest.mark.req("S-01")
def test_a_stop_in_the_clear_is_obeyed_beside_a_magnet_only() -> None:
    device = a_sealed_device()
    client = a_client(device)
    client.write_group(0, a_group())
    client.start(0)
    client.hold(Duration.of_s(3))
    stranger = Client.unopened(DirectLink(device, link=4), DeviceClock(device), chance=Random(9))
    with pytest.raises(NoAnswer, match="magnet"):
        stranger.stop(Duration.of_s(1))
    assert device.parts.therapy.group is not None
    Bench(device).magnet(is_near=True)
    stranger.stop(Duration.of_s(1))
    assert device.parts.therapy.group is None


@pytest.mark.hazard("H43")
def test_an_acknowledgement_in_the_clear_is_not_believed_by_who_has_a_key() -> None:
    """Somebody who answers STOP in the place of the implant would hide that stimulation goes on."""
    session = Session(Random(1), find_key=KEYS)
    session.stop(Instant(0))
    session.poll(Instant(0))
    session.receive(encode(Frame(FrameType.STOPPED, 0, 1, encode_message(Stopped(5)))))
    session.poll(Instant(1_000))
    assert session.is_stopping
    assert session.rejected == 1


@pytest.mark.hazard("H43")
@pytest.mark.req("S-06", "S-20")
def test_an_implanted_implant_never_talks_in_the_clear_again_until_it_is_explanted() -> None:
    memory = RamMemory()
    device = a_device(memory)
    device.parts.keys.add(PairRole.CLINICIAN, key_of(1))
    plain = a_client(device, None)
    with pytest.raises(Refused, match="sealed channel only"):
        plain.mark_implanted()
    plain.close()
    assert a_client(device).mark_implanted().is_implanted
    for again in (device, a_device(memory)):
        with pytest.raises(Refused, match="sealed channels only"):
            a_client(again, None)
    Bench(device).explant()
    assert a_client(a_device(memory), None).access().pairs == ()


@pytest.mark.hazard("H43")
@pytest.mark.req("S-06")
def test_a_patients_key_moves_amplitude_within_its_range_and_writes_nothing() -> None:
    device = a_sealed_device(roles=(PairRole.CLINICIAN, PairRole.PATIENT, PairRole.SERVICE))
    with a_client(device) as clinician:
        clinician.write_group(0, a_group(a_program(amplitude_ua=2_000, patient=(1_000, 3_000))))
    with a_client(device, {SERIAL: (2, key_of(2))}.get) as patient:
        patient.start(0)
        patient.hold(Duration.of_s(3))
        assert patient.set_amplitude(0, 3_000).targets_ua == (3_000,)
        for amplitude_ua in (900, 3_100):
            with pytest.raises(Refused, match="outside of the patient's range"):
                patient.set_amplitude(0, amplitude_ua)
        for act in (patient.clear_fault, patient.enter_storage, patient.mark_implanted):
            with pytest.raises(Refused, match="made for a patient"):
                act()
        with pytest.raises(Refused, match="made for a patient"):
            patient.write_group(1, a_group())
        patient.soft_stop()
        patient.hold(Duration.of_s(5))
        patient.enter_mri()
        patient.leave_mri()
    with a_client(device, {SERIAL: (3, key_of(3))}.get) as service, pytest.raises(Refused, match="made for a service"):
        service.start(0)


@pytest.mark.hazard("H43")
@pytest.mark.req("S-19")
def test_a_channel_ends_after_ten_silent_minutes_and_after_eight_hours_of_talk() -> None:
    device = a_sealed_device()
    speaker = SealedSpeaker(device)
    assert speaker.greet()
    speaker.ask(Open(1, Role.READER))
    device.step(device.now + Duration(IDLE_US))
    assert not device.gate.guests
    talker = SealedSpeaker(device, seed=8)
    assert talker.greet()
    began = device.now
    while device.gate.guests:
        talker.ask(Open(1, Role.READER))
        device.step(device.now + Duration(IDLE_US - 1))
    assert began.until(device.now) >= Duration(OLDEST_US)


def test_taking_a_pair_away_ends_its_channels_at_once() -> None:
    device = a_sealed_device(roles=(PairRole.CLINICIAN, PairRole.PATIENT))
    patient = SealedSpeaker(device, 2, link=1)
    assert patient.greet()
    assert patient.ask(Open(1, Role.READER))
    clinician = a_client(device)
    assert clinician.unpair(2).pairs == ((1, PairRole.CLINICIAN),)
    assert patient.ask(GetAccess()) == []
    assert not SealedSpeaker(device, 2, link=1, seed=9).greet()


def test_a_session_cannot_be_reached_from_the_channel_of_another_pair() -> None:
    device = a_sealed_device(roles=(PairRole.CLINICIAN, PairRole.PATIENT))
    clinician = a_client(device)
    number = next(iter(device.links.sessions))
    thief = SealedSpeaker(device, 2, link=1)
    assert thief.greet()
    answer = only(thief.ask(GetStatus(), number, 1_000), RefusedReply)
    assert answer.reason is Reason.NO_SESSION
    assert isinstance(clinician.status(), Status)


def test_a_channel_follows_its_programmer_to_another_link() -> None:
    device = a_sealed_device()
    speaker = SealedSpeaker(device, link=1)
    assert speaker.greet()
    assert speaker.ask(Open(1, Role.READER))
    speaker.link = 2
    assert speaker.ask(Open(1, Role.READER)), "the key tells who speaks, and not the wire"


def _reason(frames: list[Frame]) -> Reason:
    (frame,) = frames
    message = decode_message(frame.body, Direction.TO_PROGRAMMER)
    assert isinstance(message, RefusedReply)
    return message.reason


@pytest.mark.hazard("H43")
@pytest.mark.req("S-12")
def test_the_patient_feels_a_pairing_the_opening_of_a_session_and_a_commit() -> None:
    device = a_sealed_device(roles=())
    hold_magnet(device)
    made = paired_by(device, secret_of(device))
    assert (device.vibration.count, device.vibration.why) == (1, LogKind.ACCESS)
    device.step(device.now + Duration.of_s(5))
    client = a_client(device, {SERIAL: (made.shared.pair, made.shared.secret)}.get)
    assert (device.vibration.count, device.vibration.why) == (2, LogKind.SESSION_OPENED)
    client.hold(Duration.of_s(5))
    client.status()
    assert device.vibration.count == 2, "what only looks is not felt"
    client.write_group(0, a_group())
    assert (device.vibration.count, device.vibration.why) == (3, LogKind.GROUP_COMMITTED)


@pytest.mark.hazard("H43")
@pytest.mark.req("S-03")
def test_two_implants_of_one_serial_number_share_no_secret_and_neither_do_two_pairings() -> None:
    secrets = set()
    for seed in range(3):
        device = a_sealed_device(roles=())
        device.gate.draw_from(Random(seed).randbytes)
        for _ in range(2):
            hold_magnet(device)
            secrets.add(secret_of(device))
            secrets.add(paired_by(device, secret_of(device)).shared.secret)
    assert len(secrets) == 3 * 2 * 2
