"""What somebody who holds a magnet over an implant may ask of it in the clear: how it is, when every key is lost."""

from __future__ import annotations

from scs.clock import Clock, Duration
from scs.errors import NoAnswer, Refused, RemoteProtocolError
from scs.transport.base import Transport
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Decoder, Direction, Frame, FrameType, encode
from scs.wire.requests import GetStatus
from scs.wire.responses import RefusedReply, Status

RETRY = Duration.of_ms(250)
PATIENCE = Duration.of_ms(4_000)


def status_beside(transport: Transport, clock: Clock) -> Status:
    """The implant's status, asked and told in the clear (docs/protocol.md 12.9): anybody could have answered.

    Raises Refused when no magnet is near, NoAnswer, or TransportError.
    """
    question = encode(Frame(FrameType.REQUEST, 0, 0, encode_message(GetStatus())))
    decoder = Decoder(Direction.TO_PROGRAMMER)
    until = clock.now() + PATIENCE
    while (now := clock.now()) < until:
        transport.write(question)
        again = min(until, now + RETRY)
        while (now := clock.now()) < again:
            for frame in decoder.receive(transport.read(now.until(again))):
                if frame.type is not FrameType.RESPONSE or frame.session != 0:
                    continue
                try:
                    message = decode_message(frame.body, Direction.TO_PROGRAMMER)
                except RemoteProtocolError:
                    continue
                if isinstance(message, Status):
                    return message
                if isinstance(message, RefusedReply):
                    raise Refused(
                        f"{transport.name}: without a key the implant tells its status only while a magnet is held "
                        f"over it: {message.text}",
                        reason=message.reason.word,
                    )
    raise NoAnswer(
        f"{transport.name}: nobody answered within {PATIENCE.seconds:g} s; hold a magnet over the implant, and check "
        f"that this is its port"
    )
