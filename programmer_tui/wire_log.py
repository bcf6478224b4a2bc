"""The last frames that passed on the link, both ways, and how many came before them. No screen is imported here.

The worker's thread hands in bytes as they are read and written; they are cut as a capture is (docs/wire.md section 1),
so that the frames of one direction, one after the other, are what passed. Of a sealed frame only what was said inside
is kept, which the session hands in: the rest tells a person nothing, and a trace that holds it could not be run again.
"""

from __future__ import annotations

import threading
from collections import deque

from scs.transport.tap import Direction, Heard
from scs.wire import framing
from scs.wire.capture import Splitter
from scs.wire.framing import Decoder, Frame, FrameType, encode
from scs.wire.trace import Kind, Trace, TraceEvent, TraceHeader

FRAMES_MAX = 2_000
"""Some three minutes of telemetry at 5 Hz; a frame is at most some kilobytes."""
_KINDS: dict[Direction, Kind] = {Direction.SENT: "to-implant", Direction.RECEIVED: "from-implant"}
_WAYS: dict[Kind, framing.Direction] = {
    "to-implant": framing.Direction.TO_IMPLANT,
    "from-implant": framing.Direction.TO_PROGRAMMER,
}
_SEALED = (FrameType.SEALED_TO_IMPLANT, FrameType.SEALED_TO_PROGRAMMER)


class WireLog:
    """Keeps frames; may be read from another thread than the one that writes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames: deque[TraceEvent] = deque(maxlen=FRAMES_MAX)
        self._splitters = {kind: Splitter() for kind in _KINDS.values()}
        self._heard = 0
        self._at_us = 0

    def overhear(self, frame: Frame) -> None:
        """A frame that is sealed next, or was just opened."""
        kind: Kind = "to-implant" if frame.type.direction is framing.Direction.TO_IMPLANT else "from-implant"
        with self._lock:
            self._keep(self._at_us, kind, encode(frame))

    def hear(self, heard: Heard) -> None:
        """Bytes of one read or write."""
        kind = _KINDS[heard.direction]
        with self._lock:
            self._at_us = heard.at.us
            for run in self._splitters[kind].take(heard.data):
                if not _is_sealed(kind, run):
                    self._keep(heard.at.us, kind, run)

    def _keep(self, at_us: int, kind: Kind, data: bytes) -> None:
        last_us = self._frames[-1].at_us if self._frames else 0
        # Two threads may hand in what they timed before; a trace's time never goes back.
        self._frames.append(TraceEvent(max(at_us, last_us), kind, data=data))
        self._heard += 1

    def since(self, number: int) -> tuple[int, tuple[TraceEvent, ...]]:
        """How many frames there ever were, and those after the first `number` that are still kept."""
        with self._lock:
            new = self._heard - number
            kept = list(self._frames)
            return self._heard, tuple(kept[-new:] if new > 0 else ())

    def trace(self, target: str, profile: str) -> Trace:
        """All that is kept, as a trace whose time begins with its first frame."""
        _, kept = self.since(0)
        first_us = kept[0].at_us if kept else 0
        events = tuple(TraceEvent(it.at_us - first_us, it.kind, data=it.data) for it in kept)
        header = TraceHeader(target=target, profile=profile, sentence="A link as it passed, from the wire console.")
        return Trace(header, events)


def _is_sealed(kind: Kind, data: bytes) -> bool:
    return any(frame.type in _SEALED for frame in Decoder(_WAYS[kind]).receive(b"\0" + data))
