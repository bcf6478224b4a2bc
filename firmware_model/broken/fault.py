"""What a known-bad implant is: a blueprint, or a device, that differs from the real one in a single part."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from firmware_model.blueprint import AS_DESIGNED, Blueprint
from firmware_model.commands import ROWS
from firmware_model.context import Context
from firmware_model.device import Device
from firmware_model.links import Session
from firmware_model.parts import DeviceConfig
from firmware_model.store import Memory
from scs.clock import Instant
from scs.wire.messages import Response

Serve = Callable[[Context, Session, Any], Response]


@dataclass(frozen=True, slots=True)
class KnownBad:
    """One fault. `hazard` is the id of what it may lead to, in docs/hazards.toml."""

    id: str
    description: str
    """One line: what this implant does that it must not."""
    hazard: str
    blueprint: Blueprint = AS_DESIGNED
    device: type[Device] = Device

    def build(self, config: DeviceConfig, memory: Memory, rng: random.Random, start: Instant) -> Device:
        """An implant at power-on that has this fault and no other; the arguments are those of `Device`."""
        return self.device(config, memory, rng, start, self.blueprint)


def with_row(request: type, **changes: Any) -> Blueprint:
    """The real implant with one row of its command table changed: `serve`, `events`, `needs_writer` and so on."""
    return replace(AS_DESIGNED, rows={**ROWS, request: replace(ROWS[request], **changes)})


def with_request(request: type, change: Callable[[Context, Any], Any]) -> Blueprint:
    """The real implant, but one kind of request is misread before it is served."""
    serve = ROWS[request].serve
    return with_row(request, serve=lambda context, session, said: serve(context, session, change(context, said)))
