"""One course of events on a simulated stimulator: what was done, what was asked for, what left the electrodes.

Whatever is done is a method, so that chance, Hypothesis and a person tell the same kind of story. After each of them
every invariant that applies is looked at, and the first that is broken ends the course with the story so far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from firmware_model.comparator import TOLERANCE_PART, TOLERANCE_UA
from firmware_model.electrodes import Damage
from scs.clock import Duration
from scs.domain.program import Group
from scs.domain.safety import judge
from scs.domain.status import Mode
from scs.testing.simulated import LinkFaults, World
from scs.testing.waveform import DeliveredMonitor
from scs.wire.messages import Request
from scs.wire.prescription import digest, encode_group
from scs.wire.requests import (
    ClearFault,
    EnterMri,
    EnterStorage,
    LeaveMri,
    LeaveStorage,
    MeasureImpedance,
    SetAmplitude,
    SoftStop,
)
from scs.wire.responses import Done, RefusedReply


class InvariantBroken(AssertionError):
    """An invariant does not hold. `id` names it, `story` is what was done until then, in sentences."""

    def __init__(self, invariant: Invariant, sentence: str, story: list[str]) -> None:
        self.id = invariant.id
        self.requirement = invariant.requirement
        self.sentence = sentence
        self.story = list(story)
        steps = "\n".join(f"  {number}. {words}" for number, words in enumerate(self.story, 1))
        super().__init__(f"{invariant.id} ({invariant.requirement}): {sentence}\n{steps}")


class Course:
    """See above. `world` is the stimulator; its methods must not be called past this object, for it remembers."""

    def __init__(self, world: World) -> None:
        self.world = world
        config = world.config
        self.monitor = DeliveredMonitor(config.profile, config.implant, config.policy)
        self.story: list[str] = []
        self.steps = 0
        self.looked_at: Counter[str] = Counter()
        """How often each invariant applied and was looked at."""
        self.groups: dict[int, list[Group]] = {}
        """Slot to the groups that it may hold: the confirmed one, and those of which the answer was lost."""
        self.ceilings_ua: dict[int, int] = {}
        """Program to the largest amplitude that anybody asked for since the output was surely off."""
        self.ceilings_before_ua: dict[int, int] = {}
        self.was_deliverable = self.was_stopped = False
        self.mode_before = world.device.parts.modes.mode
        self.log_before = 0
        self.is_bent = False
        """Whether the bench has broken something between order and electrodes in this implant."""
        self.may_leave_safe = True
        """Whether the latest step may have ended SAFE."""
        self._verdicts: dict[bytes, tuple[str, ...]] = {}

    # --------------------------------------------------------------------------------------------- the programmer

    def open(self) -> None:
        """Open a session, as a programmer does that has none."""
        self._step("a session is opened", self.world.open)

    def write(self, group: Group, slot: int, *, acknowledge: bool = True) -> None:
        """Stage a group and commit it."""

        def act() -> None:
            held = self.groups.setdefault(slot, [])
            held.append(group)
            # Where it differs in amplitudes only, what runs goes on at once with the new ones.
            self._raise_ceilings(group)
            self.world.write(group, slot, acknowledge=acknowledge)
            if slot not in self.world.knows.in_doubt:
                confirmed = self.world.knows.confirmed.get(slot)
                held[:] = [one for one in held if digest(encode_group(one)) == confirmed][-1:]

        self._step(f"a group of {len(group.programs)} is written into slot {slot}", act)

    def start(self, slot: int) -> None:
        def act() -> None:
            for group in self.groups.get(slot, ()):
                self._raise_ceilings(group)
            self.world.start(slot)

        self._step(f"slot {slot} is started", act)

    def try_amplitude(self, program: int, amplitude_ua: int) -> None:
        """Try an amplitude, and acknowledge whatever must be."""

        def act() -> None:
            before = self.ceilings_ua.get(program, 0)
            self.ceilings_ua[program] = max(before, amplitude_ua)
            answer = self.world.ask(SetAmplitude(self.world.op_id(), program, amplitude_ua, ()))
            if isinstance(answer, RefusedReply) and answer.rules:
                answer = self.world.ask(SetAmplitude(self.world.op_id(), program, amplitude_ua, answer.rules))
            if isinstance(answer, Done):
                self.ceilings_ua[program] = amplitude_ua
            elif isinstance(answer, RefusedReply):
                self.ceilings_ua[program] = before

        self._step(f"{amplitude_ua} uA are tried in program {program + 1}", act)

    def order(self, order: type[SoftStop | MeasureImpedance | ClearFault | EnterMri | LeaveMri | EnterStorage]) -> None:
        """Send an order that has nothing but its number."""
        self._order(order(self.world.op_id()))

    def leave_storage(self) -> None:
        self._order(LeaveStorage(self.world.op_id()))

    def _order(self, order: Request) -> None:
        self._step(
            f"{type(order).__name__} is sent", lambda: self.world.ask(order), ends_safe=type(order) is ClearFault
        )

    def stop(self) -> None:
        def act() -> None:
            if self.world.stop():
                self.ceilings_ua.clear()

        self._step("STOP is pressed", act)

    # --------------------------------------------------------------------------------------------------- the world

    def pass_time(self, duration: Duration) -> None:
        self._step(f"{duration.us // 1_000} ms go by", lambda: self.world.pass_time(duration))

    def set_link(self, faults: LinkFaults) -> None:
        """Let the link lose or repeat pieces of bytes, or cut it."""

        def act() -> None:
            self.world.faults = faults

        words = "is cut" if faults.is_cut else f"loses {faults.loss:.0%} and repeats {faults.twice:.0%}"
        self._step(f"the link {words}", act)

    def noise(self, data: bytes, *, is_to_implant: bool) -> None:
        """Bytes that nobody sent."""

        def act() -> None:
            if is_to_implant:
                self.world.device.receive(data)
            else:
                self.world.session.receive(data)
            self.world.pump()

        self._step(f"{len(data)} bytes of noise arrive at the {'implant' if is_to_implant else 'programmer'}", act)

    def power_cycle(self) -> None:
        def act() -> None:
            self.world.power_cycle()
            self.ceilings_ua.clear()
            self.is_bent = self.world.knows.is_stopped = False

        self._step("the supply goes and comes back", act)

    def set_battery(self, permille: int) -> None:
        self._step(f"the battery is at {permille} permille", lambda: self.world.bench.set_battery(permille))

    def break_lead(self, contact: int, damage: Damage) -> None:
        self._step(f"E{contact} is {damage.name.lower()}", lambda: self.world.break_lead(contact, damage))

    def mend_lead(self, contact: int) -> None:
        self._step(f"E{contact} is mended", lambda: self.world.bench.mend_lead(contact))

    def bypass(self, bypass_id: str) -> None:
        """Break the implant between order and electrodes until the next power cycle (firmware_model.bypasses)."""

        def act() -> None:
            self.is_bent = True
            self.world.bench.bypass(bypass_id)

        self._step(f"the bench does {bypass_id}", act)

    # ------------------------------------------------------------------------------------------------- bookkeeping

    def _raise_ceilings(self, group: Group) -> None:
        for index, program in enumerate(group.programs):
            self.ceilings_ua[index] = max(self.ceilings_ua.get(index, 0), program.amplitude_ua)

    def _step(self, words: str, act: Callable[[], object], *, ends_safe: bool = False) -> None:
        """Do one thing, then look at everything."""
        self.steps += 1
        self.story.append(words)
        parts = self.world.device.parts
        self.mode_before, self.log_before = parts.modes.mode, parts.event_log.newest
        self.was_deliverable, self.was_stopped = self.world.knows.may_deliver, self.world.knows.is_stopped
        self.ceilings_before_ua = dict(self.ceilings_ua)
        self.may_leave_safe = ends_safe
        act()
        for departure in self.world.departures:
            self.monitor.on_departure(departure)
        for invariant in INVARIANTS:
            if invariant.applies(self):
                self.looked_at[invariant.id] += 1
                for sentence in invariant.broken(self):
                    raise InvariantBroken(invariant, sentence, self.story)
        self.world.departures.clear()

    def blocking_rules(self, slot: int) -> tuple[str, ...]:
        """The programmer's own verdict on the group that the implant holds in a slot."""
        parts = self.world.device.parts
        data = parts.store.image.groups[slot].data
        if data not in self._verdicts:
            config, group = self.world.config, parts.stored_group(slot)
            self._verdicts[data] = judge(group, config.implant, config.profile, config.policy).blocking_rules
        return self._verdicts[data]


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must be so after every step. `applies` says when there is anything to look at."""

    id: str
    requirement: str
    sentence: str
    applies: Callable[[Course], bool]
    broken: Callable[[Course], Iterator[str]]


def _always(_course: Course) -> bool:
    return True


def _has_departed(course: Course) -> bool:
    return bool(course.world.departures)


def _without_cause(course: Course) -> Iterator[str]:
    if not (course.was_deliverable or course.world.knows.may_deliver):
        yield f"{len(course.world.departures)} pulses left, and no start was sent since the output was off"


def _above_ceiling(course: Course) -> Iterator[str]:
    for pulse in course.world.departures:
        amplitude = sum(current for current in pulse.currents_ua.values() if current > 0)
        ceiling = max(course.ceilings_ua.get(pulse.program, 0), course.ceilings_before_ua.get(pulse.program, 0))
        if course.is_bent:
            # The comparator tells what was ordered from what is about to leave no finer than this, contact by contact.
            sourcing = sum(current > 0 for current in pulse.currents_ua.values())
            ceiling += sourcing * TOLERANCE_UA + ceiling // TOLERANCE_PART
        if amplitude > ceiling:
            yield f"program {pulse.program + 1} delivered {amplitude} uA, and at most {ceiling} uA were asked for"


def _is_off(course: Course) -> bool:
    return course.was_stopped and course.world.knows.is_stopped


def _after_stop(course: Course) -> Iterator[str]:
    if course.world.departures:
        yield f"{len(course.world.departures)} pulses left after a STOP that was acknowledged"


def _has_confirmed(course: Course) -> bool:
    return bool(course.world.knows.confirmed)


def _not_as_confirmed(course: Course) -> Iterator[str]:
    stored = course.world.device.parts.store.image.groups
    for slot, confirmed in course.world.knows.confirmed.items():
        if slot in course.world.knows.in_doubt:
            continue
        held = digest(stored[slot].data) if slot in stored else b""
        if held != confirmed:
            yield f"slot {slot} was confirmed as {confirmed.hex()[:8]} and holds {held.hex()[:8] or 'nothing'}"


def _wrongly_delivered(course: Course) -> Iterator[str]:
    for violation in course.monitor.violations:
        yield violation.sentence


def _not_silent(course: Course) -> Iterator[str]:
    for _, mode in course.world.strays[:1]:
        yield f"{len(course.world.strays)} pulses left in {mode.name}"


def _holds_groups(course: Course) -> bool:
    return bool(course.world.device.parts.store.image.groups)


def _stored_beyond_rules(course: Course) -> Iterator[str]:
    for slot in course.world.device.parts.store.image.groups:
        if rules := course.blocking_rules(slot):
            yield f"slot {slot} holds a group that {', '.join(rules)} blocks"


def _log_falls(course: Course) -> Iterator[str]:
    newest = course.world.device.parts.event_log.newest
    if newest < course.log_before:
        yield f"the newest entry of the log was {course.log_before} and is {newest}"


def _battery_out_of_range(course: Course) -> Iterator[str]:
    permille = course.world.device.parts.battery.permille
    if not 0 <= permille <= 1_000:
        yield f"the battery is at {permille} permille"


def _was_safe(course: Course) -> bool:
    return course.mode_before is Mode.SAFE


def _safe_left(course: Course) -> Iterator[str]:
    mode = course.world.device.parts.modes.mode
    if mode is not Mode.SAFE and not course.may_leave_safe:
        yield f"SAFE was left for {mode.name} by what does not clear a fault"


INVARIANTS = (
    Invariant("output-has-a-cause", "FW-11", "no pulse without a start", _has_departed, _without_cause),
    Invariant("never-more-than-asked", "FW-09", "no pulse above what was asked for", _has_departed, _above_ceiling),
    Invariant("stopped-is-off", "FW-31", "no pulse after an acknowledged STOP", _is_off, _after_stop),
    Invariant("confirmed-is-stored", "FW-23", "what is confirmed is held", _has_confirmed, _not_as_confirmed),
    Invariant("delivered-within-limits", "FW-07", "every pulse is within the limits", _always, _wrongly_delivered),
    Invariant("silent-modes", "FW-33", "no pulse in any mode but THERAPY", _always, _not_silent),
    Invariant("gate-holds", "FW-02", "what is stored passes the rules", _holds_groups, _stored_beyond_rules),
    Invariant("log-rises", "FW-38", "numbers of the log never fall", _always, _log_falls),
    Invariant("battery-in-range", "FW-26", "the battery is between empty and full", _always, _battery_out_of_range),
    Invariant("fault-stays", "FW-01", "a latched fault stays until it is cleared", _was_safe, _safe_left),
)
"""An id stands once; the requirement is a row of docs/requirements.toml."""
