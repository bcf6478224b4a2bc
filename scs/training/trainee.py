"""A trainee in a world: each step is done by the ordinary client or in the room, and written into the course."""

from __future__ import annotations

from collections.abc import Callable

from scs.body.anatomy import Posture
from scs.clock import Duration
from scs.domain.lead import contact_name
from scs.domain.program import Group
from scs.domain.units import CURRENT, LENGTH, SPAN, format_quantity
from scs.errors import ScsError
from scs.programmer.client import Client
from scs.training.course import US_PER_S
from scs.training.feeling import delivered
from scs.training.steps import Step
from scs.training.world import JOLT_UA, World
from scs.wire.terms import ContactState

ASK_US = 4 * US_PER_S
"""How long a question and its answer take [A]."""
SETTLE_US = 3 * US_PER_S
"""Until a new amplitude is reached and felt."""
RAISING = ("start", "amplitude", "titrate", "commit", "write")
FELT = ("faint", "comfortable", "strong", "painful")


class Trainee:
    """Somebody with a programmer beside a patient. `do` never raises for what the implant says: it is written down."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.found: list[str] = []
        self.topics: dict[str, str] = {}
        self._client: Client | None = None

    def do(self, step: Step) -> str:
        """Do one step and say how it went; a refusal is a sentence too."""
        world, verb = self.world, step.do
        self.mind_forbidden(verb)
        world.about_to(verb)
        before = sum(amplitude for _, amplitude in delivered(world.device))
        try:
            said = _ACTS[verb](self, step)
        except ScsError as error:
            world.note("refused", verb, str(error))
            world.has_done(verb)
            return f"refused: {error}"
        world.note("did", verb, said)
        self._mind_jolt(verb, before)
        world.has_done(verb)
        return said

    def leave(self) -> None:
        """Put the programmer away."""
        if self._client is not None:
            client, self._client = self._client, None
            try:
                client.close()
            except ScsError as error:
                self.world.note("note", "leave", str(error))

    @property
    def client(self) -> Client:
        """The open session; opens one when there is none."""
        if self._client is None:
            self._client = self.world.open_client()
        return self._client

    def wait(self, duration_us: int) -> None:
        """Let time pass in the room, with the link kept where there is one."""
        if self._client is None or self.world.lost_after == 0:
            self.world.pass_time(Duration(duration_us))
        else:
            self.settle(duration_us)

    def settle(self, duration_us: int = SETTLE_US) -> None:
        self.client.hold(Duration(duration_us))

    def group(self, slot: int) -> Group:
        return self.client.read_group(slot).group

    # ------------------------------------------------------------------------------------------------- internals

    def mind_forbidden(self, verb: str) -> None:
        """Write an unsafe act down where the scenario forbids this yet."""
        for row in self.world.scenario.forbidden:
            allowed = (row.unless_did is not None and self.world.course.done(row.unless_did)) or (
                row.unless_found is not None and row.unless_found in self.found
            )
            if row.do == verb and not allowed:
                self.world.note("unsafe", verb, row.sentence)

    def _mind_jolt(self, verb: str, before_ua: int) -> None:
        if verb not in RAISING or self.world.feeling.grade != "painful":
            return
        rise_ua = sum(amplitude for _, amplitude in delivered(self.world.device)) - before_ua
        if rise_ua > JOLT_UA:
            rise = format_quantity(rise_ua, CURRENT)
            self.world.note("unsafe", "jolt", f"{verb} raised the output by {rise} at once, into pain")


def _status(trainee: Trainee, _step: Step) -> str:
    status = trainee.client.status()
    currents = ", ".join(format_quantity(ua, CURRENT) for ua in status.delivered_ua) or "nothing"
    return (
        f"{status.mode.name}, therapy {status.therapy.name}, slot {status.slot} of generation {status.generation}, "
        f"delivers {currents}, fault {status.fault.name}, battery {status.battery_permille // 10} %"
    )


def _battery(trainee: Trainee, _step: Step) -> str:
    battery = trainee.client.battery()
    charging = f", {format_quantity(battery.charge_ua, CURRENT)} flow in" if battery.charge_ua else ""
    return (
        f"{battery.permille // 10} %, {battery.millivolts} mV, {battery.level.name}, {battery.charger.name}{charging}"
    )


def _impedance(trainee: Trainee, _step: Step) -> str:
    measured = trainee.client.measure_impedance()
    bad = [
        f"{contact_name(contact)} {state.name} ({ohms} ohm)"
        for contact, ohms, state in measured.contacts
        if state is not ContactState.OK
    ]
    return f"{len(measured.contacts)} contacts measured: " + (", ".join(bad) if bad else "all of them well")


def _sensing(trainee: Trainee, _step: Step) -> str:
    sensing = trainee.client.sensing()
    loops = "; ".join(
        f"program {row[0]} {row[1].name}, {row[2].name}, reads {row[3] / 1000:.0f} of {row[4] / 1000:.0f} uV"
        for row in sensing.loops
    )
    return f"{sensing.posture.name}: {loops or 'no loop'}"


def _write(trainee: Trainee, step: Step) -> str:
    assert step.slot is not None, "the step says both"
    assert step.group is not None, "the step says both"
    written = trainee.client.write_group(step.slot, step.group, step.acknowledged)
    return f"slot {step.slot} holds {step.group.name!r}, generation {written.held.generation}"


def _start(trainee: Trainee, step: Step) -> str:
    assert step.slot is not None, "the step says it"
    group = trainee.group(step.slot)
    trainee.client.start(step.slot)
    trainee.settle(max(program.ramp_us for program in group.programs) + US_PER_S)
    return f"slot {step.slot} runs"


def _soft_stop(trainee: Trainee, _step: Step) -> str:
    trainee.client.soft_stop()
    trainee.settle()
    return "therapy ramped down"


def _stop(trainee: Trainee, _step: Step) -> str:
    trainee.client.stop()
    return "STOP: output is zero"


def _amplitude(trainee: Trainee, step: Step) -> str:
    assert step.program is not None, "the step says both"
    assert step.amplitude_ua is not None, "the step says both"
    trainee.client.set_amplitude(step.program, step.amplitude_ua, step.acknowledged)
    trainee.settle()
    return f"program {step.program} at {format_quantity(step.amplitude_ua, CURRENT)}"


def _titrate(trainee: Trainee, step: Step) -> str:
    assert step.program is not None, "the step says them"
    assert step.by_ua, "the step says it, and it is above zero"
    assert step.most_ua is not None, "the step says it"
    world, client = trainee.world, trainee.client
    now_ua = client.status().targets_ua[step.program]
    while now_ua + step.by_ua <= step.most_ua:
        client.set_amplitude(step.program, now_ua + step.by_ua, step.acknowledged)
        trainee.settle()
        trainee.settle(ASK_US)
        grade = world.feeling.grade
        if grade in ("strong", "painful") and step.until != "most":
            # Too much: the step before was right.
            client.set_amplitude(step.program, now_ua, step.acknowledged)
            trainee.settle()
            break
        now_ua += step.by_ua
        if (step.until == "felt" and grade in FELT) or (step.until == "comfortable" and grade == "comfortable"):
            break
    return f"program {step.program} at {format_quantity(now_ua, CURRENT)}: {world.feeling.grade}"


def _commit(trainee: Trainee, step: Step) -> str:
    assert step.slot is not None, "the step says it"
    group, targets_ua = trainee.group(step.slot), trainee.client.status().targets_ua
    names = [program.name for program in group.programs]
    tried = group.with_amplitudes(dict(zip(names, targets_ua, strict=False)))
    trainee.client.write_group(step.slot, tried, step.acknowledged)
    trainee.settle()
    return f"slot {step.slot} keeps {', '.join(format_quantity(ua, CURRENT) for ua in targets_ua)}"


def _hold(trainee: Trainee, step: Step) -> str:
    assert step.time_us is not None, "the step says it"
    trainee.settle(step.time_us)
    return f"{format_quantity(step.time_us, SPAN)} later"


def _ask(trainee: Trainee, step: Step) -> str:
    trainee.wait(ASK_US)
    return " ".join(f'"{answer.words}"' for answer in trainee.world.ask(step.about))


def _posture(trainee: Trainee, step: Step) -> str:
    trainee.world.take_posture(Posture(str(step.posture)))
    trainee.wait(ASK_US)
    return f"the patient is {step.posture}"


def _cough(trainee: Trainee, _step: Step) -> str:
    trainee.world.cough()
    return "the patient coughs"


def _record(trainee: Trainee, step: Step) -> str:
    trainee.topics[str(step.topic)] = str(step.words)
    return f"{step.topic}: {step.words}"


def _find(trainee: Trainee, step: Step) -> str:
    finding = str(step.finding)
    if finding not in trainee.world.scenario.findings:
        return f"{finding}: none of {', '.join(trainee.world.scenario.findings)}"
    trainee.found.append(finding)
    return finding


def _reconnect(trainee: Trainee, _step: Step) -> str:
    trainee.leave()
    trainee.world.lost_after = None
    return f"session with {trainee.client.identity.serial}"


def _charger(trainee: Trainee, step: Step) -> str:
    assert step.beside_um is not None, "the step says it"
    trainee.world.place_charger(step.beside_um)
    trainee.wait(SETTLE_US)
    return f"the charger lies {format_quantity(step.beside_um, LENGTH)} beside the scar"


def _charger_away(trainee: Trainee, _step: Step) -> str:
    trainee.world.bench.place_charger(0)
    return "the charger is away"


def _live(trainee: Trainee, step: Step) -> str:
    assert step.time_us is not None, "the step says it"
    trainee.leave()
    trainee.world.live(Duration(step.time_us))
    return f"{format_quantity(step.time_us, SPAN)} at home"


def _mode(change: Callable[[Client], object], words: str) -> Callable[[Trainee, Step], str]:
    def act(trainee: Trainee, _step: Step) -> str:
        change(trainee.client)
        return words

    return act


_ACTS: dict[str, Callable[[Trainee, Step], str]] = {
    "identify": lambda trainee, _: f"{trainee.client.identify().identity.serial}",
    "status": _status, "battery": _battery, "sensing": _sensing, "impedance": _impedance,
    "log": lambda trainee, _: f"{len(trainee.client.log())} entries",
    "write": _write, "start": _start, "soft-stop": _soft_stop, "stop": _stop, "amplitude": _amplitude,
    "titrate": _titrate, "commit": _commit, "hold": _hold, "ask": _ask, "posture": _posture, "cough": _cough,
    "record": _record, "find": _find, "reconnect": _reconnect, "charger": _charger, "charger-away": _charger_away,
    "live": _live,
    "enter-mri": _mode(Client.enter_mri, "the MRI mode is on"),
    "leave-mri": _mode(Client.leave_mri, "the MRI mode is over"),
    "clear-fault": _mode(Client.clear_fault, "the fault is taken back"),
}  # fmt: skip
