"""A captured channel is read with the key log of its test session, without it not at all, and sent again in vain."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from firmware_model.device import Device
from firmware_model.host import Host
from scs.cli.key_log import key_log
from scs.cli.main import main
from scs.clock import WallClock
from scs.errors import BadFile, LocalProtocolError
from scs.transport.tcp_listener import TcpListener
from scs.wire.access import MarkImplanted, Pair
from scs.wire.capture import Packet
from scs.wire.capture_view import json_fields, line, look
from scs.wire.channel import Channel, answer_hello
from scs.wire.framing import Decoder, Direction, Frame, FrameType, encode
from scs.wire.keylog import ENVIRONMENT, KeyLog, keys_of_implant, parse_key_log
from scs.wire.requests import GetStatus, Open
from scs.wire.sealing import REKEY_EVERY, pairing_key
from scs.wire.terms import PairRole, Role
from tests.support.captures import capture_of, packets
from tests.support.sealed import KEY, SERIAL, SealedSpeaker, a_sealed_device, hold_magnet, request_frame

TO_IMPLANT, TO_PROGRAMMER = Direction.TO_IMPLANT, Direction.TO_PROGRAMMER


class Overheard(SealedSpeaker):
    """A programmer whose words and answers are written down as they stand on the wire."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.runs: list[tuple[Direction, bytes]] = []

    def say(self, data: bytes) -> list[Frame]:
        frames = super().say(data)
        self.runs += [(TO_IMPLANT, data), *((TO_PROGRAMMER, encode(frame)) for frame in frames)]
        return frames

    @property
    def packets(self) -> list[Packet]:
        return packets(*self.runs)


def a_session(device: Device) -> Overheard:
    """A handshake, a session, and a question in it."""
    speaker = Overheard(device)
    assert speaker.greet()
    (opened,) = speaker.ask(Open(1, Role.READER))
    assert speaker.ask(GetStatus(), session=getattr(opened, "session", 0), counter=1)
    return speaker


def only_channel(device: Device) -> Channel:
    """The implant's side of the one channel that it has."""
    (guest,) = device.gate.guests.values()
    return guest.channel


@contextmanager
def logged(device: Device, path: Path) -> Iterator[list[str]]:
    said: list[str] = []
    with key_log(device, {ENVIRONMENT: str(path)}, said.append):
        yield said


def test_a_capture_is_read_with_the_keys_that_its_test_session_wrote_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    device, log, file = a_sealed_device(), tmp_path / "keys", tmp_path / "sealed.pcapng"
    with logged(device, log) as said:
        conversation = a_session(device)
    assert "whoever has it reads the captures" in said[0]
    assert log.stat().st_mode & 0o077 == 0
    file.write_bytes(capture_of(conversation.packets))
    assert main(["wire", "decode", str(file)]) == 0
    sealed = capsys.readouterr().out
    assert "GetStatus" not in sealed
    number = only_channel(device).number
    assert f"SEALED_TO_IMPLANT session {number} #0 " in sealed
    assert main(["wire", "decode", str(file), "--keys", str(log), "--format", "json"]) == 0
    rows = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert [row.get("message", row["type"]) for row in rows] == [
        "hello", "welcome", "Open", "Opened", "GetStatus", "Status",
    ]  # fmt: skip
    assert rows[4]["sealed_in"] == {"channel": number, "number": 1}
    assert rows[5]["fields"]["mode"] == "unprogrammed"


def test_the_keys_of_another_channel_open_nothing_and_one_number_may_name_several(tmp_path: Path) -> None:
    first, second = a_sealed_device(), a_sealed_device()
    log = tmp_path / "keys"
    with logged(second, log):
        SealedSpeaker(second, seed=8).greet()
    conversation = a_session(first)
    others = parse_key_log("keys", log.read_text())
    seen = [look(number, packet, others) for number, packet in enumerate(conversation.packets)]
    assert [it.problem for it in seen[2:]] == ["no key of the log opens it"] * 4
    assert line(seen[2], 0).endswith("bytes: no key of the log opens it")
    log.write_text(f"# two\n{log.read_text()}\n{keys_of_implant(only_channel(first)).line()}\n")
    both = parse_key_log("keys", log.read_text())
    assert [look(0, packet, both).message_word for packet in conversation.packets[2:]][::2] == ["Open", "GetStatus"]


def test_the_key_that_a_pairing_gives_is_never_shown(tmp_path: Path) -> None:
    device, log = a_sealed_device(), tmp_path / "keys"
    with logged(device, log):
        hold_magnet(device)
        window = device.gate.window
        assert window is not None
        speaker = Overheard(device, 0, pairing_key(window.secret))
        assert speaker.greet()
        (paired,) = speaker.ask(Pair(PairRole.PATIENT))
    secret = getattr(paired, "key", b"")
    assert len(secret) == 32
    seen = look(0, speaker.packets[-1], parse_key_log("keys", log.read_text()))
    assert seen.message_word == "Paired"
    assert json_fields(seen)["fields"]["key"] == "kept-back"
    assert "key=kept-back" in line(seen, 0)
    assert secret.hex()[:8] not in line(seen, 0) + json.dumps(json_fields(seen)["fields"])


