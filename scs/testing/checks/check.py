"""What a check is, what it is given, and how it says that an implant does not keep its promise.

A check is written from the requirements (docs/requirements.toml, docs/protocol.md), never from the firmware. It asks
over the link, looks at what leaves the electrodes where the target shows it, and fails with a sentence that a
clinician understands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import NoReturn

from scs.clock import Clock, Duration, Instant
from scs.domain.impedance import Impedances
from scs.domain.lead import Implant
from scs.domain.policy import Policy, find_policy
from scs.domain.profile import DeviceProfile
from scs.domain.program import Group
from scs.domain.safety import judge
from scs.domain.status import Mode
from scs.domain.verdict import Verdict
from scs.testing.checks.speaker import Failed, Speaker
from scs.testing.target import WHY_NOT, Need, Target
from scs.wire.prescription import decode_implant, decode_profile
from scs.wire.requests import ClearFault, Close, GetImpedance, Identify, LeaveMri, LeaveStorage
from scs.wire.responses import Done, Identity, ImpedanceResult
from scs.wire.terms import ImpedanceState, Object, Role

FULL_BUDGET = Duration.of_s(60)
"""The budget that the numbers of cases in the checks are meant for; another budget scales them."""


class NotEvaluated(Exception):
    """The check could not be made on this target, and why. It is never a pass."""


@dataclass(frozen=True, slots=True)
class Check:
    """One promise. `requirements` and `hazards` are ids of docs/requirements.toml and docs/hazards.toml."""

    id: str
    title: str
    requirements: tuple[str, ...]
    hazards: tuple[str, ...]
    run: Callable[[Context], None]
    needs: frozenset[Need] = frozenset()
    weight: int = 1
    """How much of the time budget it takes beside the others."""


def check(
    title: str, requirements: str, hazards: str, *needs: Need, weight: int = 1
) -> Callable[[Callable[[Context], None]], Check]:
    """Declare a check; its id is the function's name with hyphens. Ids are separated by blanks."""

    def declare(run: Callable[[Context], None]) -> Check:
        name = run.__name__.replace("_", "-")
        return Check(name, title, tuple(requirements.split()), tuple(hazards.split()), run, frozenset(needs), weight)

    return declare


@dataclass(slots=True)
class Bed:
    """One implant that a check works on: who speaks to it, and what it is."""

    speaker: Speaker
    identity: Identity
    implant: Implant
    profile: DeviceProfile
    policy: Policy
    impedances: Impedances | None = None

    def judge(self, group: Group) -> Verdict:
        """What the rules say of a group on this implant, by the programmer's own copy of the rules."""
        return judge(group, self.implant, self.profile, self.policy, self.impedances)


@dataclass(slots=True)
class Context:
    """What a check is given: the target, chance, a share of the budget, and where to put its numbers."""

    target: Target
    chance: Random
    budget: Duration = FULL_BUDGET
    """Of the whole run: scales the numbers of cases."""
    clock: Clock | None = None
    """Of real time; None where cases cost next to nothing and are all made."""
    deadline: Instant | None = None
    expected_profile: DeviceProfile | None = None
    cases: int = 0
    evidence: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    _speakers: list[Speaker] = field(default_factory=list)

    # ------------------------------------------------------------------------------------------------ implants

    def bed(self, policy: str = "default", leads: list[str] | None = None) -> Bed:
        """A writer's session with an implant at rest: a new one where the target can, else the one there is."""
        if Need.NEW in self.target.abilities:
            self.target.bench("new", policy=policy, **({"leads": leads} if leads else {}))
        else:
            if leads or policy != "default":
                raise NotEvaluated(WHY_NOT[Need.NEW])
            self.target.begin_recording()
        speaker = self.speaker()
        speaker.stop()
        speaker.become_writer()
        to_rest(speaker)
        return self.known(speaker)

    def known(self, speaker: Speaker) -> Bed:
        """What the implant says that it is, read over the link."""
        identity = speaker.ask(Identify(), Identity)
        implant = decode_implant(speaker.read(Object.IMPLANT))
        profile = decode_profile(speaker.read(Object.PROFILE))
        measured = speaker.ask(GetImpedance(), ImpedanceResult)
        # What was measured before this check began feeds the implant's rules, so it feeds these.
        is_known = measured.state is ImpedanceState.READY
        impedances = Impedances({contact: ohms for contact, ohms, _ in measured.contacts}) if is_known else None
        return Bed(speaker, identity, implant, profile, find_policy(identity.policy), impedances)

    def beds(self) -> Iterator[Bed]:
        """An implant of each kind that the target can be: both policies where it is emulated, else the one."""
        yield self.bed()
        if Need.NEW in self.target.abilities:
            yield self.bed(policy="strict")

    def speaker(self) -> Speaker:
        """A programmer that has no session yet."""
        self._speakers.append(Speaker(self.target, self.chance))
        return self._speakers[-1]

    def second(self, role: Role = Role.READER) -> Speaker:
        """Another programmer on the same link, in a session of its own."""
        other = self.speaker()
        other.open(role)
        return other

    def leave(self) -> None:
        """Leave an implant that lives on as it should be found: output off, and the right to write given back."""
        if Need.NEW in self.target.abilities or not self._speakers:
            return
        self._speakers[0].stop()
        for speaker in self._speakers:
            if speaker.session:
                speaker.exchange(speaker.frame(Close()))

    # ------------------------------------------------------------------------------------------------ cases

    def repeat(self, cases: int) -> Iterator[int]:
        """As many rounds as the budget allows, `cases` at the full budget; each is counted. At least one."""
        wanted = self.scaled(cases)
        for number in range(wanted):
            if number and self.is_late:
                self.evidence.append(f"{number} of {wanted} rounds fitted into the time")
                return
            self.cases += 1
            yield number

    def scaled(self, cases: int) -> int:
        """So many cases at the full budget are how many at this one; at least one."""
        return max(1, cases * self.budget.us // FULL_BUDGET.us)

    @property
    def is_late(self) -> bool:
        """Whether this check's share of real time is used up; never where time is virtual."""
        return self.clock is not None and self.deadline is not None and self.clock.now() >= self.deadline

    def can(self, *needs: Need) -> bool:
        """Whether a part of a check can be made here; what is left out is said in the report."""
        missing = [need for need in needs if need not in self.target.abilities]
        for need in missing:
            if WHY_NOT[need] not in self.left_out:
                self.left_out.append(WHY_NOT[need])
        return not missing

    def note(self, text: str) -> None:
        """A sentence for the report's evidence."""
        self.evidence.append(text)


def to_rest(speaker: Speaker) -> None:
    """Out of whatever mode an implant was left in, as far as a request can."""
    mode = speaker.status().mode
    if mode is Mode.SAFE:
        speaker.ask(ClearFault(speaker.op_id()), Done)
    elif mode is Mode.MRI:
        speaker.ask(LeaveMri(speaker.op_id()), Done)
    elif mode is Mode.STORAGE:
        speaker.ask(LeaveStorage(speaker.op_id()), Done)


def fail(sentence: str, group: Group | None = None) -> NoReturn:
    """The implant does not keep the promise: in words, and with the group that shows it."""
    raise Failed(sentence, group)


def expect(holds: bool, sentence: str, group: Group | None = None) -> None:
    """Fail with the sentence unless it holds."""
    if not holds:
        raise Failed(sentence, group)
