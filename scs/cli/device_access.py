"""`scs device pair`, `access`, `unpair`, `implanted` and `forget`: who may talk to an implant."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from scs.cli.pairing_place import key_store
from scs.cli.recording import notes_of_operations, session_record
from scs.clock import WallClock
from scs.errors import BadPrescription, BadQuantity, NotPaired, ScsError
from scs.programmer.pairing import SECRET_BYTES, NewPair, Pairing, pair, take_back
from scs.programmer.unresolved import Notes
from scs.transport.address import open_transport
from scs.wire.access import AccessReport
from scs.wire.spoken import read_spoken
from scs.wire.terms import PairRole

HOLD = "2500 ms"
"""How long the bench holds the magnet: the gesture takes two seconds."""


def pair_with(arguments: argparse.Namespace) -> NewPair:
    """Pair, and keep the key. The secret is typed, or asked of the bench, which then holds the magnet too."""
    store, notes = key_store(os.environ), notes_of_operations()
    secret, said = _secret(arguments)
    pairing = Pairing.of_people(secret, PairRole[arguments.role.upper()], arguments.serial)
    with open_transport(arguments.port) as transport:
        made = pair(transport, WallClock(), pairing, notes=notes)
    if said and (shown := _ask_bench(arguments.bench, {"do": "pairing"}).get("words")) != made.words:
        raise NotPaired(
            f"the words differ: here {made.words}, on the bench {shown}; somebody stands between. Nothing was kept, "
            f"and {_take_back(arguments.port, made, notes)}"
        )
    store.keep(made.serial, made.shared)
    notes.settle_pair(made.serial, made.shared.pair)
    record = session_record("device pair", arguments.port)
    if record is not None:
        how = "compared with the bench and kept" if said else "kept; the words are to be compared by a person"
        record.paired(how, made.serial, made.shared)
        record.close()
    return made


def _take_back(port: str, made: NewPair, notes: Notes) -> str:
    """What became of a key whose words differ, in the implant."""
    try:
        take_back(open_transport(port), WallClock(), made, notes)
    except ScsError as error:
        return f"implant {made.serial} could not be told to forget pair {made.shared.pair}: {error}"
    return f"implant {made.serial} has forgotten pair {made.shared.pair}"


def pair_data(made: NewPair) -> dict[str, Any]:
    return {"serial": made.serial, "pair": made.shared.pair, "role": made.shared.role.word, "words": made.words}


def pair_text(made: NewPair, *, is_compared: bool) -> str:
    ending = (
        "the bench shows the same words"
        if is_compared
        else "compare these words with those that the bench shows; if they differ, unpair and begin again"
    )
    return f"paired with {made.serial} as pair {made.shared.pair}, {made.shared.role.word}\n{made.words}\n{ending}"


def access_data(report: AccessReport) -> dict[str, Any]:
    return {
        "own_pair": report.own_pair,
        "pairs": [{"pair": number, "role": role.word} for number, role in report.pairs],
        "implanted": report.is_implanted,
        "channels": report.channels,
        "handshakes": report.handshakes,
        "forged": report.forged,
        "throttled": report.throttled,
        "in_the_clear": report.in_the_clear,
        "refused": report.refused,
        "awake_left_ms": report.awake_left_ms,
    }


def access_text(report: AccessReport) -> str:
    """Who is paired, and what strangers did."""
    own = {report.own_pair: " (this programmer)"}
    lines = [f"pair {number}  {role.word}{own.get(number, '')}" for number, role in report.pairs] or [
        "nobody is paired"
    ]
    lines.append("marked as implanted: talks in channels only" if report.is_implanted else "not marked as implanted")
    lines.append(
        f"since power-on: {report.handshakes} handshakes, {report.forged} with a wrong key, {report.throttled} not "
        f"looked at, {report.in_the_clear} frames in the clear, {report.refused} sealed frames refused"
    )
    lines.append(f"strangers may keep the receiver awake for {report.awake_left_ms / 1_000:.0f} s more today")
    return "\n".join(lines)


def confirm_implanted(arguments: argparse.Namespace, serial: str) -> None:
    """Marking cannot be taken back over the link, so the serial number has to be typed. Raises BadPrescription."""
    if arguments.confirm != serial:
        raise BadPrescription(
            f"nothing was marked: no programmer can take the mark back; give --confirm {serial} if this is the implant"
        )


def _secret(arguments: argparse.Namespace) -> tuple[bytes, bool]:
    if arguments.bench:
        held = _ask_bench(arguments.bench, {"do": "magnet", "for": HOLD})
        return read_spoken(str(held["pairing"]), SECRET_BYTES), True
    text = arguments.secret or (input("the eight words: ") if sys.stdin.isatty() else sys.stdin.readline())
    if not text.strip():
        raise BadQuantity(
            "no secret was given: hold a magnet over the implant and give the eight words, or --bench PATH"
        )
    return read_spoken(text, SECRET_BYTES), False


def _ask_bench(path: str, order: dict[str, str]) -> dict[str, Any]:
    from scs.cli.bench_socket import call_bench

    answer: dict[str, Any] = json.loads(call_bench(path, json.dumps(order)))
    if not answer.pop("ok"):
        raise BadPrescription(str(answer["error"]))
    return answer
