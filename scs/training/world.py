"""The world of a session: one emulated implant, one modelled patient, and simulated time that moves both.

What the patient feels follows from what the implant really delivers, never from what a programmer believes. Posture
and slipped leads change what is felt and what the loop reads, and no impedance.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from random import Random

from firmware_model.bench import Bench
from firmware_model.closed_loop import ClosedLoop
from firmware_model.device import Device, DeviceConfig
from firmware_model.faults.campaign import Campaign
from firmware_model.faults.kinds import find_kind
from firmware_model.faults.memory import FallibleMemory
from firmware_model.sensing.senses import Follower
from firmware_model.snapshot import restore_snapshot, take_snapshot
from firmware_model.store import RamMemory
from scs.body.anatomy import Posture
from scs.body.pain import Pain, drive, mechanism_of, sufferer
from scs.body.quiet import POSES as BODY_POSES
from scs.body.quiet import QuietBody
from scs.body.speech import Answer, Speaker
from scs.clock import Duration, Instant
from scs.domain.lead import Implant
from scs.domain.policy import find_policy
from scs.domain.profile import find_profile
from scs.domain.program import Group
from scs.domain.status import LoopState
from scs.domain.units import LENGTH, format_quantity
from scs.programmer.client import Client
from scs.testing.direct_link import DeviceClock, DirectLink
from scs.training.course import US_PER_S, Course, Kind, Moment
from scs.training.feeling import UA_PER_MA, Feeling, Feels, delivered, moved_down
from scs.training.scenario import Happening, Scenario

SERIAL = "SCS-000001"
BEGINS_S = 9 * 3_600
"""The session begins at nine in the morning."""
POSES = {
    Posture.SUPINE: "lying-back", Posture.PRONE: "lying-front", Posture.RECLINING: "reclining",
    Posture.SITTING: "reclining", Posture.STANDING: "upright", Posture.WALKING: "upright",
}  # fmt: skip
"""What the implant's accelerometer and its evoked potentials have for each; walking is not shaken [A]."""
COUGH_US = US_PER_S
COUPLING_LOST_PERMILLE_PER_MM = 30
"""What a charger that lies beside the implant loses [A]."""
PAIN_LEFT_US = 60 * US_PER_S
"""So long may a pain stand before it counts as left standing [project]."""
JOLT_UA = 400
"""A rise by more than this that ends in pain is a jolt; steps up to it are how a threshold is found [project]."""
US_PER_MINUTE = 60 * US_PER_S
US_PER_HOUR = 3_600 * US_PER_S
SILENT = "(says nothing)"
GENTLE = {"faint", "comfortable"}
"""A closed loop goes to and fro between these, and nobody makes a word of it."""
DAY = Duration(24 * US_PER_HOUR)
CHARGES = Duration(3 * US_PER_HOUR)
"""So long a patient charges in the evening [A]."""
AWAKE = Duration(DAY.us - CHARGES.us)
LOOP_IS_WATCHED = Duration(30 * US_PER_S)
"""So long a loop settles, and so long again it is watched, before it is taken to hold [project]."""
CHARGES_PERMILLE = 850
"""How well the charger then lies [A]."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment that a session can be rewound to."""

    device: str
    laid: Implant
    posture: Posture
    pain: Pain
    waiting: tuple[Happening, ...]
    lost_after: int | None
    moments: tuple[Moment, ...]
    hurts_since_us: int | None
    is_pain_told: bool
    speaker: Speaker
    rested_at_us: int
    words: str


