"""What each verb of `scs device` does: it looks for what it needs, changes one thing, and says what was read back."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from scs.cli import device_access as access
from scs.cli import device_words as words
from scs.cli.device_backup import back_up, restore
from scs.cli.device_impedance import impedance_data, impedance_text
from scs.cli.device_timing import clock_data, clock_words, delivery_data, delivery_lines
from scs.cli.exit_codes import ExitCode, code_of
from scs.cli.failures import report
from scs.cli.given_files import read_text
from scs.cli.pairing_place import finder, key_store
from scs.cli.progress import progress_bar
from scs.cli.recording import notes_of_operations, say_on_stderr, session_record
from scs.clock import Duration, WallClock
from scs.domain.case import amplitude_range
from scs.domain.program import Group
from scs.domain.program_file import ProgramFile, parse_program_file
from scs.domain.program_text import write_program_file
from scs.domain.safety import judge
from scs.domain.units import CURRENT, TIME, format_quantity
from scs.domain.verdict import Outcome, Verdict
from scs.errors import BadPrescription, LinkLost, NoAnswer, ScsError, TransportError
from scs.programmer import evoked_words as evoked
from scs.programmer import history_words as history
from scs.programmer.battery_words import battery_data, battery_text
from scs.programmer.beside import status_beside
from scs.programmer.changing import in_force
from scs.programmer.client import Client
from scs.programmer.reading import DeviceDescription
from scs.programmer.sensing_words import sensing_data, sensing_text
from scs.transport.address import open_transport
from scs.wire.responses import LogNotice, Status
from scs.wire.terms import LEASE_MS, NO_SLOT, Role

WATCH_PERIOD = Duration.of_ms(200)
"""Five lines a second: as many as a person can follow."""


def run_verb(arguments: argparse.Namespace) -> int:
    """Carry out one verb and return its exit code."""
    try:
        return VERBS[arguments.verb](arguments)
    except ScsError as error:
        code = code_of(error)
        if arguments.json:
            print(json.dumps(words.error_data(error, code), ensure_ascii=False), flush=True)
        return report(error)


def _client(arguments: argparse.Namespace, role: Role) -> Client:
    def reopen() -> Any:
        return open_transport(arguments.port)

    transport = reopen()
    record = session_record(f"device {arguments.verb}", arguments.port)
    client = Client.open(
        transport, role=role, expect_serial=arguments.serial, reopen=reopen, record=record, notes=notes_of_operations(),
        find_key=finder(is_insecure=arguments.insecure),
    )  # fmt: skip
    for sentence in client.unresolved():
        say_on_stderr(f"left open by an earlier session: {sentence}")
    client.settle_unresolved()
    return client


def _say(arguments: argparse.Namespace, data: dict[str, Any], text: str) -> int:
    print(json.dumps(data, ensure_ascii=False) if arguments.json else text, flush=True)
    return ExitCode.OK


def _identify(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.READER) as client:
        description = client.identify()
        return _say(arguments, words.identity_data(description, client.role), words.identity_text(description))


def _status(arguments: argparse.Namespace) -> int:
    if arguments.beside:
        with open_transport(arguments.port) as transport:
            said = status_beside(transport, WallClock())
        return _say(arguments, words.status_data(said), f"told in the clear: {words.status_text(said)}")
    with _client(arguments, Role.READER) as client:
        status, delivery = client.status(), client.delivery()
    data = {**words.status_data(status), "delivery": delivery_data(delivery)}
    return _say(arguments, data, "\n".join([words.status_text(status), *delivery_lines(delivery)]))


def _clock(arguments: argparse.Namespace) -> int:
    wanted: int | None = arguments.second_of_day
    with _client(arguments, Role.READER if wanted is None else Role.WRITER) as client:
        clock = client.clock() if wanted is None else client.set_clock(wanted)
    return _say(arguments, clock_data(clock), clock_words(clock))


def _battery(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.READER) as client:
        battery = client.battery()
    return _say(arguments, battery_data(battery), battery_text(battery))


def _impedance(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.WRITER) as client, progress_bar(is_wanted=not arguments.json) as show:
        measurement = client.measure_impedance(show)
        matrix = client.impedance_matrix() if arguments.matrix else None
    return _say(arguments, impedance_data(measurement, matrix), impedance_text(measurement, matrix))


def _read(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.READER) as client:
        description = client.identify()
        held = client.read_group(arguments.slot)
    file = ProgramFile(
        title=held.group.name,
        # A program file goes from hand to hand, so it does not say whose implant it was read from.
        source="read from an implant by scs device read",
        group=held.group,
        implant=description.implant,
        profile_id=description.profile.id,
    )
    return _say(arguments, words.group_data(held), write_program_file(file).rstrip("\n"))


def _write(arguments: argparse.Namespace) -> int:
    file = parse_program_file(arguments.file, read_text(arguments.file))
    with _client(arguments, Role.WRITER) as client, progress_bar(is_wanted=not arguments.json) as show:
        description = client.identify(show)
        _check_leads(file, description, is_allowed=arguments.other_leads)
        verdict = _judged(client, description, file.group)
        if not _may_write(arguments, verdict):
            return ExitCode.BLOCKED
        acknowledged = _considered(arguments, verdict)
        written = client.write_group(arguments.slot, file.group, acknowledged, progress=show)
    held = written.held
    text = f"slot {held.slot} now holds {held.group.name!r} (generation {held.generation}); read back and compared"
    if written.resumed:
        text += "; the link was lost on the way, and the implant confirms the change"
    return _say(arguments, words.written_data(written, verdict), text)


def _backup(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.READER) as client:
        data = back_up(client, arguments.file)
    slots = ", ".join(map(str, data["slots"])) or "none"
    return _say(arguments, data, f"{data['file']}: the programs of {data['serial']}, slots {slots}, and nothing else")


def _restore(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.WRITER) as client:
        code, data = restore(client, arguments)
    if code != ExitCode.OK:
        return code
    written, same = (", ".join(map(str, data[word])) or "none" for word in ("written", "same"))
    return _say(arguments, data, f"{data['serial']}: wrote slots {written}, read back and compared; the same: {same}")


def _check_leads(file: ProgramFile, description: DeviceDescription, *, is_allowed: bool) -> None:
    """The same contact numbers on other leads are other places in the body."""
    if file.implant is None or is_allowed:
        return
    meant, found = ([(plugged.port, plugged.lead.id) for plugged in implant.leads]
                    for implant in (file.implant, description.implant))  # fmt: skip
    if meant != found:
        shown = " but the implant has ".join(
            ", ".join(f"{lead} in port {port}" for port, lead in leads) for leads in (meant, found)
        )
        raise BadPrescription(f"the file is meant for {shown}; check the patient, or give --other-leads")


def _judged(client: Client, description: DeviceDescription, group: Group) -> Verdict:
    measured = client.last_impedance()
    impedances = None if measured is None else measured.impedances
    verdict = judge(group, description.implant, description.profile, description.policy, impedances)
    if client.record is not None:
        client.record.judged(group.name, verdict)
    return verdict


def _may_write(arguments: argparse.Namespace, verdict: Verdict) -> bool:
    """Show what the rules say; False when it blocks or when something was not acknowledged."""
    if verdict.findings and not arguments.json:
        print(words.verdict_text(verdict), file=sys.stderr)
    missing = sorted(set(verdict.must_acknowledge) - set(arguments.acknowledge))
    if verdict.outcome is not Outcome.BLOCK and not missing:
        return True
    why = (
        f"blocked by {', '.join(verdict.blocking_rules)}"
        if verdict.outcome is Outcome.BLOCK
        else f"give --acknowledge {' '.join(missing)} to write it all the same"
    )
    if arguments.json:
        print(json.dumps({**words.verdict_data(verdict), "written": False, "message": why}))
    print(f"scs device: nothing was written: {why}", file=sys.stderr)
    return False


def _considered(arguments: argparse.Namespace, verdict: Verdict) -> tuple[str, ...]:
    """What is acknowledged to the implant: only rules that really spoke, so that its log says what was considered."""
    return tuple(sorted(set(verdict.must_acknowledge) & set(arguments.acknowledge)))


def _start(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.WRITER) as client:
        default = client.slots().default
        slot = arguments.slot if arguments.slot is not None else 0 if default == NO_SLOT else default
        status = client.start(slot)
    return _say(arguments, words.status_data(status), words.status_text(status))


def _slots(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.READER) as client:
        slots = client.slots()
    return _say(arguments, words.slots_data(slots), words.slots_text(slots))


def _default(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.WRITER) as client:
        slots = client.set_default(None if arguments.slot == "none" else int(arguments.slot))
    return _say(arguments, words.slots_data(slots), words.slots_text(slots))


def _clear(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.WRITER) as client:
        slots = client.clear_slot(arguments.slot)
    return _say(arguments, words.slots_data(slots), words.slots_text(slots))


def _stop(arguments: argparse.Namespace) -> int:
    if arguments.soft:
        with _client(arguments, Role.WRITER) as client:
            status = client.soft_stop()
        return _say(arguments, words.status_data(status), words.status_text(status))
    # STOP asks nobody who they are: it goes out before a session is opened, whatever --serial says.
    transport = open_transport(arguments.port)
    record = session_record("device stop", arguments.port, is_urgent=True)
    find_key = finder(is_insecure=arguments.insecure)
    with Client.unopened(transport, record=record, find_key=find_key) as client:
        stopped = client.stop()
    return _say(arguments, {"stopped": True, "at_us": stopped.at_us}, "stopped: the implant's output is zero")


def _amplitude(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.WRITER) as client:
        description = client.identify()
        slot = client.status().slot
        held = client.read_group(slot)
        number = _program_number(held.group, arguments.program)
        changed = held.group.with_amplitudes({held.group.programs[number].name: arguments.amplitude})
        verdict = _judged(client, description, changed)
        if not _may_write(arguments, verdict):
            return ExitCode.BLOCKED
        acknowledged = _considered(arguments, verdict)
        tried = client.set_amplitude(number, arguments.amplitude, acknowledged)
        if not arguments.json:
            print(words.status_text(tried), flush=True)
        held_for = format_quantity(arguments.duration.us, TIME)
        reached = _hold_trial(client, arguments, held.group.programs[number].amplitude_ua)
        if arguments.keep:
            written = client.write_group(slot, changed, acknowledged, base_generation=held.generation)
            ending = f"kept: slot {slot} is now generation {written.held.generation}"
            after = client.status()
        else:
            after = client.soft_stop()
            ending = f"the trial of {held_for} is over: therapy soft-stops and the committed amplitude stands"
    data = {"tried": words.status_data(reached), "after": words.status_data(after), "kept": arguments.keep}
    return _say(arguments, data, f"after {held_for}: {in_force(reached)}\n{ending}\n{words.status_text(after)}")


def _hold_trial(client: Client, arguments: argparse.Namespace, committed_ua: int) -> Status:
    """Keep the lease of a trial; LinkLost says what becomes of the trial when the link goes."""
    try:
        client.hold(arguments.duration)
        return client.status()
    except KeyboardInterrupt:
        client.soft_stop()
        raise
    except (TransportError, NoAnswer) as error:
        tried, stands = format_quantity(arguments.amplitude, CURRENT), format_quantity(committed_ua, CURRENT)
        raise LinkLost(
            f"the link was lost while {tried} was tried ({error}); without it the implant soft-stops within "
            f"{LEASE_MS // 1000} s and the committed {stands} stands: read the status when the link is back"
        ) from error


def _program_number(group: Group, wanted: str) -> int:
    names = [program.name for program in group.programs]
    if wanted in names:
        return names.index(wanted)
    if wanted.isdecimal() and int(wanted) < len(names):
        return int(wanted)
    listed = ", ".join(f"{number} ({name})" for number, name in enumerate(names))
    raise BadPrescription(f"group {group.name!r} has no program {wanted!r}; choose one of {listed}")


def _log(arguments: argparse.Namespace) -> int:
    if arguments.export:
        return _export_log(arguments)
    with _client(arguments, Role.READER) as client, progress_bar(is_wanted=not arguments.json) as show:
        entries = client.log(arguments.after, show)
    data = {"entries": [words.entry_data(entry) for entry in entries]}
    return _say(arguments, data, "\n".join(words.entry_text(entry) for entry in entries) or "the log is empty")


def _export_log(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.READER) as client, progress_bar(is_wanted=True) as show:
        log = client.checked_log(arguments.after, show)
    is_csv = arguments.export == "csv"
    print(history.log_csv(log) if is_csv else json.dumps(history.log_data(log), ensure_ascii=False), flush=True)
    for said in log.breaks:
        print(f"scs device: the log is not whole: {said}", file=sys.stderr)
    return ExitCode.UNREADABLE if log.breaks else ExitCode.OK


def _sensing(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.READER) as client:
        sensed = client.sensing()
    return _say(arguments, sensing_data(sensed), sensing_text(sensed))


def _growth(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.WRITER) as client, progress_bar(is_wanted=not arguments.json) as show:
        number, step_ua = _running(client, arguments.program)
        growth = client.measure_growth(number, step_ua, arguments.highest, show)
    return _say(arguments, evoked.growth_data(growth), "\n".join(evoked.growth_lines(growth)))


def _loops(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.WRITER) as client, progress_bar(is_wanted=not arguments.json) as show:
        number, step_ua = _running(client, arguments.program)
        compared = client.compare_loops(number, step_ua, arguments.duration, show)
    return _say(arguments, evoked.comparison_data(compared), "\n".join(evoked.comparison_lines(compared)))


def _running(client: Client, wanted: str) -> tuple[int, int]:
    """The number of a program of the running group, and the grid of its amplitude in uA."""
    profile, group = client.identify().profile, client.read_group(client.status().slot).group
    number = _program_number(group, wanted)
    return number, amplitude_range(group.programs[number], profile).step_ua


def _usage(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.READER) as client:
        usage = client.usage()
        postures = {slot: client.posture_usage(slot) for slot, *_ in usage.slots}
    return _say(arguments, history.usage_data(usage, postures), history.usage_text(usage, postures))


def _resets(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.READER) as client:
        resets = client.resets()
    return _say(arguments, history.resets_data(resets), history.resets_text(resets))


def _watch(arguments: argparse.Namespace) -> int:
    def show(notice: Status | LogNotice) -> None:
        if isinstance(notice, Status):
            _say(arguments, {"status": words.status_data(notice)}, words.status_text(notice))
        else:
            _say(arguments, {"log": words.entry_data(notice)}, words.entry_text(notice))

    with _client(arguments, Role.READER) as client:
        client.watch(WATCH_PERIOD, arguments.duration, show)
    return ExitCode.OK


def _clear_fault(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.WRITER) as client:
        status = client.clear_fault()
    return _say(arguments, words.status_data(status), words.status_text(status))


def _mri(arguments: argparse.Namespace) -> int:
    if arguments.way == "check":
        return _mri_check(arguments)
    with _client(arguments, Role.WRITER) as client:
        status = client.enter_mri() if arguments.way == "enter" else client.leave_mri()
    return _say(arguments, words.status_data(status), words.status_text(status))


def _mri_check(arguments: argparse.Namespace) -> int:
    """What speaks against entering; exit code 0 whatever it says, because nothing was asked of the implant."""
    from scs.programmer.mri import Reading, mri_data, mri_text

    with _client(arguments, Role.WRITER) as client:
        reading = Reading(client.status(), client.battery(), client.resets(), client.last_impedance())
    return _say(arguments, mri_data(reading), mri_text(reading))


def _pair(arguments: argparse.Namespace) -> int:
    made = access.pair_with(arguments)
    return _say(arguments, access.pair_data(made), access.pair_text(made, is_compared=bool(arguments.bench)))


def _access(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.READER) as client:
        report = client.access()
    return _say(arguments, access.access_data(report), access.access_text(report))


def _unpair(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.WRITER) as client:
        report = client.unpair(arguments.pair)
    return _say(arguments, access.access_data(report), access.access_text(report))


def _implanted(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.WRITER) as client:
        access.confirm_implanted(arguments, client.identity.serial)
        report = client.mark_implanted()
    return _say(arguments, access.access_data(report), access.access_text(report))


def _forget(arguments: argparse.Namespace) -> int:
    key_store(os.environ).forget(arguments.implant)
    said = f"this programmer has no key for {arguments.implant} any more; the implant still knows the pair"
    return _say(arguments, {"forgotten": arguments.implant}, said)


def _storage(arguments: argparse.Namespace) -> int:
    with _client(arguments, Role.WRITER) as client:
        status = client.enter_storage() if arguments.way == "enter" else client.leave_storage()
    return _say(arguments, words.status_data(status), words.status_text(status))


VERBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "identify": _identify,
    "status": _status,
    "battery": _battery,
    "clock": _clock,
    "impedance": _impedance,
    "read": _read,
    "write": _write,
    "backup": _backup,
    "restore": _restore,
    "slots": _slots,
    "default": _default,
    "clear": _clear,
    "start": _start,
    "stop": _stop,
    "amplitude": _amplitude,
    "log": _log,
    "sensing": _sensing,
    "growth": _growth,
    "loops": _loops,
    "usage": _usage,
    "resets": _resets,
    "watch": _watch,
    "clear-fault": _clear_fault,
    "mri": _mri,
    "storage": _storage,
    "pair": _pair,
    "access": _access,
    "unpair": _unpair,
    "implanted": _implanted,
    "forget": _forget,
}
