"""Messages and prescriptions as bytes: what goes in comes out, and whatever comes in is answered with a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scs.domain.fields import Prescription
from scs.domain.profile import find_profile, profile_ids
from scs.domain.status import LogKind
from scs.errors import RemoteProtocolError
from scs.wire.codec import decode_message, encode_message
from scs.wire.describe import cddl
from scs.wire.framing import BODY_MAX, Direction
from scs.wire.prescription import KEYS, decode_group, decode_implant, decode_profile, encode_document, encode_group
from scs.wire.requests import Stage
from scs.wire.responses import Chunk, LogPage, Status
from scs.wire.schema import FIELDS, MESSAGES
from scs.wire.terms import CHUNK_MAX, Object
from tests.support.implants import a_group

ROOT = Path(__file__).parents[2]


@given(st.binary(max_size=BODY_MAX))
@pytest.mark.hazard("H45")
@pytest.mark.req("LK-02")
def test_any_body_gives_a_message_or_a_sentence(body: bytes) -> None:
    for direction in Direction:
        try:
            message = decode_message(body, direction)
        except RemoteProtocolError as error:
            assert str(error)  # noqa: PT017 - both outcomes are right, and each is checked
        else:
            assert encode_message(message) == body


@given(st.binary(max_size=300))
@pytest.mark.hazard("H45")
@pytest.mark.req("LK-02")
def test_any_bytes_give_an_object_or_a_sentence(data: bytes) -> None:
    for decode in (decode_group, decode_implant, decode_profile):
        with pytest.raises(RemoteProtocolError):
            decode(data)


def test_the_largest_chunk_fits_a_body() -> None:
    digest, data = b"\xff" * 32, b"\xff" * CHUNK_MAX
    assert len(encode_message(Stage(255, 65535, 65535, digest, data))) <= BODY_MAX
    assert len(encode_message(Chunk(Object.STAGED, 255, 65535, 65535, 2**32 - 1, digest, data))) <= BODY_MAX


def test_a_prescription_has_one_wire_key_a_field() -> None:
    for model, keys in KEYS.items():
        assert issubclass(model, Prescription)
        assert set(keys) == set(model.model_fields), model
        assert len(set(keys.values())) == len(keys), model
        # One byte each. Some numbers between are kept free for what belongs beside its neighbours.
        assert all(0 < key < 24 for key in keys.values()), model


@pytest.mark.parametrize("profile_id", profile_ids())
def test_a_profile_survives_the_wire(profile_id: str) -> None:
    profile = find_profile(profile_id)
    assert decode_profile(encode_document(profile)) == profile


def test_the_grammar_in_the_docs_is_the_one_that_is_spoken() -> None:
    written = (ROOT / "docs" / "protocol.cddl").read_text(encoding="utf-8")
    assert written == cddl(), "run `make docs`: docs/protocol.cddl is made from the declarations"


def test_every_message_names_its_clause() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    for message in MESSAGES.values():
        summary = message.__doc__ or ""
        if summary.startswith("§"):
            clause = summary.split()[0].removeprefix("§")
            assert f"\n{clause} " in text, f"{message.__name__} cites clause {clause}, which docs/protocol.md lacks"


@given(st.data())
def test_what_fits_the_declaration_comes_back_the_same(data: st.DataObject) -> None:
    status = Status(
        **{
            field.name: data.draw(_values(field.kind.cddl, field.kind.decode), label=field.name)
            for field in FIELDS[Status]
        }
    )
    assert decode_message(encode_message(status), Direction.TO_PROGRAMMER) == status


def _values(cddl_text: str, decode: Any) -> st.SearchStrategy[Any]:
    """Raw values of a kind, by what its grammar says, decoded as the wire would."""
    if cddl_text == "bool":
        return st.booleans()
    if cddl_text.startswith("uint .lt "):
        return st.integers(0, int(cddl_text.removeprefix("uint .lt ")) - 1)
    if cddl_text.startswith("[0*4 (uint .lt "):
        return st.lists(st.integers(0, 2**32 - 1), max_size=4).map(decode)
    return st.sampled_from([int(number) for number in cddl_text.split(" / ")]).map(decode)


@pytest.mark.parametrize("count", [0, 16])
def test_a_page_of_the_log_holds_its_entries(count: int) -> None:
    page = LogPage(1, 2, tuple((n, n * 10, LogKind.POWER_ON, "on") for n in range(count)))
    assert decode_message(encode_message(page), Direction.TO_PROGRAMMER) == page


@pytest.mark.req("LK-02")
@pytest.mark.parametrize("keys", [{b"\x01": -1_000, 2: 1_000}, {"E1": -1_000, 2: 1_000}, {1: b"", 2: 1_000}])
def test_a_group_whose_contacts_are_no_numbers_is_refused(keys: dict[object, object]) -> None:
    """CBOR allows keys of any type, and keys of two types have no order."""
    group = cbor2.loads(encode_group(a_group()))
    group[3][0][2] = keys
    with pytest.raises(RemoteProtocolError, match="no group: "):
        decode_group(cbor2.dumps(group, canonical=True))


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=4)
    | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.integers(0, 9) | st.binary(max_size=2), inner, max_size=2)
    ),
    max_leaves=4,
)


@pytest.mark.req("LK-02")
@given(st.data())
def test_a_group_with_anything_at_all_in_one_place_is_a_group_or_a_sentence(data: st.DataObject) -> None:
    """Damage that keeps the rest of the structure reaches further than random bytes do."""
    group = cbor2.loads(encode_group(a_group()))
    node: Any = group
    while True:
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[key], dict | list) or data.draw(st.booleans()):
            break
        node = node[key]
    if isinstance(node, dict) and data.draw(st.booleans()):
        node[data.draw(st.integers() | st.binary(max_size=2) | st.text(max_size=2))] = node.pop(key)
    else:
        node[key] = data.draw(ANYTHING)
    written = cbor2.dumps(group, canonical=True)
    try:
        decoded = decode_group(written)
    except RemoteProtocolError as error:
        assert str(error)  # noqa: PT017 - both outcomes are right, and each is checked
    else:
        assert encode_group(decoded) == written
