"""The product of programmer, link and implant, searched breadth first, with an oracle that asks neither end.

Both ends are the real code. Between them are frames under way, in two directions; the link may lose, repeat, overtake
and delay them so many times in all, and the power may go so many times. Each change must be made once at most, made
once when the programmer says that it was made, and never, then or later, when it says that it was not. Whoever opens a
session is connected in the end: ten frames lost in a row, more than any search has, are the silence to give up at.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from scs.errors import RemoteProtocolError
from scs.testing.commits.implant_side import Applied, Implants, Outcome
from scs.testing.commits.programmer_side import TIME, Given, Said, Standing, Visits, op_ids
from scs.testing.commits.seals import HANDSHAKE, SEALED, KeyRing
from scs.wire.codec import decode_message
from scs.wire.framing import Decoder, Direction, FrameType
from scs.wire.messages import Message
from scs.wire.requests import Commit


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may go wrong on one way."""

    troubles: int = 2
    """Frames that are lost, repeated, overtaken or late."""
    cuts: int = 1
    """Losses of power."""
    every_byte: bool = False
    """Whether the power may go at every byte of a write, or at its first, middle and last one only."""


@dataclass(frozen=True, slots=True)
class Place:
    """One state of everything. Two ways that lead to equal places go on equally."""

    visit: int
    implant: int
    out: tuple[bytes, ...]
    """Frames under way to the implant, the oldest first."""
    back: tuple[bytes, ...]
    troubles: int
    cuts: int
    made: tuple[int, ...]
    """Of each change, how often it was made."""
    said: tuple[Said | None, ...]
    latest: int = -1
    """The change that was made last."""


@dataclass(slots=True)
class Found:
    """What a search has seen."""

    states: int = 0
    transitions: int = 0
    visits: int = 0
    """Different states of the programmer."""
    implants: int = 0
    """Different states of the implant."""
    client_runs: int = 0
    firmware_runs: int = 0
    ends: dict[tuple[str, ...], int] = field(default_factory=dict)
    """What was said of the changes in the end, and in how many ways."""
    violation: str = ""
    way: tuple[str, ...] = ()
    """The shortest one to the violation."""