@pytest.mark.req("S-23")
def test_an_implant_that_is_marked_as_implanted_writes_no_keys(tmp_path: Path) -> None:
    device, log = a_sealed_device(), tmp_path / "keys"
    with logged(device, log):
        speaker = a_session(device)
        (opened,) = speaker.ask(Open(2, Role.WRITER))
        speaker.ask(MarkImplanted(1), session=getattr(opened, "session", 0), counter=1)
        assert device.parts.keys.is_implanted
        assert SealedSpeaker(device, seed=9).greet()
    assert len(log.read_text().splitlines()) == 1, "the channel that was made before the mark, and no other"


@pytest.mark.req("S-23")
def test_without_the_variable_no_key_is_written_and_none_is_asked_for(tmp_path: Path) -> None:
    device = a_sealed_device()
    said: list[str] = []
    with key_log(device, {}, said.append):
        a_session(device)
        assert device.gate.on_channel is None
    assert not said
    with pytest.raises(BadFile, match="cannot be written"), logged(device, tmp_path / "no" / "folder"):
        pass


def test_keys_that_were_renewed_follow_from_the_first_ones() -> None:
    device = a_sealed_device()
    speaker = SealedSpeaker(device)
    assert speaker.greet()
    channel = speaker.channel
    assert channel is not None
    keys = KeyLog([keys_of_implant(only_channel(device))])
    inner = request_frame(GetStatus(), 1, 1)
    wrapped = [channel.wrap(inner) for _ in range(REKEY_EVERY + 1)]
    for sealed in (wrapped[-1], wrapped[0]):
        (outer,) = Decoder(TO_IMPLANT).receive(sealed)
        assert keys.open(outer) == inner
    far = Frame(FrameType.SEALED_TO_IMPLANT, outer.session, 2**32 - 1, outer.body)
    assert keys.open(far) is None, "a number that was made up costs no million changes of the key"
    with pytest.raises(LocalProtocolError, match="forgotten"):
        channel.sealed.first_keys()


@pytest.mark.parametrize(
    "row",
    ["1", "1 00 00 00", f"0 {'00' * 32} {'00' * 32} {'00' * 32}", f"x {'00' * 32} {'00' * 32} {'00' * 32}",
     f"1 {'00' * 32} {'00' * 32}", f"1 {'00' * 32} {'00' * 32} {'zz' * 32}"],
)  # fmt: skip
def test_a_line_that_holds_no_keys_is_refused_and_not_repeated(row: str) -> None:
    with pytest.raises(BadFile, match="line 2 is no channel, hash of its handshake and two keys") as refused:
        parse_key_log("keys", f"# remark\n{row}\n")
    assert "zz" not in str(refused.value)


@pytest.mark.req("S-05")
def test_the_pairing_key_alone_does_not_open_what_was_recorded() -> None:
    """Somebody has the capture, and years later the key: he can play the implant, and gets other keys than it did."""
    device = a_sealed_device()
    recorded = a_session(device).packets
    hello, _, question = (Decoder(packet.direction).receive(packet.data)[0] for packet in recorded[:3])
    chance, number = Random(1), only_channel(device).number
    _, his = answer_hello(hello, KEY, SERIAL, lambda: number, lambda: chance.randbytes(32))
    assert KeyLog([keys_of_implant(his)]).open(question) is None
    assert KeyLog([keys_of_implant(only_channel(device))]).open(question) is not None


@pytest.mark.req("S-21")
def test_a_sealed_frame_that_was_changed_is_refused_however_right_its_check_sum_is() -> None:
    device = a_sealed_device()
    speaker = SealedSpeaker(device)
    assert speaker.greet()
    (outer,) = Decoder(TO_IMPLANT).receive(speaker.sealed(request_frame(Open(1, Role.READER))))
    for place in range(len(outer.body)):
        body = bytearray(outer.body)
        body[place] ^= 0x10
        assert speaker.say(encode(outer._replace(body=bytes(body)))) == []
    assert speaker.say(encode(outer._replace(counter=outer.counter + 1))) == []
    assert device.gate.refused_in_channels == len(outer.body) + 1
    assert len(speaker.say(encode(outer))) == 1, "the genuine one is still taken"


class _Quiet:
    is_live = False

    def event(self, text: str) -> None: ...

    def live(self, text: str) -> None: ...


@contextmanager
def served(device: Device) -> Iterator[str]:
    """The implant behind TCP, in real time."""
    with TcpListener("127.0.0.1", 0) as listener:
        host = Host(device, listener, WallClock(), _Quiet())
        thread = threading.Thread(target=host.run, name="implant")
        thread.start()
        try:
            yield listener.address
        finally:
            host.close()
            thread.join(10)


@pytest.mark.req("S-04")
def test_a_sealed_session_that_is_sent_again_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    device, file = a_sealed_device(), tmp_path / "sealed.pcapng"
    file.write_bytes(capture_of(a_session(device).packets))
    sent_again = ["wire", "replay", str(file), "--to"]
    assert main([*sent_again, "tcp:127.0.0.1:1"]) == 2
    assert "packet 3 is sealed, so nobody can see whether it stimulates" in capsys.readouterr().err
    before = device.gate.refused_in_channels
    with served(device) as address:
        assert main([*sent_again, address, "--dummy-load", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["sealed"] == 4
    assert not found["same"]
    silent = [it["sentence"] for it in found["differences"]]
    assert [sentence for sentence in silent if "SEALED_TO_PROGRAMMER" in sentence and "is not now" in sentence]
    assert device.gate.refused_in_channels == before + 2, "both requests came again, and both were refused"
    assert device.gate.counts.handshakes == 1, "and the handshake made no second channel"
