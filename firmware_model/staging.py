"""Stage and commit: a group arrives in chunks, is understood and judged here, and becomes the therapy in one record.

The implant judges by itself, at stage and again at commit; what the programmer thinks of the group plays no part.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from firmware_model.parts import Parts
from firmware_model.refusal import refusal
from firmware_model.store import GROUP_BYTES_MAX, CommitResult, StoredGroup
from scs.domain.program import Group
from scs.errors import RemoteProtocolError, StoreError
from scs.wire.prescription import decode_group, digest, encode_group
from scs.wire.requests import Commit, Stage
from scs.wire.terms import Reason


@dataclass(slots=True)
class StagingArea:
    """One group on its way in. It belongs to the writer and is empty when nobody writes."""

    slot: int = 0
    total: int = 0
    announced: bytes = b""
    data: bytearray = field(default_factory=bytearray)
    group: Group | None = None
    """What was understood, once complete and admitted."""
    encoded: bytes = b""
    digest: bytes = bytes(32)
    must_acknowledge: tuple[str, ...] = ()

    def clear(self) -> None:
        """Forget what has arrived."""
        self.slot, self.total, self.announced, self.data = 0, 0, b"", bytearray()
        self.group, self.encoded, self.digest, self.must_acknowledge = None, b"", bytes(32), ()

    def receive(self, chunk: Stage, parts: Parts) -> None:
        """Take a chunk; raise Refused when it does not follow, or when the whole is no group or is blocked."""
        if chunk.offset == 0:
            self._begin(chunk, parts)
        same = (chunk.slot, chunk.total, chunk.digest) == (self.slot, self.total, self.announced)
        if not same or chunk.offset != len(self.data) or self.group is not None:
            where = f"offset {len(self.data)} of {self.total} bytes for slot {self.slot}"
            raise refusal(Reason.OUT_OF_RANGE, f"the chunk does not follow; {where} was expected, or begin at 0")
        if not chunk.data or len(self.data) + len(chunk.data) > self.total:
            self.clear()
            raise refusal(
                Reason.OUT_OF_RANGE, f"the chunk is empty or reaches beyond the {chunk.total} bytes announced"
            )
        self.data += chunk.data
        if len(self.data) == self.total:
            self._complete(parts)
        assert len(self.data) <= GROUP_BYTES_MAX, "the staging area is bounded"

    def _begin(self, chunk: Stage, parts: Parts) -> None:
        groups = parts.config.profile.counts.groups
        if chunk.slot >= groups:
            raise refusal(Reason.OUT_OF_RANGE, f"slot {chunk.slot} is none of 0 to {groups - 1}")
        if not 0 < chunk.total <= GROUP_BYTES_MAX:
            raise refusal(Reason.OUT_OF_RANGE, f"{chunk.total} bytes are no group; 1 to {GROUP_BYTES_MAX} are kept")
        self.clear()
        self.slot, self.total, self.announced = chunk.slot, chunk.total, chunk.digest

    def _complete(self, parts: Parts) -> None:
        data, announced = bytes(self.data), self.announced
        try:
            if hashlib.sha256(data).digest() != announced:
                raise refusal(Reason.DIGEST_MISMATCH, "what arrived is not what was announced; stage it again")
            try:
                group = decode_group(data)
            except RemoteProtocolError as error:
                raise refusal(Reason.MALFORMED, str(error)) from error
            verdict = parts.judge(group)
            if verdict.blocking_rules:
                text = f"blocked by {', '.join(verdict.blocking_rules)}: {verdict.blocked_because}"
                raise refusal(Reason.BLOCKED, text, verdict.blocking_rules)
        except BaseException:
            self.clear()
            raise
        self.group = group
        self.encoded = encode_group(group)
        self.digest = digest(self.encoded)
        self.must_acknowledge = verdict.must_acknowledge


def commit(area: StagingArea, order: Commit, parts: Parts) -> tuple[CommitResult, Group]:
    """Put what is staged in force; raise Refused and change nothing when anything does not fit."""
    group = area.group
    if group is None or area.slot != order.slot:
        raise refusal(Reason.NOTHING_STAGED, f"no complete group is staged for slot {order.slot}; stage it first")
    parts.check_generation(order.base_generation)
    if order.digest != area.digest:
        raise refusal(Reason.DIGEST_MISMATCH, "the digest is not that of what is staged; read it back and compare")
    parts.admit(group, order.acknowledged)
    acknowledged = tuple(rule for rule in area.must_acknowledge if rule in order.acknowledged)
    needed = tuple(sorted({*acknowledged, *parts.judge(group).must_acknowledge}))
    try:
        result = parts.store.commit(order.slot, StoredGroup(area.encoded, needed), order.op_id, area.digest)
    except StoreError as error:
        raise refusal(Reason.STORE_FAILED, f"the memory failed, nothing was changed: {error}") from error
    area.clear()
    return result, group
