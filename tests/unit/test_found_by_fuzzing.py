"""What fuzzing and the searches have found, one test each, in words that a person can follow."""

from __future__ import annotations

import json
from random import Random

import cbor2
import pytest

from firmware_model.snapshot import restore_snapshot, take_snapshot
from programmer_tui.catalogue import actions
from programmer_tui.keymap import read_keymap
from scs.cli.main import main
from scs.clock import Instant
from scs.domain.profile import parse_profile
from scs.domain.status import LogKind
from scs.errors import BadFile, RemoteProtocolError
from scs.programmer.session import Session, State
from scs.training.class_list import read_result
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Decoder, Direction, Frame, FrameType, encode
from scs.wire.messages import Message
from scs.wire.requests import Open, Start
from scs.wire.responses import LogNotice, Stopped
from scs.wire.trace import parse_trace
from tests.support.implants import a_device

NOW = Instant(0)


@pytest.mark.hazard("H45")
@pytest.mark.req("LK-02")
@pytest.mark.parametrize(
    "message", [Stopped(5), LogNotice(1, 2, LogKind.POWER_ON, "hello")], ids=lambda m: type(m).__name__
)
def test_a_notice_in_the_frame_of_an_answer_answers_nothing(message: Message) -> None:
    """It ended the programmer, in the middle of whatever it was doing."""
    session = Session(Random(1))
    session.open(NOW)
    session.receive(encode(Frame(FrameType.RESPONSE, 0, 0, encode_message(message))))
    session.poll(NOW)
    assert session.state is State.OPENING
    assert session.next_event() is None


@pytest.mark.hazard("H45")
@pytest.mark.req("LK-02")
@pytest.mark.parametrize("twin", [True, 1.0])
def test_a_key_that_python_takes_for_one_is_no_key_one(twin: object) -> None:
    """Such a body was taken, so that one message had more than one encoding."""
    honest = cbor2.loads(encode_message(Start(7, 0)))
    forged = cbor2.dumps({twin if key == 1 else key: value for key, value in honest.items()})
    assert forged != encode_message(Start(7, 0))
    with pytest.raises(RemoteProtocolError, match="other keys"):
        decode_message(forged, Direction.TO_IMPLANT)


def test_a_number_of_thousands_of_digits_in_a_trace_is_refused_with_its_line() -> None:
    text = '{"format": "scs-trace/1", "serial": ' + "9" * 5_000 + "}"
    with pytest.raises(BadFile, match="line 1 is no JSON"):
        parse_trace("a.trace", text)


def test_no_file_moves_the_cursor_of_who_is_told_about_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadFile) as caught:
        read_keymap("keys.toml", '"\\u001b[2J" = "f10"\n', actions())
    assert "\\x1b[2J is no action" in str(caught.value)
    assert main(["profiles", "\x1b[2J"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_a_saved_result_with_other_kinds_of_fields_is_refused_before_it_is_listed() -> None:
    fields = {
        "format": "scs-training-result/1", "scenario": "s", "title": "t", "trainee": "a", "seed": 1, "score": 1,
        "pass_score": 1, "is_passed": True, "parts": {}, "goals": [], "moments": [],
    }  # fmt: skip
    assert read_result("r.json", json.dumps(fields)) == fields
    for name, value in (("parts", []), ("moments", [{"kind": "did"}]), ("score", "many"), ("goals", None)):
        with pytest.raises(BadFile, match=name):
            read_result("r.json", json.dumps({**fields, name: value}))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ('"firmware_model.links:Links"', '"firmware_model.lonks:Links"'),
        ('"firmware_model.links:Links"', '"scs.cli.main:main"'),
    ],
)
def test_a_snapshot_that_names_another_class_is_refused_and_changes_nothing(place: str, said: str) -> None:
    device = a_device()
    text = take_snapshot(device)
    assert place in text
    before = device.inner_state
    with pytest.raises(BadFile):
        restore_snapshot(device, text.replace(place, said))
    assert device.inner_state == before


def test_a_snapshot_with_a_part_of_another_kind_is_refused_and_changes_nothing() -> None:
    """It was half restored before it failed."""
    device = a_device()
    document = json.loads(take_snapshot(device))
    before = (device.parts.store, device.inner_state)
    for damaged in (
        {**document, "device": document["parts"]["store"]},
        {**document, "device": None},
        {**document, "parts": {**document["parts"], "store": 7}},
        {**document, "parts": {**document["parts"], "store": None}},
    ):
        with pytest.raises(BadFile, match="damaged"):
            restore_snapshot(device, json.dumps(damaged))
    assert (device.parts.store, device.inner_state) == before


def test_a_snapshot_fits_whatever_number_of_programs_is_clipped_by_now() -> None:
    """With another number than at the time it was called damaged."""
    device = a_device()
    text = take_snapshot(device)
    links, staging, none_clipped = device.inner_state
    device.inner_state = (links, staging, (0, 1))
    restore_snapshot(device, text)
    assert device.inner_state[2] == none_clipped


DIGITS = "9" * 5_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"id = {DIGITS}", "a number with thousands of digits"),
        ("id = " + "[" * 5_000, "nested too deeply"),
        ("id" + ".id" * 40 + " = 1", "nested too deeply"),
    ],
)
def test_neither_a_profile_nor_a_file_of_keys_is_read_beyond_what_can_be(text: str, said: str) -> None:
    """Both had a reader of their own, which fell over what the others refuse."""
    with pytest.raises(BadFile, match=f"mine.toml: .*{said}"):
        parse_profile(text, "mine.toml")
    with pytest.raises(BadFile, match=f"mine.toml: .*{said}"):
        read_keymap("mine.toml", text, actions())


def test_a_key_of_very_many_dots_is_refused_before_it_is_walked_through() -> None:
    """A file of the size that is allowed took hours to be refused."""
    with pytest.raises(BadFile, match="nested too deeply"):
        read_keymap("mine.toml", "a" + ".a" * 400_000 + ' = "f10"', actions())
    with pytest.raises(BadFile, match=r"a\.a\.a\.a\.a\.a\.a\.a\.a is no action"):
        read_keymap("mine.toml", "a" + ".a" * 30 + ' = "f10"', actions())


def test_the_opening_of_a_session_says_what_it_always_said() -> None:
    """The guard above stands before the answer to Open: that must still be heard."""
    session = Session(Random(1))
    session.open(NOW)
    (frame,) = Decoder(Direction.TO_IMPLANT).receive(session.take_output())
    assert isinstance(decode_message(frame.body, Direction.TO_IMPLANT), Open)
