"""`scs device backup` and `restore`: every group of an implant into a file, and from a file back, or into another one.

Into another implant only when its serial number was typed: one person's programs do not slip into another's body.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from scs.cli.exit_codes import ExitCode
from scs.cli.given_files import read_text
from scs.domain.backup_file import Backup, LeadInPort, Origin, SlotGroup, parse_backup, write_backup
from scs.domain.lead import Implant
from scs.domain.program import Group
from scs.domain.safety import judge
from scs.domain.verdict import Verdict
from scs.errors import BadFile, BadPrescription
from scs.programmer.client import Client
from scs.programmer.reading import DeviceDescription


def back_up(client: Client, path: str) -> dict[str, Any]:
    """Write every group into a new file. Raises BadFile where it cannot be written."""
    description = client.identify()
    found = [client.find_group(slot) for slot in range(description.identity.groups)]
    slots = tuple(SlotGroup(slot=held.slot, group=held.group) for held in found if held is not None)
    backup = Backup(
        format="scs-backup/1", serial=description.identity.serial, profile=description.profile.id,
        leads=_leads(description.implant), slots=slots,
    )  # fmt: skip
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write(write_backup(backup))
    except OSError as error:
        raise BadFile(path, (f"cannot be written: {error.strerror or error}; name a new file",)) from error
    return {"file": path, "serial": backup.serial, "slots": [row.slot for row in slots]}


def restore(client: Client, arguments: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    """Judge every group of a backup first, then write them one by one; the exit code, and what was done.

    Raises BadPrescription where it comes from another implant and nobody typed this one's serial number, or where the
    leads are others. Slots that the backup does not name stay as they are.
    """
    backup = parse_backup(arguments.file, read_text(arguments.file))
    description = client.identify()
    check_target(backup, description, arguments.onto)
    measured = client.last_impedance()
    verdicts = [
        judge(
            row.group, description.implant, description.profile, description.policy,
            None if measured is None else measured.impedances,
        )
        for row in backup.slots
    ]  # fmt: skip
    for row, verdict in zip(backup.slots, verdicts, strict=True):
        missing = sorted({*verdict.blocking_rules, *verdict.must_acknowledge} - set(arguments.acknowledge))
        if verdict.blocking_rules or missing:
            print(
                f"scs device: nothing was written: slot {row.slot}, {row.group.name!r}: {', '.join(missing)}; "
                "scs device read and scs check say why",
                file=sys.stderr,
            )
            return ExitCode.BLOCKED, {"written": [], "slot": row.slot, "rules": missing}
    written = []
    for row, verdict in zip(backup.slots, verdicts, strict=True):
        if _write(client, row.slot, row.group, verdict):
            written.append(row.slot)
    same = [row.slot for row in backup.slots if row.slot not in written]
    return ExitCode.OK, {"serial": description.identity.serial, "written": written, "same": same}


def check_target(backup: Backup, description: DeviceDescription, typed: str | None) -> None:
    """Raises BadPrescription unless this implant is the one of the backup, or was named by whoever restores."""
    serial = description.identity.serial
    if typed is not None and typed != serial:
        raise BadPrescription(f"--onto names {typed!r} but {serial!r} answers; nothing was written: check the patient")
    if Origin(backup.serial).asks_for_words(serial) and typed is None:
        raise BadPrescription(
            f"the backup comes from implant {backup.serial!r} and {serial!r} answers; nothing was written: type the "
            f"serial number of the implant that is to get it, as --onto {serial}, when it is meant"
        )
    if backup.leads != _leads(description.implant):
        meant, found = (
            ", ".join(f"{row.model} in port {row.port}" for row in rows)
            for rows in (backup.leads, _leads(description.implant))
        )
        raise BadPrescription(
            f"the backup is meant for {meant} but the implant has {found}; the same contact numbers are other places "
            "in this body, so nothing was written"
        )


def _write(client: Client, slot: int, group: Group, verdict: Verdict) -> bool:
    """Whether something was written: a slot that holds the same already is left alone."""
    held = client.find_group(slot)
    if held is not None and held.group == group:
        return False
    if client.record is not None:
        client.record.judged(group.name, verdict)
    client.write_group(slot, group, tuple(verdict.must_acknowledge))
    return True


def _leads(implant: Implant) -> tuple[LeadInPort, ...]:
    return tuple(LeadInPort(port=plugged.port, model=plugged.lead.id) for plugged in implant.leads)
