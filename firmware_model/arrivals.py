"""What has arrived on the links and is not acted on yet: fixed rooms, and a count of what found none.

Nothing here grows with what somebody sends, and nothing waits for room. A link keeps FRAMES_MAX frames and half a one;
what comes beyond them is dropped and counted, and its sender repeats it. A STOP has a place of its own on each link,
so that no flood keeps it out.
"""

from __future__ import annotations

from scs.wire.framing import Decoder, Direction, Frame, FrameType

FRAMES_MAX = 16
"""Frames of one link between two steps: a programmer has one request under way, and repeats it [project: FW-13]."""
_MAY_STOP = (FrameType.STOP, FrameType.SEALED_TO_IMPLANT)
"""What is in a sealed frame nobody knows yet: the latest one finds room too."""
LINKS_MAX = 64
"""Links that are listened to at a time, four times the sessions; the one that is silent longest makes room
[project: FW-13]."""


class Arrivals:
    """One decoder a link, and the frames that it found, in the order of arrival."""

    def __init__(self, decoder: type[Decoder]) -> None:
        self._decoder = decoder
        self._decoders: dict[int, Decoder] = {}
        """The link that was heard last is the last one."""
        self._frames: list[tuple[int, Frame]] = []
        self.dropped = 0
        """Frames that found no room since the implant began anew."""

    def receive(self, data: bytes, link: int) -> None:
        """Take what arrived on a link; never blocks, never fails."""
        decoder = self._decoders.pop(link, None)
        if decoder is None:
            decoder = self._decoder(Direction.TO_IMPLANT)
            while len(self._decoders) >= LINKS_MAX:
                self.forget(next(iter(self._decoders)))
        self._decoders[link] = decoder
        for frame in decoder.receive(data):
            self._keep(link, frame)

    def take(self) -> list[tuple[int, Frame]]:
        """All frames, and the room is free again."""
        frames, self._frames = self._frames, []
        return frames

    def forget(self, link: int) -> None:
        """A link is gone, and what came on it."""
        self._decoders.pop(link, None)
        self._frames = [(other, frame) for other, frame in self._frames if other != link]

    def rejects(self) -> int:
        """Pieces between delimiters that were no frame, over all links that are there."""
        return sum(decoder.rejects.total() for decoder in self._decoders.values())

    def _keep(self, link: int, frame: Frame) -> None:
        if len(self._frames) < FRAMES_MAX:
            # With so few of all links together there is room for one more of any.
            self._frames.append((link, frame))
            return
        of_link = [(place, kept.type) for place, (other, kept) in enumerate(self._frames) if other == link]
        if len(of_link) >= FRAMES_MAX:
            self.dropped += 1
            if frame.type not in _MAY_STOP:
                return
            # It takes the place of a frame that is no STOP, the last one; what a STOP overtakes is not done anyway.
            given_up = [place for place, kind in of_link if kind is not FrameType.STOP] or [of_link[0][0]]
            del self._frames[given_up[-1]]
        self._frames.append((link, frame))
        assert len(self._frames) <= LINKS_MAX * FRAMES_MAX, "the rooms are fixed"
