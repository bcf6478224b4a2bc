"""Prescriptions as bytes: the objects that are staged, read back and digested (docs/protocol.md §6).

A group travels as CBOR maps with the integer keys of the table below; the implant and the profile, which are read
once a session, travel with their field names. Decoding validates like a file does: what cannot be prescribed cannot be
decoded.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import cbor2
from pydantic import ValidationError

from scs.domain.fields import Prescription
from scs.domain.lead import Implant
from scs.domain.profile import DeviceProfile
from scs.domain.program import (
    ActiveRecharge,
    Burst,
    ClosedLoop,
    Cycling,
    Group,
    HighRate,
    PassiveRecharge,
    PatientLimits,
    Program,
    Tonic,
)
from scs.domain.schedule import Window
from scs.errors import RemoteProtocolError
from scs.wire.codec import loads_strict

P = TypeVar("P", bound=Prescription)

KEYS: dict[type[Prescription], dict[str, int]] = {
    Group: {"name": 1, "delivery": 2, "programs": 3, "schedule": 4, "daily_dose_us": 5},
    Window: {"from_minute": 1, "to_minute": 2},
    Program: {
        "name": 1, "contacts": 2, "amplitude_ua": 3, "pulse_width_us": 4, "interphase_gap_us": 5,
        "recharge": 6, "waveform": 7, "ramp_us": 8, "cycling": 9, "patient": 10, "closed_loop": 16,
    },
    PassiveRecharge: {"kind": 1},
    ActiveRecharge: {"kind": 1, "ratio": 2},
    Tonic: {"kind": 1, "rate_mhz": 2},
    Burst: {"kind": 1, "rate_mhz": 2, "pulses": 3, "intra_rate_mhz": 4},
    HighRate: {"kind": 1, "rate_mhz": 2},
    Cycling: {"on_us": 1, "off_us": 2},
    PatientLimits: {"lowest_ua": 1, "highest_ua": 2},
    ClosedLoop: {"target_uv": 1, "gain_na_per_uv": 2},
}  # fmt: skip
"""Field to key, once and for ever: a key is never given to another field. A field that is None is left out."""


def encode_group(group: Group) -> bytes:
    """The one encoding of a group."""
    encoded: bytes = cbor2.dumps(_packed(group))
    return encoded


def decode_group(data: bytes) -> Group:
    """The group in `data`; raise RemoteProtocolError when it is none or not in its one encoding."""
    try:
        group = Group.model_validate(_unpacked(loads_strict(data), Group), by_name=True, by_alias=False)
    except ValidationError as error:
        raise RemoteProtocolError(f"no group: {error.errors()[0]['msg']}") from error
    if encode_group(group) != data:
        raise RemoteProtocolError("the group is not in its deterministic encoding")
    return group


def encode_document(document: Prescription) -> bytes:
    """An implant or a profile, with field names as keys."""
    encoded: bytes = cbor2.dumps(document.model_dump(mode="python", by_alias=False, exclude_none=True), canonical=True)
    return encoded


def decode_implant(data: bytes) -> Implant:
    return _document(data, Implant)


def decode_profile(data: bytes) -> DeviceProfile:
    return _document(data, DeviceProfile)


def digest(data: bytes) -> bytes:
    """SHA-256: equal digests are equal objects. It guards against mistakes and damage, not against attackers."""
    return hashlib.sha256(data).digest()


def _document(data: bytes, kind: type[P]) -> P:
    try:
        return kind.model_validate(loads_strict(data), by_name=True, by_alias=False)
    except ValidationError as error:
        raise RemoteProtocolError(f"no {kind.__name__}: {error.errors()[0]['msg']}") from error


def _packed(value: object) -> object:
    if isinstance(value, Prescription):
        keys = KEYS[type(value)]
        fields = ((key, getattr(value, name)) for name, key in keys.items())
        return {key: _packed(field) for key, field in fields if field is not None}
    if isinstance(value, tuple):
        return [_packed(item) for item in value]
    if hasattr(value, "shares"):
        return dict(value.shares)
    return value


_NESTED: dict[type[Prescription], dict[str, Any]] = {
    Group: {"programs": Program, "schedule": Window},
    Program: {
        "recharge": {"passive": PassiveRecharge, "active": ActiveRecharge},
        "waveform": {"tonic": Tonic, "burst": Burst, "high-rate": HighRate},
        "cycling": Cycling,
        "patient": PatientLimits,
        "closed_loop": ClosedLoop,
    },
}


def _unpacked(value: object, kind: Any) -> object:
    """Integer keys back to names; unknown keys stay as they are, so that validation refuses them."""
    if isinstance(value, list):
        return [_unpacked(item, kind) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(kind, dict):
        tag = value.get(1)
        kind = kind.get(tag) if isinstance(tag, str) else None
    if kind is None:
        return value
    names = {key: name for name, key in KEYS[kind].items()}
    nested = _NESTED.get(kind, {})
    unpacked: dict[object, object] = {}
    for key, item in value.items():
        name = names.get(key, f"key {key}") if type(key) is int else f"key {key!r}"
        unpacked[name] = _unpacked(item, nested[name]) if name in nested else item
    return unpacked
