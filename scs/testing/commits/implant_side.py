"""The implant of the search: the real firmware over a memory whose power can go at any byte of any write.

A state is the whole implant, put aside as a copy. Each thing that can happen to a state (a frame arrives, time passes,
the power goes) is done on a copy and once only; a second time the answer is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from firmware_model.device import Device
from firmware_model.store import RamMemory, Store
from scs.clock import Instant
from scs.testing.commits.seals import KeyRing, SealedMaker, shape_of_gate
from scs.testing.commits.shape import Shape, Shaper
from scs.testing.states.keeping import Keeper
from scs.testing.states.world import Maker

_LEFT_OUT = frozenset({"rejects", "_memory", "repairs", "memory"})
_POINTS = frozenset({"heard_us", "notice_us"})


class _PowerGone(BaseException):
    """There is no processor any more that could do anything about it."""


class FailingMemory:
    """Memory that keeps what is written, byte for byte, and whose power goes in the middle of a write if asked to."""

    def __init__(self) -> None:
        self._whole = RamMemory()
        self.lengths: list[int] = []
        """Of each write since the list was emptied."""
        self.cut: tuple[int, int] | None = None
        """Which write is the last one, and how many bytes of it are kept."""

    def read(self, offset: int, length: int) -> bytes:
        return self._whole.read(offset, length)

    def write(self, offset: int, data: bytes) -> None:
        number = len(self.lengths)
        self.lengths.append(len(data))
        if self.cut is not None and number == self.cut[0]:
            self._whole.write(offset, data[: self.cut[1]])
            raise _PowerGone
        self._whole.write(offset, data)

    def flush(self) -> None:
        """What was written is kept already."""

    def __getstate__(self) -> dict[int, bytes]:
        """Pages that are not blank: a copy of nearly nothing but zeros would be most of the work."""
        data = self._whole.data
        pages = ((at, bytes(data[at : at + _PAGE])) for at in range(0, len(data), _PAGE))
        return {at: page for at, page in pages if page.count(0) < len(page)}

    def __setstate__(self, pages: dict[int, bytes]) -> None:
        self.__init__()  # type: ignore[misc]
        for at, page in pages.items():
            self._whole.write(at, page)


_PAGE = 4_096


@dataclass(frozen=True, slots=True)
class Applied:
    """What is in force, as it would be read after a loss of power at this moment."""

    generation: int
    slots: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an implant: its state, what it said, and where the power went if it did."""

    state: int
    said: tuple[bytes, ...] = ()
    where: str = ""
    cuts: int = 0


