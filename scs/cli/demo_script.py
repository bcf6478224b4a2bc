"""The demonstration without a screen: a first appointment, told in sentences, over a real link.

Every step is checked against what the implant says afterwards; a step that did not do what it should ends the
demonstration with RemoteProtocolError.
"""

from __future__ import annotations

from collections.abc import Callable

from scs.cli.device_words import entry_text
from scs.clock import Clock, Duration
from scs.domain.lead import contact_name
from scs.domain.program import ElectrodeConfig, Group, PassiveRecharge, Program, Tonic
from scs.domain.safety import judge
from scs.domain.status import Mode, TherapyState
from scs.domain.units import CURRENT, format_quantity
from scs.domain.verdict import Outcome
from scs.errors import Refused, RemoteProtocolError
from scs.programmer.client import Client
from scs.programmer.reading import DeviceDescription, Measurement
from scs.wire.responses import Status
from scs.wire.terms import ContactState

Say = Callable[[str], None]

SLOT = 0
AMPLITUDE_UA = 2_000
STEP_UA = 100
STEPS = 3
DWELL = Duration.of_ms(300)
RAMP_PATIENCE = Duration.of_s(6)
"""Three times the ramp of the program, for a machine that is busy."""
GLANCE = Duration.of_ms(100)


def appointment_group() -> Group:
    """One program of an ordinary first appointment: 2 mA, 210 µs and 40 Hz between two neighbours."""
    program = Program(
        name="Back",
        contacts=ElectrodeConfig.of({2: 1000, 3: -1000}),
        amplitude_ua=AMPLITUDE_UA,
        pulse_width_us=210,
        recharge=PassiveRecharge(kind="passive"),
        waveform=Tonic(kind="tonic", rate_mhz=40_000),
    )
    return Group(name="Day", programs=(program,))


def play(client: Client, clock: Clock, say: Say) -> None:
    """The whole appointment; raises RemoteProtocolError at the first thing that is not as it should be."""
    description = client.identify()
    _introduce(description, say)
    measured = _measure(client, say)
    group = appointment_group()
    _check(group, description, measured, say)
    _write(client, group, say)
    _start(client, clock, say)
    _titrate(client, say)
    _overreach(client, description, say)
    _stop(client, say)
    _show_log(client, say)


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise RemoteProtocolError(f"not as expected: {otherwise}")


def _introduce(description: DeviceDescription, say: Say) -> None:
    identity = description.identity
    leads = " and ".join(f"{plugged.lead.name} in port {plugged.port}" for plugged in description.implant.leads)
    say(f"Identify: {identity.model}, serial {identity.serial}, firmware {identity.firmware}, with {leads}.")
    say(f"Its limits are those of profile {description.profile.id}, its policy is {description.policy.id}.")


def _measure(client: Client, say: Say) -> Measurement:
    measured = client.measure_impedance()
    _expect(len(measured.contacts) == client.identity.contacts, "a contact was left out of the impedance measurement")
    ohms = [value for _, value, state in measured.contacts if state is ContactState.OK]
    faulty = [contact_name(contact) for contact, _, state in measured.contacts if state is not ContactState.OK]
    _expect(not faulty, f"contacts {', '.join(faulty)} are open or short")
    say(f"Impedance: {len(ohms)} contacts, {min(ohms)} to {max(ohms)} ohm, none open or short.")
    return measured


def _check(group: Group, description: DeviceDescription, measured: Measurement, say: Say) -> None:
    verdict = judge(group, description.implant, description.profile, description.policy, measured.impedances)
    blocked = ", ".join((*verdict.blocking_rules, *verdict.must_acknowledge))
    _expect(verdict.outcome in (Outcome.PASS, Outcome.NOTICE), f"the program is stopped by {blocked}")
    program = group.programs[0]
    say(
        f"Check: group {group.name!r} with {_amount(program.amplitude_ua)}, {program.pulse_width_us} us and 40 Hz "
        f"passes every rule ({verdict.outcome.value})."
    )


def _write(client: Client, group: Group, say: Say) -> None:
    written = client.write_group(SLOT, group)
    say(f"Write: slot {SLOT} was staged, compared and committed as generation {written.held.generation}.")
    held = client.read_group(SLOT)
    _expect(held.group == group, "the group reads back differently")
    say(
        f"Read back: slot {SLOT} holds {held.group.name!r}, digest {held.digest.hex()[:12]}, equal to what was written."
    )


def _start(client: Client, clock: Clock, say: Say) -> None:
    client.start(SLOT)
    until = clock.now() + RAMP_PATIENCE
    status = client.status()
    ramp_seen = status.therapy is TherapyState.RAMPING_UP
    while status.therapy is not TherapyState.ON and clock.now() < until:
        client.hold(GLANCE)
        status = client.status()
    _expect(status.therapy is TherapyState.ON, f"therapy is {status.therapy.name} after {RAMP_PATIENCE.seconds:g} s")
    _expect(ramp_seen, "therapy started without a ramp")
    _expect(status.delivered_ua == (AMPLITUDE_UA,), f"{status.delivered_ua} is delivered")
    say(f"Start: therapy ramped up and delivers {_amounts(status)}; {status.pulses} pulses so far.")


def _titrate(client: Client, say: Say) -> None:
    amplitudes = [AMPLITUDE_UA + STEP_UA * step for step in range(1, STEPS + 1)]
    seen = client.titrate(0, amplitudes, DWELL)
    for wanted, status in zip(amplitudes, seen, strict=True):
        _expect(status.targets_ua == (wanted,), f"{_amount(wanted)} was tried and {status.targets_ua} is the target")
        _expect(status.trial, "a trial amplitude is not marked as one")
        say(f"Titrate: {_amount(wanted)} tried, {_amounts(status)} delivered, held by the link's lease.")


def _overreach(client: Client, description: DeviceDescription, say: Say) -> None:
    before = client.status()
    too_much = description.profile.amplitude.max_ua + description.profile.amplitude.step_ua
    try:
        client.set_amplitude(0, too_much)
    except Refused as refused:
        _expect(client.status().targets_ua == before.targets_ua, "a refused amplitude changed the target")
        say(f"Over the limit: {_amount(too_much)} was asked for and refused; nothing changed. {refused}.")
        return
    raise RemoteProtocolError(f"not as expected: {_amount(too_much)} is above the limit and was accepted")


def _stop(client: Client, say: Say) -> None:
    client.stop()
    status = client.status()
    _expect(status.therapy is TherapyState.OFF, f"therapy is {status.therapy.name} after STOP")
    _expect(status.mode is Mode.IDLE, f"the mode is {status.mode.name} after STOP")
    _expect(not any(status.delivered_ua), f"{_amounts(status)} is delivered after STOP")
    held = client.read_group(SLOT)
    _expect(held.group.programs[0].amplitude_ua == AMPLITUDE_UA, "STOP or the trial changed the prescription")
    say(f"STOP: answered, output is zero; the prescription still says {_amount(AMPLITUDE_UA)}.")


def _show_log(client: Client, say: Say) -> None:
    entries = client.log()
    kinds = [entry.kind.name for entry in entries]
    for kind in ("GROUP_COMMITTED", "THERAPY_STARTED", "EMERGENCY_STOP"):
        _expect(kind in kinds, f"the log has no {kind}")
    say(f"Log: {len(entries)} entries.")
    for entry in entries:
        say(entry_text(entry).rstrip())


def _amount(amplitude_ua: int) -> str:
    return format_quantity(amplitude_ua, CURRENT)


def _amounts(status: Status) -> str:
    return ", ".join(_amount(amplitude_ua) for amplitude_ua in status.delivered_ua)
