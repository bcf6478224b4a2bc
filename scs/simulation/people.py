"""People with programmers: what they do in a visit, by the programmer's own procedures, and what they make of answers.

A person does not give up at a refusal: it is heard, and the next thing is tried. What ends a visit is a link that is
gone for good, or the program being killed.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from scs.clock import Duration
from scs.domain.program import Group
from scs.domain.status import Fault, Mode, TherapyState
from scs.errors import NotPaired, Overtaken, Refused, ScsError
from scs.programmer.client import Client
from scs.programmer.reading import Measurement
from scs.programmer.unresolved import Notes, Operation, UncomparedPair, Unresolved
from scs.simulation.join import join
from scs.simulation.port import Bell
from scs.simulation.prescriptions import STEP_UA, a_group, plain_group
from scs.simulation.tasks import Task
from scs.simulation.world import World
from scs.wire.prescription import digest, encode_group
from scs.wire.terms import ContactState, Reason, Role

DAY_S = 86_400
SLOTS = 3
"""Slots that people write to."""


class KeptNotes(Notes):
    """Notes on a disk that outlives the program: here they outlive the task."""

    def __init__(self) -> None:
        self._kept: dict[int, Unresolved] = {}

    def begin(self, serial: str, request: Operation) -> None:
        self._kept[request.op_id] = Unresolved(serial, request, f"{len(self._kept):06d}")

    def settle(self, serial: str, op_id: int) -> None:
        self._kept.pop(op_id, None)

    def left_pairs(self, serial: str) -> tuple[UncomparedPair, ...]:
        return ()

    def left(self, serial: str) -> tuple[Unresolved, ...]:
        return tuple(self._kept.values())


class Desk:
    """One programmer's place: the program, if one runs, its notes, and who sits there."""

    def __init__(self, world: World, who: int, seed: int) -> None:
        self.world, self.who = world, who
        self.presses = 1
        """How often each thing is done: two for somebody who presses twice."""
        self.visits = 0
        self.heard: str = ""
        """What was refused, or failed, last."""
        self._chance = Random(f"{seed} desk {who}")
        self._notes = KeptNotes()
        self._bell = Bell(world)
        self._task: Task | None = None
        self._written: dict[int, Group] = {}

    @property
    def is_busy(self) -> bool:
        return self._task is not None and not self._task.is_over

    def visit(self, tasks: list[str], chance: Random, *, is_reader: bool = False) -> None:
        """Begin a visit, unless one is under way at this desk."""
        if not self.is_busy:
            self.visits += 1
            role = Role.READER if is_reader else Role.WRITER
            self._begin(lambda client: self._do(client, tasks, chance), role)

    def check_out(self) -> None:
        """The visit after the faults: take back what is latched, write a plain group, start it."""
        self.kill()
        self._begin(self._check_out, Role.WRITER, self._on_turned_away)

    def press_stop(self) -> None:
        """Somebody presses STOP, whatever the program is doing."""
        if self.is_busy:
            self._bell.press_stop()
            assert self._task is not None, "it is busy"
            self._task.is_woken = True

    def kill(self) -> bool:
        """The program is killed; whether one was running."""
        was_busy = self.is_busy
        if self._task is not None:
            self._task.kill()
        for port in self.world.cables(self.who):
            self.world.unplug(port)
        return was_busy

    # ------------------------------------------------------------------------------------------------- one visit

    def _begin(
        self, act: Callable[[Client], None], role: Role, on_failure: Callable[[ScsError], None] = lambda _: None
    ) -> None:
        def body() -> None:
            client = join(self.world, self.who, self._chance, role, self._notes, self._bell)
            try:
                client.runner.open()
                act(client)
                client.close()
            except ScsError as error:
                self._hear(error)
                on_failure(error)
                for port in self.world.cables(self.who):
                    self.world.unplug(port)

        self._task = self.world.begin(f"programmer {self.who + 1}", body)

    def _do(self, client: Client, tasks: list[str], chance: Random) -> None:
        if client.role is Role.WRITER:
            self._settle_in(client)
        for task in tasks:
            for _ in range(self.presses):
                self._try(lambda task=task: DO[task](self, client, chance))  # type: ignore[misc]
        if client.role is Role.WRITER:
            self._try(lambda: self._leave_it_on(client))

    def _try(self, act: Callable[[], object]) -> bool:
        """Do something; whether it was done. A link that is gone ends the visit and is raised."""
        # A person who has pressed STOP goes on deliberately.
        try:
            act()
        except (Refused, Overtaken) as error:
            self._hear(error)
            return False
        return True

    def _hear(self, error: ScsError) -> None:
        self.heard = str(error)
        self.world.trace.note(self.world.now_us, f"? {type(error).__name__} {error}")

    def _settle_in(self, client: Client) -> None:
        client.runner.is_overtaken = False
        client.unresolved()
        client.settle_unresolved()
        status = client.status()
        if status.fault is not Fault.NONE:
            self._try(client.clear_fault)
            status = client.status()
        if status.mode is Mode.MRI:
            self._try(client.leave_mri)
        if status.mode is Mode.STORAGE:
            self._try(client.leave_storage)
        if not client.clock().is_set:
            self._try(lambda: client.set_clock(self.world.now_us // 1_000_000 % DAY_S))

    def _leave_it_on(self, client: Client) -> None:
        client.runner.is_overtaken = False
        status = client.status()
        if status.mode is Mode.IDLE:
            for slot in sorted(self._written, reverse=True):
                if self._try(lambda slot=slot: client.start(slot)):  # type: ignore[misc]
                    return

    def _read_log(self, client: Client) -> None:
        self.world.witnesses.tell("on_log", self.world.now_us, client.checked_log().chain)

    def _write(self, client: Client, slot: int, group: Group, *, is_patient: bool) -> None:
        self.world.scene.groups[digest(encode_group(group))] = group
        try:
            client.write_group(slot, group)
        except Refused as refused:
            if refused.reason != Reason.MUST_ACKNOWLEDGE.word or not is_patient:
                raise
            client.write_group(slot, group, refused.rules)
        self._written[slot] = group

    # ------------------------------------------------------------------------------------------------ what people do

    def look(self, client: Client, chance: Random) -> None:
        client.status()
        client.battery()
        client.usage()
        self._read_log(client)

    def write(self, client: Client, chance: Random) -> None:
        self._write(
            client,
            chance.randrange(SLOTS),
            a_group(chance, self.world.scene.profile, f"group {chance.randrange(100)}"),
            is_patient=True,
        )

    def start(self, client: Client, chance: Random) -> None:
        client.runner.is_overtaken = False
        client.start(chance.randrange(SLOTS))

    def titrate(self, client: Client, chance: Random) -> None:
        status = client.status()
        if status.therapy is TherapyState.OFF:
            client.start(status.slot)
        for _ in range(chance.randint(1, 3)):
            client.set_amplitude(0, STEP_UA * chance.randint(1, 50))
            client.hold(Duration.of_ms(chance.randint(200, 2_500)))

    def commit(self, client: Client, chance: Random) -> None:
        """Make an amplitude permanent, in the slot that was written last."""
        if self._written:
            slot = max(self._written)
            group = self._written[slot]
            amplitudes = {group.programs[0].name: STEP_UA * chance.randint(1, 45)}
            self._write(client, slot, group.with_amplitudes(amplitudes), is_patient=False)

    def stop(self, client: Client, chance: Random) -> None:
        client.stop()

    def soft_stop(self, client: Client, chance: Random) -> None:
        client.soft_stop()
        client.hold(Duration.of_ms(chance.randint(100, 4_000)))

    def impedance(self, client: Client, chance: Random) -> None:
        client.stop()
        client.measure_impedance()

    def mri(self, client: Client, chance: Random) -> None:
        client.stop()
        client.enter_mri()
        client.hold(Duration.of_s(chance.randint(1, 5)))
        if chance.random() < 0.8:
            client.leave_mri()

    def storage(self, client: Client, chance: Random) -> None:
        client.stop()
        client.enter_storage()
        if chance.random() < 0.8:
            client.leave_storage()

    def watch(self, client: Client, chance: Random) -> None:
        client.watch(Duration.of_ms(250), Duration.of_ms(chance.randint(500, 4_000)), lambda _: None)

    def _check_out(self, client: Client) -> None:
        witness = self.world.witnesses.liveness
        self.heard = ""
        self._settle_in(client)
        self._try(client.stop)
        client.runner.is_overtaken = False
        profile = self.world.scene.profile
        if not self._try(lambda: self._write(client, 0, plain_group(profile), is_patient=True)):
            # A contact that was found broken stays refused until it is measured well; if it is not, others are taken.
            found: list[Measurement] = []
            self._try(lambda: found.append(client.measure_impedance()))
            well = [number for one in found for number, _, state in one.contacts if state is ContactState.OK]
            pair = (well[0], well[-1]) if len(well) > 1 else (3, 4)
            self._try(lambda: self._write(client, 0, plain_group(profile, pair), is_patient=True))
        self._try(lambda: client.start(0))
        client.hold(Duration.of_ms(1_500))
        self._read_log(client)
        witness.last_words = self.heard
        if "replace the implant" in self.heard or "recharge or replace" in self.heard:
            witness.excuse = self.heard

    def _on_turned_away(self, error: ScsError) -> None:
        """The final visit got no session. It never will where the keys are lost: an implant that cannot tell whether it
        is in a person talks to nobody in the clear, and a magnet and a person have to pair it anew. That this works is
        tested with real pairings (tests/conversation/test_sealed_sessions.py); nobody here holds a magnet for it."""
        witness = self.world.witnesses.liveness
        witness.last_words = self.heard
        sends_for_a_pair = isinstance(error, NotPaired) or "pair with it" in self.heard
        if self.world.has_lost_its_keys and sends_for_a_pair:
            witness.excuse = self.heard


DO: dict[str, Callable[[Desk, Client, Random], None]] = {
    "look": Desk.look, "write": Desk.write, "start": Desk.start, "titrate": Desk.titrate, "commit": Desk.commit,
    "stop": Desk.stop, "soft-stop": Desk.soft_stop, "impedance": Desk.impedance, "mri": Desk.mri,
    "storage": Desk.storage, "watch": Desk.watch,
}  # fmt: skip