class World:
    """One scenario that has begun. `step` lets time pass; everything that a programmer does goes through `link`."""

    def __init__(self, scenario: Scenario, seed: int = 1, language: str = "en") -> None:
        self.scenario = scenario
        self._seed = seed
        row = scenario.device
        config = DeviceConfig(SERIAL, find_profile(row.profile), find_policy("default"), scenario.implant)
        self.device = Device(config, FallibleMemory(RamMemory()), Random(seed), Instant(0))
        self.bench = Bench(self.device)
        self._campaign = Campaign(self.device)
        self.laid = scenario.implant
        """Where the leads really lie; what the implant and the programmer know is the scenario's."""
        self.posture = Posture.SITTING
        self.is_coughing = False
        self.feels = Feels(scenario.patient.seed)
        self.pain = Pain(sufferer(scenario.patient.indication, scenario.patient.seed))
        self.feeling = Feeling()
        self.speaker = Speaker(scenario.patient.seed, language)
        self.words = ""
        """What the patient said last, asked or unasked."""
        self._rested_at_us = 0
        self.course = Course()
        self.lost_after: int | None = None
        """So many more frames are carried; None while the link is whole, and gone at 0."""
        self._key: object = None
        self._body: QuietBody | None = None
        self._hurts_since_us: int | None = None
        self._is_pain_told = False
        self._began_us = 0
        self._waiting: list[Happening] = []
        self._prepare()

    @property
    def at_us(self) -> int:
        """Since the session began."""
        return self.device.now.us - self._began_us

    def next_us(self) -> int | None:
        """When something comes about by itself next, in µs of the implant's clock."""
        due = [self._began_us + h.at_us for h in self._waiting if h.at_us is not None]
        mended_us = self._campaign.next_us()
        return min([*due, *([mended_us] if mended_us is not None else [])], default=None)

    def inject(self, happening: Happening) -> None:
        """Let something come about now, whatever time it names. Raises BadPrescription where it cannot."""
        self._happen(happening)

    def mark(self) -> Mark:
        """Everything as it is now: the implant, the patient, and how the session went."""
        return Mark(
            take_snapshot(self.device), self.laid, self.posture, deepcopy(self.pain), tuple(self._waiting),
            self.lost_after, tuple(self.course.moments), self._hurts_since_us, self._is_pain_told,
            deepcopy(self.speaker), self._rested_at_us, self.words,
        )  # fmt: skip

    def rewind(self, mark: Mark) -> None:
        """Be what `mark` says again; what was done since is forgotten by all but the instructor."""
        restore_snapshot(self.device, mark.device)
        self.laid, self.posture, self.pain = mark.laid, mark.posture, deepcopy(mark.pain)
        self._waiting, self.lost_after = list(mark.waiting), mark.lost_after
        self.course.moments[:] = mark.moments
        self._hurts_since_us, self._is_pain_told = mark.hurts_since_us, mark.is_pain_told
        self.speaker, self._rested_at_us, self.words = deepcopy(mark.speaker), mark.rested_at_us, mark.words
        self.is_coughing = False
        self._body = None
        self._put_into()
        self._key = None
        self.feeling = self._feel()

    def note(self, kind: Kind, verb: str, words: str) -> None:
        """Write a moment into the course."""
        self.course.add(self.at_us, kind, verb, words)

    def open_client(self) -> Client:
        """A programmer's session over a link of this world, at its time."""
        link = WorldLink(self)
        return Client.open(link, DeviceClock(self.device), chance=Random(f"{self._seed} {self.device.now.us}"))

    def step(self, until: Instant) -> None:
        """Let time pass; what the scenario has for it happens on the way, and the patient feels it."""
        while True:
            due = min((h.at_us for h in self._waiting if h.at_us is not None), default=None)
            if due is None or self._began_us + due > until.us:
                break
            self._campaign.step(Instant(max(self.device.now.us, self._began_us + due)))
            happening = next(h for h in self._waiting if h.at_us == due)
            self._waiting.remove(happening)
            self._happen(happening)
        self._campaign.step(max(until, self.device.now))
        self.notice()

    def pass_time(self, duration: Duration) -> None:
        self.step(self.device.now + duration)

    def about_to(self, verb: str) -> None:
        """The trainee is about to do this: what was to come right before it, comes."""
        self._happen_where(lambda happening: happening.before == verb)

    def has_done(self, verb: str) -> None:
        """The trainee did this: what was to come right after it, comes."""
        self._happen_where(lambda happening: happening.after == verb)

    def take_posture(self, posture: Posture) -> None:
        """The cord moves, and so does what the implant's sensors read."""
        self.posture = posture
        self._put_into()
        self.notice()

    def cough(self) -> None:
        """The cord comes nearer for a second."""
        self.is_coughing = True
        self._put_into()
        self.step(self.device.now + Duration(COUGH_US))
        self.is_coughing = False
        self._put_into()
        self.notice()

    def ask(self, about: str | None = None) -> tuple[Answer, ...]:
        """Ask `where` it is felt, its `strength` or the `pain` as numbers; where and pain if None.

        Each question costs patience, which minutes give back.
        """
        minutes = (self.device.now.us - self._rested_at_us) // US_PER_MINUTE
        self.speaker.rest(minutes)
        self._rested_at_us += minutes * US_PER_MINUTE
        said = []
        if about in (None, "where"):
            said.append(self.speaker.where(self.feeling.felt))
        if about == "strength":
            said.append(self.speaker.how_strong(self.feeling.felt))
        if about in (None, "pain"):
            said.append(self.speaker.pain(self.pain.score()))
        self.words = "; ".join(answer.words for answer in said)
        return tuple(said)

    def place_charger(self, beside_um: int) -> None:
        """Lay the charger on the skin, so far beside the scar; what matters is how far it is from the implant."""
        off_mm = abs(beside_um - self.scenario.device.pocket_um) // 1_000
        self.bench.place_charger(max(0, 1_000 - COUPLING_LOST_PERMILLE_PER_MM * off_mm))

    def live(self, duration: Duration) -> None:
        """At home: the implant delivers, and pain comes and goes with it. No programmer is there."""
        self._live_through(duration)
        drives: dict[str, float] = {}
        mechanism = "tonic"
        group: Group | None = self.device.parts.therapy.group
        regions = tuple(self.pain.sufferer.baseline)
        for index, amplitude_ua in delivered(self.device):
            assert group is not None, "what delivers belongs to a group"
            program = group.programs[index]
            sense = self.feels.sense(program, self.laid, self.posture)
            mechanism = mechanism_of(program)
            for name, part in drive(sense, amplitude_ua / UA_PER_MA, regions).items():
                drives[name] = max(part, drives.get(name, 0.0))
        self.pain.pass_time(duration.us / US_PER_HOUR, drives or None, mechanism)

    def notice(self) -> None:
        """Feel again if anything has changed, and speak up where a person would."""
        key = (
            delivered(self.device),
            self.posture,
            self.is_coughing,
            id(self.laid),
            id(self.device.parts.therapy.group),
        )
        if key != self._key:
            self._key = key
            self._put_into()
            before, self.feeling = self.feeling.grade, self._feel()
            remark = self.speaker.notice(self.feeling.felt)
            if remark is not None:
                self.words = remark.words
            if remark is not None or (self.feeling.grade != before and not {before, self.feeling.grade} <= GENTLE):
                self.note("felt", self.feeling.grade, remark.words if remark is not None else SILENT)
        self._mind_pain()

    # ------------------------------------------------------------------------------------------------- internals

    def _live_through(self, duration: Duration) -> None:
        """Whole days end with the charger on, where the implant has a coil; the patient knows where it lies."""
        end = self.device.now + duration
        while self.bench.can_be_charged and self.device.now + DAY <= end:
            self._pass_long(self.device.now + AWAKE)
            self.bench.place_charger(CHARGES_PERMILLE)
            self._pass_long(self.device.now + CHARGES)
            self.bench.place_charger(0)
        self._pass_long(end)

    def _pass_long(self, until: Instant) -> None:
        """Hours at home. A closed loop in a body that keeps still holds what it held in its first seconds.

        Pulse by pulse a week of it takes minutes; what is left out is that noise moves it from pulse to pulse.
        """
        loop = next((one for one in self.device.parts.therapy.loops if one is not None), None)
        is_short = self.device.now + LOOP_IS_WATCHED * 3 > until
        if loop is None or is_short or not self._is_in_charge(loop):
            self.step(until)
            return
        self.step(self.device.now + LOOP_IS_WATCHED)
        held_ua = self._mean_ua(loop)
        if self._is_in_charge(loop):
            self.device.parts.stimulator.follow(None)
            self.device.parts.stimulator.set_amplitude(0, held_ua)
        self.step(until)
        if self._is_in_charge(loop):
            self.device.parts.stimulator.follow(Follower(self.device.parts.senses, loop))

    def _is_in_charge(self, loop: ClosedLoop) -> bool:
        """Whether this loop, closed or fallen back, is that of what is delivered."""
        is_there = any(one is loop for one in self.device.parts.therapy.loops)
        return is_there and loop.state is not LoopState.OPEN and bool(delivered(self.device))

    def _mean_ua(self, loop: ClosedLoop) -> int:
        """Over as long again, once a second, rounded down to the grid."""
        read = []
        for _ in range(LOOP_IS_WATCHED.us // US_PER_S):
            self.step(self.device.now + Duration(US_PER_S))
            read.append(loop.amplitude_ua)
        step_ua = loop.setting.step_ua
        return sum(read) // len(read) // step_ua * step_ua

    def _prepare(self) -> None:
        row = self.scenario.device
        self._put_into()
        with self.open_client() as client:
            client.set_clock(BEGINS_S)
            for held in row.held:
                client.write_group(held.slot, held.group, held.acknowledge)
            for held in row.held:
                if held.is_running:
                    client.start(held.slot)
                    client.hold(Duration(held.group.programs[0].ramp_us + US_PER_S))
            if row.is_in_mri:
                client.enter_mri()
        self.bench.set_battery(row.battery_permille)
        self._hurts_since_us, self._is_pain_told = None, False
        self._began_us = self.device.now.us
        self.notice()
        self.course.moments.clear()
        # A new speaker: what was said while all was made ready is nobody's business.
        self.speaker, self.words = Speaker(self.speaker.seed, self.speaker.language), ""
        remark = self.speaker.notice(self.feeling.felt)
        # Whoever has felt it for long does not say that it begins, and says that it hurts.
        if remark is not None and self.feeling.is_painful:
            self.words = remark.words
        self._rested_at_us = self.device.now.us
        self.note("felt", self.feeling.grade, self.words or SILENT)
        self._waiting = list(self.scenario.happening)
        self.step(self.device.now)

    def _feel(self) -> Feeling:
        return self.feels.feel(self.device, self.laid, self.posture, is_coughing=self.is_coughing)

    def _mind_pain(self) -> None:
        if self.feeling.grade != "painful":
            self._hurts_since_us, self._is_pain_told = None, False
            return
        if self._hurts_since_us is None:
            self._hurts_since_us = self.at_us
        elif not self._is_pain_told and self.at_us - self._hurts_since_us > PAIN_LEFT_US:
            self._is_pain_told = True
            self.note(
                "unsafe", "pain-left", f"it has hurt for more than {PAIN_LEFT_US // US_PER_S} s, and nobody ended it"
            )

    def _put_into(self) -> None:
        """What the implant's sensors read is of this patient: the same cord, as far away as what is felt says."""
        pose = POSES[self.posture]
        gap_mm = self.feels.gap_mm(self.device, self.laid, self.posture, is_coughing=self.is_coughing)
        body = QuietBody(pose, round(gap_mm - BODY_POSES[pose].farther_mm, 3))
        if body != self._body:
            self._body = body
            self.bench.put_into(body)

    def _happen_where(self, fits: Callable[[Happening], bool]) -> None:
        for happening in [one for one in self._waiting if fits(one)]:
            self._waiting.remove(happening)
            self._happen(happening)

    def _happen(self, happening: Happening) -> None:
        match happening.what:
            case "fault" | "mend":
                self._fault(happening)
            case "migrate":
                assert happening.port is not None, "the model asks for it"
                assert happening.down_um is not None, "the model asks for it"
                self.laid = moved_down(self.laid, happening.port, happening.down_um)
                how = format_quantity(happening.down_um, LENGTH)
                self.note("happened", "migrate", f"the lead in port {happening.port} has slipped down by {how}")
            case "posture":
                self.note("happened", "posture", f"the patient is {happening.posture} now")
                self.take_posture(Posture(str(happening.posture)))
            case "cough":
                self.note("happened", "cough", "the patient coughs")
                self.cough()
            case "lose-link":
                self.lost_after = happening.frames
                self.note("happened", "lose-link", "the link to the implant is about to go")
            case "say":
                self.note("said", "say", str(happening.words))
        self.notice()

    def _fault(self, happening: Happening) -> None:
        given = dict(happening.fault or {})
        kind = find_kind(str(given.pop("kind", "")))
        values = kind.read(given)
        kind.check(values, self.bench)
        if happening.what == "fault":
            self._campaign.begin(kind, values)
        else:
            self._campaign.mend(kind, values)
        # It is felt at once, and not when the next thing happens.
        self._campaign.step(self.device.now)
        self.note("happened", kind.id, kind.sentence if happening.what == "fault" else f"mended: {kind.sentence}")


class WorldLink(DirectLink):
    """A link of a world, which can be lost in the middle of anything."""

    def __init__(self, world: World) -> None:
        super().__init__(world.device, world.step)
        self._world = world

    def read(self, timeout: Duration) -> bytes:
        said = super().read(timeout)
        return b"" if self._world.lost_after == 0 else said

    def write(self, data: bytes) -> None:
        if self._world.lost_after == 0:
            self._world.step(self._world.device.now + Duration.of_ms(2))
            return
        if self._world.lost_after is not None:
            self._world.lost_after -= 1
        super().write(data)
