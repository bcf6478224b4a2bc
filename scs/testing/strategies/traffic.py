"""What goes over the link: every request, whole frames, damaged groups, and noise."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from scs.domain.program import GROUPS_MAX
from scs.domain.safety import RULES
from scs.testing.strategies.prescriptions import groups, hostile_groups
from scs.wire.codec import encode_message
from scs.wire.framing import BODY_MAX, Frame, FrameType, encode
from scs.wire.messages import Request
from scs.wire.prescription import encode_group
from scs.wire.requests import (
    ClearFault,
    ClearSlot,
    Close,
    Commit,
    GetBattery,
    GetClock,
    GetDelivery,
    GetImpedance,
    GetImpedanceMatrix,
    GetLog,
    GetLogLinks,
    GetLogParts,
    GetPostureUsage,
    GetResets,
    GetSensing,
    GetSlots,
    GetStatus,
    GetUsage,
    Identify,
    MeasureImpedance,
    Open,
    Read,
    SetAmplitude,
    SetClock,
    SetDefaultSlot,
    SoftStop,
    Stage,
    Start,
    Watch,
)
from scs.wire.terms import CHUNK_MAX, DIGEST_SIZE, Object, Role

_U8, _U16, _U32, _U64 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32, 64))
_SLOTS = st.integers(0, GROUPS_MAX - 1) | _U8
_RULES = st.lists(st.sampled_from([rule.id for rule in RULES]) | st.text(max_size=24), max_size=4).map(tuple)
_DIGESTS = st.binary(min_size=DIGEST_SIZE, max_size=DIGEST_SIZE)


def requests() -> SearchStrategy[Request]:
    """Every request that an implant may get, with any field that can be encoded."""
    return st.one_of(
        st.builds(Open, _U64, st.sampled_from(Role)),
        st.builds(Close),
        st.builds(Identify),
        st.builds(GetStatus),
        st.builds(Read, st.sampled_from(Object), _U8, _U16),
        st.builds(Stage, _SLOTS, _U16, _U16, _DIGESTS, st.binary(max_size=CHUNK_MAX)),
        st.builds(Commit, _U64, _SLOTS, _U32, _DIGESTS, _RULES),
        st.builds(Start, _U64, _SLOTS),
        st.builds(SoftStop, _U64),
        st.builds(SetAmplitude, _U64, _U8, _U32, _RULES),
        st.builds(MeasureImpedance, _U64),
        st.builds(GetImpedance),
        st.builds(GetImpedanceMatrix, _U16),
        st.builds(GetBattery),
        st.builds(GetLog, _U32),
        st.builds(GetLogParts, _U32, _U8),
        st.builds(GetLogLinks, _U32),
        st.builds(GetUsage),
        st.builds(GetPostureUsage, _SLOTS),
        st.builds(GetResets),
        st.builds(GetSensing),
        st.builds(Watch, _U16),
        st.builds(ClearFault, _U64),
        st.builds(SetClock, _U64, _U32),
        st.builds(GetClock),
        st.builds(GetDelivery),
        st.builds(GetSlots),
        st.builds(ClearSlot, _U64, _SLOTS, _U32),
        st.builds(SetDefaultSlot, _U64, _SLOTS, _U32),
    )


def frames() -> SearchStrategy[Frame]:
    """Frames of either direction, their bodies a request or any bytes."""
    bodies = requests().map(encode_message) | st.binary(max_size=BODY_MAX)
    return st.builds(Frame, st.sampled_from(FrameType), _U16, _U32, bodies, st.just(0))


@composite
def noise(draw: DrawFn, longest: int = 600) -> bytes:
    """What may be on a bad line: random bytes, delimiters, cut, repeated and damaged frames, in any order."""
    pieces = draw(st.lists(st.binary(max_size=40) | st.just(b"\0") | _damaged_frames(), max_size=8))
    return b"".join(pieces)[:longest]


@composite
def _damaged_frames(draw: DrawFn) -> bytes:
    whole = encode(draw(frames()))
    way = draw(st.sampled_from(("whole", "cut", "flip", "twice")))
    if way == "cut":
        return whole[: draw(st.integers(0, len(whole) - 1))]
    if way == "flip":
        return _flipped(whole, draw(st.integers(0, 8 * len(whole) - 1)))
    return whole * 2 if way == "twice" else whole


@composite
def hostile_group_bytes(draw: DrawFn) -> bytes:
    """The bytes of a group with something wrong: cut, a bit flipped, bytes put in between, or no group at all."""
    whole = encode_group(draw(groups() | hostile_groups()))
    way = draw(st.sampled_from(("cut", "flip", "insert", "foreign")))
    at = draw(st.integers(0, len(whole) - 1))
    if way == "cut":
        return whole[:at]
    if way == "flip":
        return _flipped(whole, 8 * at + draw(st.integers(0, 7)))
    inserted = draw(st.binary(min_size=1, max_size=16))
    return whole[:at] + inserted + whole[at:] if way == "insert" else inserted


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