class Implants:
    """All states of one implant, by number."""

    def __init__(self, maker: Maker, *, every_byte: bool = False) -> None:
        self._maker = maker
        self._every_byte = every_byte
        self._keeper: Keeper[Device] = Keeper(Maker, SealedMaker, KeyRing)
        self._numbers: dict[Shape, int] = {}
        self._kept: list[bytes] = []
        self.applied: list[Applied] = []
        """What is in force in each state."""
        self._known: dict[tuple[int, bytes | int, bool], tuple[Outcome, ...]] = {}
        self.runs = 0
        """How often the firmware was run."""
        self.first = self._number(maker.make(FailingMemory(), Instant(0)))

    def __len__(self) -> int:
        return len(self._kept)

    def hear(self, state: int, frame: bytes, *, with_cuts: bool) -> tuple[Outcome, ...]:
        """A frame arrives; first without a cut, then one for each place at which the power may go."""
        return self._after(state, frame, with_cuts=with_cuts)

    def wait(self, state: int, time_us: int, *, with_cuts: bool) -> tuple[Outcome, ...]:
        """Time passes."""
        return self._after(state, time_us, with_cuts=with_cuts)

    def lose_power(self, state: int) -> tuple[Outcome, ...]:
        """The power goes while nothing is written, and comes back."""
        key = (state, -1, True)
        if key not in self._known:
            self._known[key] = tuple(self._boots(self._take(state), "between writes"))
        return self._known[key]

    def _after(self, state: int, what: bytes | int, *, with_cuts: bool) -> tuple[Outcome, ...]:
        key = (state, what, with_cuts)
        if key not in self._known:
            self._known[key] = tuple(self._outcomes(state, what, with_cuts=with_cuts))
        return self._known[key]

    def _outcomes(self, state: int, what: bytes | int, *, with_cuts: bool) -> Iterator[Outcome]:
        device = self._take(state)
        memory = _memory(device)
        _happen(device, what)
        lengths = tuple(memory.lengths)
        said = _frames(device.take_output())
        yield Outcome(self._number(device), said)
        if not with_cuts:
            return
        for number, length in enumerate(lengths):
            for kept in self._places(length):
                victim = self._take(state)
                _memory(victim).cut = (number, kept)
                _until_dark(lambda victim=victim: _happen(victim, what))  # type: ignore[misc]
                yield from self._boots(victim, f"{kept} of {length} bytes into write {number + 1} of {len(lengths)}")

    def _boots(self, device: Device, where: str) -> Iterator[Outcome]:
        """The power comes back; with a cut more, it goes again in what is written meanwhile: at a few places, for
        every byte of both would be a million restarts for one frame (`power_cuts` does that without a link)."""
        found = device.memory
        assert isinstance(found, FailingMemory), "every implant here was made over one"
        again = self._powered(found, device.now)
        lengths = tuple(_memory(again).lengths)
        yield Outcome(self._number(again), where=where, cuts=1)
        for number, length in enumerate(lengths):
            for kept in _few_places(length):
                torn = _copy(found)
                torn.cut = (number, kept)
                _until_dark(lambda torn=torn: self._maker.make(torn, device.now))  # type: ignore[misc]
                once_more = self._powered(torn, device.now)
                words = f"{where}, and {kept} of {length} bytes into write {number + 1} of the restart"
                yield Outcome(self._number(once_more), where=words, cuts=2)

    def _powered(self, memory: FailingMemory, now: Instant) -> Device:
        self.runs += 1
        return self._maker.make(_copy(memory), now)

    def _places(self, length: int) -> range | tuple[int, ...]:
        """How many bytes of a write are kept when the power goes in it."""
        return range(length) if self._every_byte else _few_places(length)

    def _take(self, state: int) -> Device:
        self.runs += 1
        device = self._keeper.take_out(self._kept[state])
        _memory(device).lengths.clear()
        return device

    def _number(self, device: Device) -> int:
        """The number of the state that an implant is in."""
        shape = _shape(device)
        number = self._numbers.get(shape)
        if number is None:
            number = self._numbers[shape] = len(self._kept)
            self._kept.append(self._keeper.put_aside(device))
            self.applied.append(_applied(device))
        return number


def _few_places(length: int) -> tuple[int, ...]:
    """Before the first byte of a write, in its middle, and before its last one."""
    return tuple(sorted({0, length // 2, length - 1}))


def _happen(device: Device, what: bytes | int) -> None:
    if isinstance(what, bytes):
        device.receive(what)
        device.step(device.now)
    else:
        device.step(Instant(device.now.us + what))


def _until_dark(run: Callable[[], object]) -> None:
    try:
        run()
    except _PowerGone:
        return
    raise AssertionError("the same implant writes the same again")


def _memory(device: Device) -> FailingMemory:
    assert isinstance(device.memory, FailingMemory), "every implant here was made over one"
    return device.memory


def _copy(memory: FailingMemory) -> FailingMemory:
    copy = FailingMemory()
    copy._whole.data[:] = memory._whole.data
    return copy


def _applied(device: Device) -> Applied:
    """Read from the memory as after a loss of power, not asked of the implant that wrote it."""
    image = Store(_memory(device)).image
    return Applied(image.generation, tuple((slot, group.data) for slot, group in sorted(image.groups.items())))


def _shape(device: Device) -> Shape:
    """Everything of an implant whose therapy is off that decides about the answers to come.

    Of the memory, it is what would be read: a record that was torn is no record, whatever is left of it, for whoever
    writes there next writes over it from its first byte on. Of the log, it is its newest number.
    """
    parts, now_us = device.parts, device.now.us
    assert parts.therapy.group is None, "nothing is started here"
    links, staging, clipped = device.inner_state
    store = parts.store
    slots = tuple(_slot(store, index) for index in (0, 1))
    shaper = Shaper(now_us, _LEFT_OUT, _POINTS)
    held = (shaper.of(links), shaper.of(staging), clipped, parts.modes.mode, shaper.of(store), slots)
    door = shape_of_gate(device) if device.parts.config.is_sealed else None
    return (*held, parts.event_log.newest, door)


def _slot(store: Store, index: int) -> int:
    found = store._read_slot(index)
    return 0 if found is None else found[0]


def _frames(said: bytes) -> tuple[bytes, ...]:
    """One piece a frame: each has a delimiter on both of its sides."""
    return tuple(b"\0" + piece + b"\0" for piece in said.split(b"\0") if piece)
