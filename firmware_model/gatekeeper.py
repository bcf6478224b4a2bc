"""Who may talk to the implant: handshakes, sealed channels, pairing, and the little that is heard in the clear.

What arrives on a link is a frame in the clear or a sealed one. What goes on to the firmware are frames of either kind
on a link of their own: a channel is a link whose number is below zero. So sessions, leases and orders know nothing of
keys, and none of them can be reached from another channel than its own.

An implant in a person acts in the clear on four things: `Discover` is answered; and while a magnet is near, STOP is
obeyed, `GetStatus` answered and a pairing begun. Nothing in the clear ever starts or raises anything.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from firmware_model.links import Links
from firmware_model.pairing import SECRET_BYTES, WINDOW_US, Window
from firmware_model.parts import Parts
from firmware_model.patience import Patience
from firmware_model.refusal import refusal, reply
from firmware_model.soonest import soonest
from firmware_model.status_report import status_of
from scs.domain.status import LogKind
from scs.errors import RemoteProtocolError, StoreError
from scs.wire.access import PAIRINGS_MAX, SECRET_SIZE, Discover, Discovered, Pair, Paired
from scs.wire.channel import Channel, answer_hello
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Direction, Frame, FrameType, encode
from scs.wire.messages import Message, Response
from scs.wire.requests import GetStatus
from scs.wire.schema import CODES
from scs.wire.sealing import pairing_key
from scs.wire.terms import PairRole, Reason, Role

CHANNELS_MAX = 16
"""Channels at a time [project]; the one that was silent longest makes room."""
UNPROVED_MAX = 4
"""Channels at a time on which nothing genuine was heard yet [project]: an old first message can make no more."""
IDLE_US = 600_000_000
"""A channel that was silent for ten minutes is closed [project: S-19]."""
OLDEST_US = 8 * 3_600_000_000
"""A channel is closed after eight hours, whatever is said on it [project: S-19]."""
FAREWELL_US = 60_000_000
"""How long the channel lives on in which a programmer has taken its own key away [project]."""
REMEMBERED = 16
"""First messages of either sort, answered and wrong, whose repeats are known [project]; one that is older and genuine
makes a channel that nobody can use."""
CHANNEL_NUMBERS = 65_535
_HELLO, _SEALED, _STOP, _REQUEST = (
    FrameType.HELLO, FrameType.SEALED_TO_IMPLANT, FrameType.STOP, FrameType.REQUEST,
)  # fmt: skip
"""Asked for at each frame: a name of this module is found sooner than a member of its enum."""


@dataclass(slots=True)
class Counts:
    """What the door has seen since power-on."""

    handshakes: int = 0
    forged: int = 0
    throttled: int = 0
    in_the_clear: int = 0
    unknown_channel: int = 0
    refused: int = 0


@dataclass(slots=True)
class Guest:
    """One channel: the link that it was last heard on, the pair whose key made it, and since when."""

    channel: Channel
    link: int
    pair: int
    role: PairRole | None
    """None in the channel of a pairing."""
    made_us: int
    heard_us: int
    paired: Paired | None = field(default=None, repr=False)
    """What the channel of a pairing was answered, so that a repeat gets the same."""
    paired_counter: int = 0

    @property
    def is_proved(self) -> bool:
        return self.channel.sealed.is_confirmed

    @property
    def ends_us(self) -> int:
        return min(self.heard_us + IDLE_US, self.made_us + OLDEST_US)


class Gatekeeper:
    """Stands between the links and the firmware. `draw` gives fresh secret bytes; it is the device's only chance."""

    def __init__(self, draw: Callable[[int], bytes]) -> None:
        self._draw = draw
        self.guests: dict[int, Guest] = {}
        """By the number of the link that a channel is to the firmware; below zero."""
        self.window: Window | None = None
        self.check_transcript = b""
        """The hash of the latest pairing handshake: the bench says it in words, and so does the programmer."""
        self.on_channel: Callable[[Channel], None] | None = None
        """Who keeps the keys of test sessions; an implant that is in a person tells them to nobody."""
        self.patience = Patience()
        self.counts = Counts()
        self._welcomes: OrderedDict[bytes, tuple[int, bytes]] = OrderedDict()
        self._wrong: deque[bytes] = deque(maxlen=REMEMBERED)
        self._newest = 0
        self._raw: dict[int, bytearray] = {}

    def draw_from(self, draw: Callable[[int], bytes]) -> None:
        """From now on keys and secrets come from here: whoever serves people names a source that nobody foretells."""
        self._draw = draw

    # ------------------------------------------------------------------------------------------------- time, power

    def open_window(self, now_us: int) -> None:
        """A magnet was held: whoever is that near may pair, and knocks count anew."""
        self.patience.renew()
        self.window = Window(now_us + WINDOW_US, self._draw(SECRET_BYTES))

    def close_all(self) -> None:
        """The firmware begins anew: keys of channels are in no memory that outlasts it."""
        self.guests.clear()
        self._welcomes.clear()
        self._raw.clear()
        self.window = None

    def next_due_us(self) -> int | None:
        """When a channel or the window ends, or the receiver goes to sleep."""
        due_us = self.patience.awake_until_us or None
        if self.window is not None:
            due_us = soonest(due_us, self.window.closes_us)
        for guest in self.guests.values():
            due_us = soonest(due_us, guest.ends_us)
        return due_us

    def on_time(self, links: Links, now_us: int) -> None:
        """Close what has ended."""
        for number, guest in tuple(self.guests.items()):
            if guest.ends_us <= now_us:
                self._close(links, number)
        if self.window is not None and not self.window.is_open(now_us):
            self.window = None
        if self.patience.awake_until_us <= now_us:
            self.patience.awake_until_us = 0

    @property
    def is_awake_for_strangers(self) -> bool:
        """Whether the receiver draws current for somebody who has proved nothing."""
        return self.patience.awake_until_us != 0

    @property
    def refused_in_channels(self) -> int:
        """Sealed frames that open channels have refused; `counts.refused` has those of closed ones."""
        return sum(guest.channel.sealed.refused.total() for guest in self.guests.values())

    # ------------------------------------------------------------------------------------------------- who is who

    def role_on(self, link: int) -> PairRole | None:
        """Who the pair behind a link was made for; None on a link in the clear, which has every right of the bench."""
        guest = self.guests.get(link)
        return guest.role if guest is not None else None

    def pair_on(self, link: int) -> int:
        """The number of the pair behind a link; 0 on a link in the clear."""
        guest = self.guests.get(link)
        return guest.pair if guest is not None else 0

    def close_pair(self, links: Links, pair: int, now_us: int, *, but: int) -> None:
        """The key of a pair is gone: its channels end, but for the one that is to hear the answer."""
        for number in [number for number, guest in self.guests.items() if guest.pair == pair and number != but]:
            self._close(links, number)
        if but in self.guests and self.guests[but].pair == pair:
            # Who takes its own key away hears that it is so, and has a minute to say goodbye.
            self.guests[but].made_us = now_us + FAREWELL_US - OLDEST_US

    # ------------------------------------------------------------------------------------------------- frames in

    def admit(self, parts: Parts, links: Links, frames: Iterable[tuple[int, Frame]]) -> list[tuple[int, Frame]]:
        """What of the frames that arrived goes on to the firmware, in order; the rest is answered here or dropped."""
        admitted: list[tuple[int, Frame]] = []
        for link, frame in frames:
            if frame.type is _HELLO:
                self._greet(parts, links, link, frame)
            elif frame.type is _SEALED:
                found = self._unseal(parts, links, link, frame)
                if found is not None:
                    admitted.append(found)
            elif self._hear(parts, links, link, frame):
                admitted.append((link, frame))
        return admitted

    def _greet(self, parts: Parts, links: Links, link: int, hello: Frame) -> None:
        """Answer the first message of a handshake, or say nothing at all: silence tells a stranger least."""
        now_us = parts.now_us
        known = self._welcomes.get(hello.body)
        if known is not None:
            number, welcome = known
            guest = self.guests.get(number)
            if guest is not None and not guest.is_proved:
                self._send(guest.link, welcome)
            else:
                self.counts.refused += 1
            return
        if hello.body in self._wrong:
            # Somebody with a wrong key who says it again, because silence is all that he gets: one knock, not many.
            self.counts.refused += 1
            return
        if not self._is_heard(parts) or not self.patience.knock(now_us):
            self.counts.throttled += 1
            return
        key, role = self._key_of(parts, hello.session)
        try:
            if key is None:
                raise RemoteProtocolError("no such pair")
            welcome, channel = answer_hello(hello, key, parts.config.serial, self._take_number, self._draw_key)
        except RemoteProtocolError:
            self._wrong.append(hello.body)
            self._on_forged(parts, hello.session)
            return
        self.counts.handshakes += 1
        if self.on_channel is not None and not parts.keys.is_implanted:
            self.on_channel(channel)
        self._make_room(links)
        guest = Guest(channel, link, hello.session, role, now_us, now_us)
        self.guests[-channel.number] = guest
        self._welcomes[hello.body] = (-channel.number, welcome)
        while len(self._welcomes) > REMEMBERED:
            self._welcomes.popitem(last=False)
        self._send(link, welcome)

    def _take_number(self) -> int:
        """The number of the next channel. The first one after a start is drawn: it must not be that of a channel of the
        life before, or what is said in that would be a forgery in this, and nobody would say that it is not known."""
        last = self._newest or int.from_bytes(self._draw(2))
        self._newest = last % CHANNEL_NUMBERS + 1
        return self._newest

    def _key_of(self, parts: Parts, pair: int) -> tuple[bytes | None, PairRole | None]:
        if pair == 0:
            window = self.window
            is_open = window is not None and window.is_open(parts.now_us)
            return (pairing_key(window.secret) if window is not None and is_open else None), None
        found = parts.keys.find(pair)
        return (found.secret, found.role) if found is not None else (None, None)

    def _on_forged(self, parts: Parts, pair: int) -> None:
        self.counts.forged += 1
        self.patience.failed()
        if pair == 0 and self.window is not None:
            self.window.failures += 1
        if self.counts.forged == 1:
            # The first one is told to whoever reads the log; a flood must not wash everything else out of it.
            parts.log(LogKind.ACCESS, "a handshake with a wrong key")

    def _unseal(self, parts: Parts, links: Links, link: int, outer: Frame) -> tuple[int, Frame] | None:
        number = -outer.session
        guest = self.guests.get(number)
        if guest is None:
            self._hint(parts, link, outer)
            return None
        channel = guest.channel
        was_proved = channel.sealed.is_confirmed
        try:
            inner = channel.unwrap(outer)
        except RemoteProtocolError:
            return None
        # A channel follows its programmer to another link: it is the key that tells who speaks.
        guest.link, guest.heard_us = link, parts.now_us
        if not was_proved:
            self._on_proved(guest)
        if guest.role is None and inner.type is FrameType.REQUEST:
            self._pair(parts, links, number, guest, inner)
            return None
        return number, inner

    def _on_proved(self, guest: Guest) -> None:
        self.patience.proved()
        if guest.role is None:
            self.check_transcript = guest.channel.sealed.transcript
            # The secret is spent; the channel that it made is all that is left of it.
            self.window = None

    def _hear(self, parts: Parts, links: Links, link: int, frame: Frame) -> bool:
        """Whether a frame in the clear goes on to the firmware."""
        is_open = not is_sealed(parts)
        if frame.type is _STOP and (is_open or parts.magnet.is_near):
            return True
        request = _request(frame)
        if isinstance(request, Discover):
            if self._is_heard(parts):
                self._answer(links, link, frame, self._discovered(parts, request))
            return False
        if is_open:
            return True
        if isinstance(request, GetStatus) and parts.magnet.is_near and frame.session == 0:
            self._answer(links, link, frame, status_of(parts, Role.READER))
            return False
        self.counts.in_the_clear += 1
        if request is not None and self._is_heard(parts):
            text = "this implant talks in sealed channels only; pair with it, or use --insecure with one on the bench"
            self._answer(links, link, frame, reply(CODES[type(request)], refusal(Reason.SEALED_ONLY, text)))
        return False

    def _hint(self, parts: Parts, link: int, outer: Frame) -> None:
        """Say in the clear that a channel is not known, so that an honest programmer need not wait for its patience."""
        self.counts.unknown_channel += 1
        if self._is_heard(parts):
            refused = reply(0, refusal(Reason.NO_SESSION, f"channel {outer.session} is not known; make a handshake"))
            self._send(link, encode(Frame(FrameType.RESPONSE, 0, outer.counter, encode_message(refused))))

    def _is_heard(self, parts: Parts) -> bool:
        """Whether a stranger's frame is looked at; a magnet that is near makes one of him who holds it a guest."""
        return parts.magnet.is_near or self.patience.listen(parts.now_us)

    def _discovered(self, parts: Parts, request: Discover) -> Discovered:
        config, keys = parts.config, parts.keys
        is_pairing = self.window is not None and self.window.is_open(parts.now_us)
        return Discovered(
            request.nonce,
            config.serial,
            config.model,
            is_sealed(parts),
            bool(keys.pairs),
            is_pairing,
            keys.is_implanted,
        )

    # ------------------------------------------------------------------------------------------------- pairing

    def _pair(self, parts: Parts, links: Links, number: int, guest: Guest, inner: Frame) -> None:
        """Serve the one request that the channel of a pairing has."""
        request = _request(inner)
        code = CODES[type(request)] if request is not None else 0
        answer: Response
        if guest.paired is not None and inner.counter == guest.paired_counter:
            answer = guest.paired
        elif not isinstance(request, Pair) or guest.paired is not None:
            answer = reply(code, refusal(Reason.NOT_FOR_ROLE, "a pairing gives one key and nothing else; connect anew"))
        else:
            try:
                key = parts.keys.add(request.role, self._draw(SECRET_SIZE))
            except StoreError as error:
                reason = Reason.BUSY if len(parts.keys.pairs) >= PAIRINGS_MAX else Reason.STORE_FAILED
                answer = reply(code, refusal(reason, str(error)))
            else:
                answer = guest.paired = Paired(key.pair, key.role, key.secret)
                guest.paired_counter = inner.counter
                parts.log(LogKind.ACCESS, f"pair {key.pair} made for {key.role.word}")
        self._answer(links, number, inner, answer)

    # ------------------------------------------------------------------------------------------------- frames out

    def take_output(self, links: Links, link: int) -> bytes:
        """What is to be sent on a link: its own frames, and those of every channel that was last heard on it."""
        output = links.take_output(link)
        raw = self._raw.pop(link, None)
        if raw is not None:
            output = bytes(raw) + output
        for number, guest in self.guests.items():
            if guest.link == link:
                for inner in links.take_frames_out(number):
                    output += guest.channel.wrap(inner)
        return output

    def with_output(self, links: Links) -> tuple[int, ...]:
        """The links that something waits to be sent on."""
        waiting = dict.fromkeys(self._raw)
        for link in links.with_output:
            guest = self.guests.get(link)
            if link >= 0 or guest is not None:
                waiting[guest.link if guest is not None else link] = None
        return tuple(waiting)

    def drop(self, link: int) -> None:
        """A link is gone. Channels live on: who comes back on another link is known by the key."""
        self._raw.pop(link, None)

    def _send(self, link: int, data: bytes) -> None:
        self._raw.setdefault(link, bytearray()).extend(data)

    def _answer(self, links: Links, link: int, frame: Frame, message: Message) -> None:
        links.send(link, Frame(FrameType.RESPONSE, frame.session, frame.counter, encode_message(message)))

    # ------------------------------------------------------------------------------------------------- room

    def _make_room(self, links: Links) -> None:
        unproved = [number for number, guest in self.guests.items() if not guest.is_proved]
        if len(unproved) >= UNPROVED_MAX:
            self._close(links, min(unproved, key=lambda number: self.guests[number].made_us))
        if len(self.guests) >= CHANNELS_MAX:
            writer = links.writer.link if links.writer is not None else 0
            others = [number for number in self.guests if number != writer]
            self._close(links, min(others, key=lambda number: self.guests[number].heard_us))

    def _close(self, links: Links, number: int) -> None:
        self.counts.refused += self.guests.pop(number).channel.sealed.refused.total()
        links.drop(number)

    def _draw_key(self) -> bytes:
        return self._draw(SECRET_SIZE)


def is_sealed(parts: Parts) -> bool:
    """Whether it talks in sealed channels only: by its make, or because it is in a person."""
    return parts.config.is_sealed or parts.keys.is_implanted


def _request(frame: Frame) -> Message | None:
    """What a request frame asks; None when it is another frame, or cannot be read."""
    if frame.type is not _REQUEST:
        return None
    try:
        return decode_message(frame.body, Direction.TO_IMPLANT)
    except RemoteProtocolError:
        return None
