"""What a request is served with: the parts of the implant, the links, and the group on its way in."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_model.gatekeeper import Gatekeeper
from firmware_model.links import Links
from firmware_model.parts import Parts
from firmware_model.staging import StagingArea


@dataclass(frozen=True, slots=True)
class Context:
    parts: Parts
    links: Links
    staging: StagingArea
    gate: Gatekeeper
