"""Implants of which one layer of the commit protocol is missing or split, for the search to judge.

Some of them are wrong and must be found; others have one layer less and hold, which shows what each layer is for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from firmware_model.blueprint import AS_DESIGNED, Blueprint
from firmware_model.commands import ROWS
from firmware_model.context import Context
from firmware_model.known_bad import find_known_bad
from firmware_model.links import Session
from firmware_model.orders import commit
from firmware_model.store import CommitResult, Image, Store, StoredGroup
from scs.errors import BadPrescription
from scs.wire.requests import Commit
from scs.wire.responses import Committed


@dataclass(frozen=True, slots=True)
class Variant:
    """An implant to search. `holds` is what the search has to find."""

    name: str
    words: str
    blueprint: Blueprint
    holds: bool


class _SplitWrite(Store):
    """The group is written first, and which operation that was in a write of its own."""

    def commit(self, slot: int, group: StoredGroup, op_id: int, digest: bytes) -> CommitResult:
        self._former, self._is_split = self.image.last_commit, True
        result = super().commit(slot, group, op_id, digest)
        self._is_split = False
        self._write(replace(self.image, last_commit=result, commit_serial=self._serial + 1))
        return result

    def _write(self, image: Image) -> None:
        if getattr(self, "_is_split", False):
            image = replace(image, last_commit=self._former)
        super()._write(image)


class _NumberInRam(Store):
    """Which operation was the last one is known until the power goes."""

    def commit(self, slot: int, group: StoredGroup, op_id: int, digest: bytes) -> CommitResult:
        result = super().commit(slot, group, op_id, digest)
        self.image = replace(self.image, last_commit=result)
        return result

    def _write(self, image: Image) -> None:
        super()._write(replace(image, last_commit=None))


def _whatever_is_in_force(context: Context, session: Session, request: Commit) -> Committed:
    """Neither the base is compared, nor is what was staged used up."""
    area = context.staging
    staged = (area.slot, area.group, area.encoded, area.digest, area.must_acknowledge)
    answer = commit(context, session, replace(request, base_generation=context.parts.store.image.generation))
    area.slot, area.group, area.encoded, area.digest, area.must_acknowledge = staged
    return answer


_ANEW = replace(ROWS[Commit], changes_therapy=False)
"""A commit whose operation number is not looked up."""
_COUNTERS_FORGOTTEN = find_known_bad("repeated-counter-served").blueprint.links

VARIANTS = (
    Variant("as-designed", "the implant of this project", AS_DESIGNED, holds=True),
    Variant("counters-only", "a commit's operation number is not looked up", replace(
        AS_DESIGNED, rows={**ROWS, Commit: _ANEW}), holds=True),
    Variant("numbers-only", "a request that is repeated is served again", replace(
        AS_DESIGNED, links=_COUNTERS_FORGOTTEN), holds=True),
    Variant("no-dedupe", "neither counters nor operation numbers are looked up", replace(
        AS_DESIGNED, links=_COUNTERS_FORGOTTEN, rows={**ROWS, Commit: _ANEW}), holds=False),
    Variant("no-dedupe-no-base", "and the base is not compared either", replace(
        AS_DESIGNED, links=_COUNTERS_FORGOTTEN,
        rows={**ROWS, Commit: replace(_ANEW, serve=_whatever_is_in_force)}), holds=False),
    Variant("split-write", "the group is written first, its operation number in a second write", replace(
        AS_DESIGNED, store=_SplitWrite), holds=False),
    Variant("number-in-ram", "the operation number is gone with the power", replace(
        AS_DESIGNED, store=_NumberInRam), holds=False),
    Variant("in-place", "a commit is written over what is in force", find_known_bad(
        "commit-in-place").blueprint, holds=False),
)  # fmt: skip


def find_variant(name: str) -> Variant:
    """The variant of this name; raises BadPrescription that lists those there are."""
    for variant in VARIANTS:
        if variant.name == name:
            return variant
    raise BadPrescription(f'no variant "{name}"; choose from {", ".join(variant.name for variant in VARIANTS)}')