class Search:
    """One search. It ends at the first violation; the way to it is as short as any."""

    def __init__(self, visits: Visits, implants: Implants, bounds: Bounds, ring: KeyRing | None = None) -> None:
        self._ring = ring
        self._visits = visits
        self._implants = implants
        self._bounds = bounds
        self._ops = {op_id: change for change, op_id in enumerate(op_ids(len(visits.groups)))}
        self._given: list[tuple[Given, ...]] = []
        self._standings: list[Standing] = []
        self._numbers: dict[object, int] = {}
        self._next: dict[tuple[int, Given], tuple[int, Standing]] = {}
        self._before: dict[Place, tuple[Place | None, str]] = {}
        self._waiting: deque[Place] = deque()
        self.found = Found()

    def run(self) -> Found:
        """Search until there is no new place, or one that breaks a promise."""
        number, standing = self._stand(())
        changes = len(self._ops)
        first = Place(
            number, self._implants.first, standing.written, (), self._bounds.troubles, self._bounds.cuts,
            (0,) * changes, (None,) * changes,
        )  # fmt: skip
        self._before[first] = (None, "")
        self._waiting.append(first)
        while self._waiting and not self.found.violation:
            self._go_on(self._waiting.popleft())
        found = self.found
        found.states, found.visits, found.implants = len(self._before), len(self._given), len(self._implants)
        found.client_runs, found.firmware_runs = self._visits.runs, self._implants.runs
        return found

    def _go_on(self, place: Place) -> None:
        is_end = True
        for words, after in self._steps(place):
            is_end = False
            self.found.transitions += 1
            if after in self._before:
                continue
            self._before[after] = (place, words)
            self._waiting.append(after)
            if broken := self._broken(after):
                self.found.violation, self.found.way = broken, self._way(after)
                return
        if is_end:
            said = tuple(one.value if one is not None else "nothing" for one in place.said)
            self.found.ends[said] = self.found.ends.get(said, 0) + 1

    def _way(self, place: Place) -> tuple[str, ...]:
        words: list[str] = []
        at: Place | None = place
        while at is not None:
            at, happened = self._before[at]
            words.append(happened)
        return tuple(reversed(words[:-1]))

    # ---------------------------------------------------------------------------------------------- what can happen

    def _steps(self, place: Place) -> Iterator[tuple[str, Place]]:
        standing = self._standings[place.visit]
        yield from self._arrivals_at_implant(place)
        if standing.hears:
            yield from self._arrivals_at_programmer(place)
        if not standing.is_over:
            yield from self._time(place, standing)
        if place.troubles:
            yield from self._losses(place)
        if place.cuts:
            yield from self._power(place)

    def _arrivals_at_implant(self, place: Place) -> Iterator[tuple[str, Place]]:
        for index, frame in enumerate(place.out):
            for cost, rest, how in _taken(place.out, index):
                if cost > place.troubles:
                    continue
                for outcome in self._implants.hear(place.implant, frame, with_cuts=place.cuts > 0):
                    if outcome.cuts <= place.cuts:
                        left = replace(place, out=rest, troubles=place.troubles - cost)
                        words = f"{self._named(frame, Direction.TO_IMPLANT)} arrives{how}"
                        yield self._at_implant(left, outcome, words, frame)

    def _arrivals_at_programmer(self, place: Place) -> Iterator[tuple[str, Place]]:
        for index, frame in enumerate(place.back):
            for cost, rest, how in _taken(place.back, index):
                if cost <= place.troubles:
                    left = replace(place, back=rest, troubles=place.troubles - cost)
                    words = f"{self._named(frame, Direction.TO_PROGRAMMER)} arrives{how}"
                    yield words, self._at_programmer(left, Given(frame))

    def _time(self, place: Place, standing: Standing) -> Iterator[tuple[str, Place]]:
        """The programmer has waited long enough; while something is under way, that is a trouble."""
        is_late = bool(place.out or (place.back and standing.hears))
        if is_late and not place.troubles:
            return
        for outcome in self._implants.wait(place.implant, standing.waits_us, with_cuts=place.cuts > 0):
            if outcome.cuts <= place.cuts:
                left = replace(place, troubles=place.troubles - is_late)
                words, after = self._at_implant(left, outcome, f"{standing.waits_us // 1_000} ms pass", b"")
                yield words, self._at_programmer(after, TIME)

    def _losses(self, place: Place) -> Iterator[tuple[str, Place]]:
        troubles = place.troubles - 1
        for index, frame in enumerate(place.out):
            rest = (*place.out[:index], *place.out[index + 1 :])
            yield f"{self._named(frame, Direction.TO_IMPLANT)} is lost", replace(place, out=rest, troubles=troubles)
        for index, frame in enumerate(place.back):
            rest = (*place.back[:index], *place.back[index + 1 :])
            yield f"{self._named(frame, Direction.TO_PROGRAMMER)} is lost", replace(place, back=rest, troubles=troubles)

    def _power(self, place: Place) -> Iterator[tuple[str, Place]]:
        for outcome in self._implants.lose_power(place.implant):
            if outcome.cuts <= place.cuts:
                yield self._at_implant(place, outcome, "", b"")

    # ------------------------------------------------------------------------------------------------ what comes of it

    def _at_implant(self, place: Place, outcome: Outcome, words: str, frame: bytes) -> tuple[str, Place]:
        if outcome.where:
            words = f"{words}; the power goes {outcome.where}".removeprefix("; ")
        back, cuts = (*place.back, *outcome.said), place.cuts - outcome.cuts
        after = replace(place, implant=outcome.state, back=back, cuts=cuts)
        return words, self._accounted(after, self._implants.applied[place.implant], frame)

    def _accounted(self, place: Place, before: Applied, frame: bytes) -> Place:
        """The account: a rise of the generation while a commit is heard is that commit's."""
        after = self._implants.applied[place.implant]
        rise = after.generation - before.generation
        commit = self._message(frame, Direction.TO_IMPLANT) if rise else None
        change = self._ops.get(commit.op_id) if isinstance(commit, Commit) else None
        if change is None:
            # Whatever has become of what is in force, nobody has asked for it; the account stays, and does not fit.
            return place
        made = tuple(count + rise * (one == change) for one, count in enumerate(place.made))
        return replace(place, made=made, latest=change)

    def _at_programmer(self, place: Place, given: Given) -> Place:
        key = (place.visit, given)
        if key not in self._next:
            self._next[key] = self._stand((*self._given[place.visit], given))
        number, standing = self._next[key]
        said = list(place.said)
        for change, what in standing.told:
            said[change] = what
        return replace(place, visit=number, out=(*place.out, *standing.written), said=tuple(said))

    def _stand(self, given: tuple[Given, ...]) -> tuple[int, Standing]:
        standing = self._visits.stand(given)
        shape = (standing.shape, standing.waits_us, standing.hears)
        number = self._numbers.setdefault(shape, len(self._given))
        if number == len(self._given):
            self._given.append(given)
            self._standings.append(standing)
        return number, standing

    # ------------------------------------------------------------------------------------------------- what is said

    def _message(self, frame: bytes, direction: Direction) -> Message | None:
        """What a frame under way says, sealed or not."""
        for found in Decoder(direction).receive(frame):
            inner = self._ring.open(found) if self._ring is not None and found.type in SEALED else found
            if inner is not None and inner.type in (FrameType.REQUEST, FrameType.RESPONSE):
                try:
                    return decode_message(inner.body, direction)
                except RemoteProtocolError:
                    return None
        return None

    def _named(self, frame: bytes, direction: Direction) -> str:
        """A frame in words."""
        message = self._message(frame, direction)
        if message is not None:
            return type(message).__name__
        kinds = [found.type for found in Decoder(direction).receive(frame) if found.type in HANDSHAKE]
        return kinds[0].name.title() if kinds else "a frame"

    # --------------------------------------------------------------------------------------------------- the promises

    def _broken(self, place: Place) -> str:
        """The sentence of a promise that is broken here; empty when none is."""
        applied = self._implants.applied[place.implant]
        if trouble := self._standings[place.visit].trouble:
            return f"the visit ended with {trouble}"
        for change, (made, said) in enumerate(zip(place.made, place.said, strict=True)):
            if made > 1:
                return f"change {change + 1} was made {made} times"
            if said is Said.MADE and not made:
                return f"change {change + 1} was said to be made, and it was not"
            if said is Said.NOT_MADE and made:
                return f"change {change + 1} was said not to be made, and it was"
        if applied.generation != sum(place.made):
            return f"generation {applied.generation} is in force after {sum(place.made)} changes"
        if applied.slots != self._owed(place.latest):
            return "what is in force is neither the old group nor the new one"
        sure = [change for change, said in enumerate(place.said) if said is Said.MADE]
        if sure and place.latest < sure[-1]:
            return f"change {sure[-1] + 1} was said to be made, and an older one was made after it"
        return ""

    def _owed(self, latest: int) -> tuple[tuple[int, bytes], ...]:
        """What has to be in force once this change was made, whole."""
        return ((0, self._visits.encoded[latest]),) if latest >= 0 else ()


def _taken(frames: tuple[bytes, ...], index: int) -> Iterator[tuple[int, tuple[bytes, ...], str]]:
    """How a frame can arrive: what it costs, what is under way then, and words for it."""
    late = int(index > 0)
    how = " before an older one" if late else ""
    yield late, (*frames[:index], *frames[index + 1 :]), how
    yield late + 1, frames, f"{how}, and once more later"
