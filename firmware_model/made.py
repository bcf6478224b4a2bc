"""What the factory has written into the memory: whose it is, and the calibration of its meter. Read at every boot.

A new memory is written here first, the calibration before the identity and both in two copies, so that a loss of power
in between leaves a memory that is not finished and is written again. From then on only damage is repaired. A memory
that was made for another implant is refused: its groups and limits would be another person's.
"""

from __future__ import annotations

from dataclasses import dataclass

import cbor2

from firmware_model.meter import Calibration, as_built
from firmware_model.regions import CALIBRATION, IDENTITY, TwoCopies
from firmware_model.store import MAGIC, Memory
from scs.errors import RemoteProtocolError, StoreError
from scs.wire.codec import loads_strict

LAYOUT = 1
"""The version of what lies where in the memory; raise it when a region moves or means something else."""
_NAME_MAX = 64
"""Characters of a serial number or a profile's id that fit the region."""

_FIELDS = 3
_LATER = "the memory was written by a later version; run that one, or name another memory"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose memory it is."""

    serial: str
    profile: str
    layout: int = LAYOUT


class Made:
    """The factory's regions of one memory. `broken` says what of them is lost; the output stays off then.

    Raises StoreError when the memory is another implant's, one of a later version, or none at all.
    """

    def __init__(self, memory: Memory, serial: str, profile: str) -> None:
        wanted = Identity(serial[:_NAME_MAX], profile[:_NAME_MAX])
        identity = TwoCopies(memory, IDENTITY, b"IDEN")
        calibration = TwoCopies(memory, CALIBRATION, b"CALI")
        self.repairs: tuple[str, ...] = ()
        if identity.was_never_whole:
            _refuse_foreign(memory)
            calibration.write_both(as_built(serial).pack())
            identity.write_both(cbor2.dumps([LAYOUT, wanted.serial, wanted.profile], canonical=True))
        else:
            self.repairs = (*identity.damaged, *calibration.damaged)
        self.identity = _identity(identity.body)
        if self.identity is not None:
            _check(self.identity, wanted)
        self.calibration, unreadable = _calibration(calibration.body)
        self.repairs += unreadable
        lost = [name for name, part in (("identity", self.identity), ("calibration", self.calibration)) if part is None]
        self.broken = " and ".join(lost)
        """Empty, or what is lost."""
        _mend(identity, calibration)


def _calibration(body: bytes | None) -> tuple[Calibration | None, tuple[str, ...]]:
    try:
        return (None, ()) if body is None else (Calibration.unpack(body), ())
    except StoreError as error:
        return None, (f"calibration: {error}",)


def _identity(body: bytes | None) -> Identity | None:
    """Raise StoreError when the record is whole and still cannot be read: a later version wrote it."""
    if body is None:
        return None
    try:
        fields = loads_strict(body)
    except RemoteProtocolError as error:
        raise StoreError(_LATER) from error
    if not isinstance(fields, list) or len(fields) != _FIELDS:
        raise StoreError(_LATER)
    layout, serial, profile = fields
    if layout != LAYOUT:
        raise StoreError(
            f"the memory has layout {layout} and this version reads {LAYOUT}; run the version that wrote it, "
            "or name another memory"
        )
    return Identity(serial, profile, layout)


def _check(found: Identity, wanted: Identity) -> None:
    if found != wanted:
        raise StoreError(
            f"the memory belongs to implant {found.serial} with profile {found.profile}, and this is {wanted.serial} "
            f"with {wanted.profile}; give the serial number and profile that it was made with, or another memory"
        )


def _refuse_foreign(memory: Memory) -> None:
    """A memory without an owner is new, unfinished, or of a former version, which begins with its image's magic."""
    head = memory.read(0, len(MAGIC))
    if head not in {MAGIC[:kept].ljust(len(MAGIC), b"\0") for kept in range(len(MAGIC) + 1)}:
        raise StoreError(f"what begins with {head!r} is no memory of an implant; nothing was written, name another one")


def _mend(*regions: TwoCopies) -> None:
    """Write a damaged copy anew from the whole one. A memory that fails now keeps one whole copy."""
    for region in regions:
        body = region.body
        if region.damaged and body is not None:
            try:
                region.write(body)
            except StoreError:
                return
