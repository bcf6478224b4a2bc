"""The bench's orders, as a script or another terminal gives them: one table, plain values in, plain values out.

None of it is on the wire. Whoever may give orders here holds the implant in his hands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from firmware_model.bench import Bench
from firmware_model.device import Device
from firmware_model.faults.campaign import Campaign
from firmware_model.faults.kinds import KINDS, find_kind
from firmware_model.faults.script import parse_fault_script
from firmware_model.power.battery import Consumer
from firmware_model.snapshot import restore_snapshot, take_snapshot
from scs.body.quiet import POSES
from scs.clock import Duration
from scs.domain.lead import contact_name
from scs.domain.units import SPAN, parse_quantity
from scs.errors import BadPrescription, BadQuantity, ScsError
from scs.wire.spoken import spoken

Given = Mapping[str, Any]
Data = dict[str, Any]
JUMP_US_MAX = 100 * 31_536_000_000_000


class BenchDoor:
    """Serves orders on one implant. `campaign` steps it, so that what is broken here ends in its time."""

    def __init__(self, device: Device, campaign: Campaign) -> None:
        self.device, self.campaign = device, campaign
        self.bench = Bench(device)

    def serve(self, line: str) -> str:
        """Do what one line of JSON asks for, and say in one line how it went: `ok`, and the data or the `error`."""
        try:
            return json.dumps({"ok": True, **self.do(_asked(line))})
        except ScsError as error:
            return json.dumps({"ok": False, "error": str(error)})

    def do(self, asked: Given) -> Data:
        """Do one order; raises ScsError with a sentence, and then nothing has been done."""
        order = ORDERS.get(str(asked.get("do")))
        if order is None:
            raise BadPrescription(f"no order {asked.get('do')!r}; choose one of {', '.join(ORDERS)}")
        given = {name: value for name, value in asked.items() if name != "do"}
        missing = [name for name in order.needs if name not in given]
        if missing:
            raise BadPrescription(f"{asked['do']} has to be told {', '.join(missing)}; add it")
        unknown = sorted(given.keys() - set(order.needs) - set(order.may)) if not order.takes_more else []
        if unknown:
            raise BadPrescription(f"{asked['do']} does not take {', '.join(unknown)}; leave it out")
        return order.act(self, given)


@dataclass(frozen=True, slots=True)
class Order:
    """One thing that can be done. `takes_more` where a fault's own arguments follow."""

    sentence: str
    act: Callable[[BenchDoor, Given], Data]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    takes_more: bool = False


def _asked(line: str) -> Given:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadPrescription(f"an order is one line of JSON: {error}") from error
    if not isinstance(asked, dict):
        raise BadPrescription('an order is a table such as {"do": "state"}')
    return asked


def _span_us(value: object, name: str, most_us: int = JUMP_US_MAX) -> int:
    span_us = parse_quantity(value, SPAN)
    if not 0 <= span_us <= most_us:
        raise BadQuantity(f"{name}: {value} is not between 0 and {most_us} us; choose another time")
    return span_us


def _state(door: BenchDoor, _given: Given = {}) -> Data:  # noqa: B006  (nobody changes it)
    parts = door.bench.parts
    return {
        "at_us": parts.now_us,
        "mode": _word(parts.modes.mode),
        "therapy": _word(parts.therapy.state),
        "fault": _word(parts.interlocks.fault),
        "delivered_ua": list(parts.stimulator.delivered_ua),
        "pulses": door.bench.pulses,
        "battery_permille": parts.battery.permille,
        "battery_mv": parts.battery.millivolts,
        "charger": _word(parts.battery.charger),
        "posture": _word(parts.senses.posture),
        "activity_mg": parts.senses.activity_mg,
        "sessions": len(door.device.links.sessions),
        "bits_put_right": parts.memory.corrected,
        "dropped": door.device.links.arrivals.dropped + door.device.links.unsent,
    }


def _ledger(door: BenchDoor, _given: Given) -> Data:
    bench = door.bench
    leading, net = bench.leading_pc(), bench.net_pc()
    return {
        "pulses": bench.pulses,
        "commanded_pc": bench.commanded_pc,
        "delivered_pc": bench.delivered_pc,
        "contacts": {
            contact_name(number): {
                "leading_pc": leading[number],
                "net_pc": net.get(number, 0),
                "passive_bound_pc": bench.passive_bound_pc(number),
            }
            for number in sorted(leading)
        },
        "output": [asdict(reading) for reading in bench.output()],
        "net_dc_bound_na": {contact_name(number): na for number, na in sorted(bench.net_dc_bound_na().items())},
        "standing_bound_pc": {contact_name(number): pc for number, pc in sorted(bench.standing_bound_pc().items())},
        "drawn_pc": {_word(consumer): bench.parts.battery.drawn_pc[consumer] for consumer in Consumer},
    }


def _jump(door: BenchDoor, given: Given) -> Data:
    door.campaign.step(door.device.now + Duration(_span_us(given["time"], "time")))
    return _state(door)


def _pose(door: BenchDoor, given: Given) -> Data:
    if given["pose"] not in POSES:
        raise BadPrescription(f"{given['pose']!r} is no pose; choose one of {', '.join(POSES)}")
    door.bench.set_pose(given["pose"])
    return {"pose": given["pose"]}


def _magnet(door: BenchDoor, given: Given) -> Data:
    if "for" in given:
        hold = Duration(_span_us(given["for"], "for"))
        door.bench.magnet(is_near=True)
        door.campaign.step(door.device.now + hold)
        door.bench.magnet(is_near=False)
        return {**_state(door), **_pairing(door)}
    if given.get("is") not in ("near", "away"):
        raise BadPrescription('magnet: say is = "near" or "away", or for = "2 s"')
    door.bench.magnet(is_near=given["is"] == "near")
    return _state(door)


def _pairing(door: BenchDoor, _given: Given = {}) -> Data:  # noqa: B006  (nobody changes it)
    """What lies open beside the implant: the secret of a window, and the words of the latest pairing."""
    secret, words = door.bench.pairing_secret, door.bench.pairing_words
    return {
        **({"pairing": spoken(secret)} if secret is not None else {}),
        **({"words": words} if words else {}),
        "pairs": [f"{pair} {role.word}" for pair, role in door.bench.parts.keys.pairs],
    }


def _explant(door: BenchDoor, _given: Given) -> Data:
    door.bench.explant()
    return _pairing(door)


def _break(door: BenchDoor, given: Given) -> Data:
    kind = find_kind(str(given["kind"]))
    values = kind.read({name: value for name, value in given.items() if name not in ("kind", "for")})
    kind.check(values, door.bench)
    lasts_us = None
    if "for" in given:
        if kind.mend is None:
            raise BadPrescription(f"for: {kind.id} happens in an instant and is not mended; leave it out")
        lasts_us = _span_us(given["for"], "for")
    door.campaign.begin(kind, values, lasts_us)
    return {"kind": kind.id, **_state(door)}


def _mend(door: BenchDoor, given: Given) -> Data:
    kind = find_kind(str(given["kind"]))
    if kind.mend is None:
        raise BadPrescription(f"{kind.id} happens in an instant; there is nothing to mend")
    door.campaign.mend(kind, kind.read({name: value for name, value in given.items() if name != "kind"}))
    return {"kind": kind.id, **_state(door)}


def _kinds(_door: BenchDoor, _given: Given) -> Data:
    rows = [
        {"kind": kind.id, "family": kind.family, "sentence": kind.sentence,
         "told": {argument.name: argument.about for argument in kind.arguments}, "mends": kind.mend is not None}
        for kind in KINDS
    ]  # fmt: skip
    return {"kinds": rows}


def _faults(door: BenchDoor, given: Given) -> Data:
    seed = given.get("seed", 1)
    if not isinstance(seed, int) or not isinstance(given["script"], str):
        raise BadPrescription("faults: script is the text of a fault script, and seed a whole number")
    script = parse_fault_script("script", given["script"])
    door.campaign.follow(script, seed)
    return {"planned": len(script.planned), "chances": len(script.chances)}


def _happened(door: BenchDoor, _given: Given) -> Data:
    return {
        "happened": [
            {"at_us": one.at_us, "kind": one.kind, "told": one.arguments, "is_mended": one.is_mended}
            for one in door.campaign.happened
        ]
    }


def _snapshot(door: BenchDoor, _given: Given) -> Data:
    return {"snapshot": take_snapshot(door.device), **_state(door)}


def _restore(door: BenchDoor, given: Given) -> Data:
    if not isinstance(given["snapshot"], str):
        raise BadPrescription("restore: snapshot is the text that the order snapshot gave")
    restore_snapshot(door.device, given["snapshot"])
    return _state(door)


ORDERS: dict[str, Order] = {
    "state": Order("what the implant is doing", _state),
    "ledger": Order("the charge that has passed through each contact, to the last picocoulomb", _ledger),
    "jump": Order("let so much time pass at once", _jump, ("time",)),
    "pose": Order("lay or stand the body otherwise", _pose, ("pose",)),
    "magnet": Order("hold a magnet over the implant, or take it away", _magnet, (), ("is", "for")),
    "pairing": Order(
        "the secret that a held magnet has laid out, the words of the latest pairing, the pairs", _pairing
    ),
    "explant": Order("take it out: no key and no mark of an implanted one any more", _explant),
    "break": Order("let a fault happen, for some time or until it is mended", _break, ("kind",), ("for",), True),
    "mend": Order("end a fault", _mend, ("kind",), (), True),
    "kinds": Order("the faults that there are", _kinds),
    "faults": Order("let a fault script begin", _faults, ("script",), ("seed",)),
    "happened": Order("what was broken and mended so far", _happened),
    "snapshot": Order("the whole implant as text", _snapshot),
    "restore": Order("make the implant what it was", _restore, ("snapshot",)),
}
"""Every order, by the word that asks for it."""


def _word(member: Any) -> str:
    return str(member.name).lower().replace("_", "-")
