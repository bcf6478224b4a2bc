"""The kinds of fault that concern the implant itself, by name [project: safety facts 4.3]. Those of the link and of
people are not here: they happen outside of it.

A fault changes what the implant is, so what is delivered, measured and logged changes together. What a kind begins can
be mended again where hardware can be mended; what it damaged in passing stays damaged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from firmware_model.bench import Bench, words_of_therapy
from firmware_model.bypasses import Timer
from firmware_model.electrodes import Damage
from firmware_model.faults import arguments as told
from firmware_model.faults.arguments import Argument
from firmware_model.faults.memory import PAGE_SIZE, Defects, PowerGone
from firmware_model.sensing.ecap_channel import Defect
from scs.clock import Duration
from scs.domain.status import ResetCause
from scs.errors import BadPrescription

Told = Mapping[str, Any]
Act = Callable[[Bench, Told], None]

BOUNCE_APART = Duration.of_ms(40)
"""Between two losses of a supply that bounces [A]."""


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One way to go wrong. `mend` is None for what happens in an instant, and nothing is left to be mended."""

    id: str
    family: str
    sentence: str
    begin: Act
    mend: Act | None = None
    arguments: tuple[Argument, ...] = ()
    needs_coil: bool = False
    """Whether only an implant that is charged through the skin can have it."""

    def read(self, given: Mapping[str, object]) -> dict[str, Any]:
        """The arguments from what a script says; raises BadQuantity or BadPrescription."""
        unknown = sorted(given.keys() - {argument.name for argument in self.arguments})
        if unknown:
            known = ", ".join(argument.name for argument in self.arguments) or "nothing"
            raise BadPrescription(f"{self.id} takes {known}, and not {', '.join(unknown)}; leave that out")
        missing = [f"{a.name} ({a.about})" for a in self.arguments if a.name not in given]
        if missing:
            raise BadPrescription(f"{self.id} has to be told {', '.join(missing)}; add it")
        return {argument.name: argument.read(given[argument.name]) for argument in self.arguments}

    def check(self, values: Told, bench: Bench) -> None:
        """Raise BadPrescription where this implant cannot have it, such as at a contact that no lead has."""
        for name in ("contact", "other"):
            if name in values:
                told.checked_contact(values[name], bench.parts)
        if self.needs_coil and not bench.can_be_charged:
            raise BadPrescription(f"{self.id}: this implant has a primary cell and no coil; leave it out")

    def draw(self, chance: Random, bench: Bench) -> dict[str, Any]:
        """Arguments from chance, such as this implant can have."""
        return {argument.name: argument.draw(chance, bench.parts) for argument in self.arguments}

    def show(self, values: Told) -> dict[str, object]:
        """The arguments as a script would say them."""
        return {argument.name: argument.show(values[argument.name]) for argument in self.arguments}


def _damage(damage: Damage) -> Act:
    return lambda bench, values: bench.break_lead(values["contact"], damage)


def _mend_lead(bench: Bench, values: Told) -> None:
    bench.mend_lead(values["contact"])


def _bridge(bench: Bench, values: Told) -> None:
    if values["contact"] != values["other"]:
        bench.bridge_leads(values["contact"], values["other"])


def _cover(bench: Bench, values: Told) -> None:
    bench.cover_contact(values["contact"], values["impedance"])


def _uncover(bench: Bench, values: Told) -> None:
    bench.cover_contact(values["contact"], None)


def _let_air_in(bench: Bench, values: Told) -> None:
    bench.add_acute(values["contact"], values["impedance"], Duration(values["fades"]))


def _fade(bench: Bench, values: Told) -> None:
    # Capacity that is gone does not come back.
    state, plan = bench.parts.battery.state, bench.parts.battery.plan
    bench.age_battery(min(values["capacity"], state.capacity_pc * 1_000 // plan.capacity_pc))


def _channel(defect: Defect) -> tuple[Act, Act]:
    return lambda bench, _: bench.damage_channel(defect), lambda bench, _: bench.damage_channel(Defect.NONE)


def _bypass(bypass_id: str) -> tuple[Act, Act]:
    return lambda bench, _: bench.bypass(bypass_id), lambda bench, _: bench.undo_bypass(bypass_id)


def _defect(change: Callable[[Defects, Told], None]) -> Act:
    return lambda bench, values: change(bench.memory.defects, values)


def _stick(defects: Defects, values: Told) -> None:
    mask = values["mask"]
    defects.stuck[values["address"]] = (mask, mask if values["level"] else 0)


def _unstick(defects: Defects, values: Told) -> None:
    defects.stuck.pop(values["address"], None)


def _set(name: str, value: object) -> Callable[[Defects, Told], None]:
    return lambda defects, _: setattr(defects, name, value)


def _tear(defects: Defects, values: Told) -> None:
    defects.tears_after = values["bytes"]


def _flip_two(bench: Bench, values: Told) -> None:
    bench.memory.flip(values["address"], 0x81)


def _flip_therapy(bench: Bench, values: Told) -> None:
    # While fewer programs run the bit is one that nobody reads.
    if values["word"] < words_of_therapy(bench.parts):
        bench.flip_therapy(values["word"], values["bit"])


def _power_off(_bench: Bench, _values: Told) -> None:
    raise PowerGone


def _bounce(bench: Bench, values: Told) -> None:
    for _ in range(values["times"]):
        bench.reset(ResetCause.BROWN_OUT)
        bench.jump(BOUNCE_APART)


def _charger_away(bench: Bench, _values: Told) -> None:
    bench.place_charger(0)


def _drift(bench: Bench, values: Told) -> None:
    bench.retime(Timer(1_000 + values["permille"], 1_000))


_LEAD = (told.CONTACT,)
KINDS = (
    FaultKind("lead-open", "output", "a conductor breaks", _damage(Damage.OPEN), _mend_lead, _LEAD),
    FaultKind("lead-short", "output", "the insulation of a conductor is gone", _damage(Damage.SHORT), _mend_lead,
              _LEAD),
    FaultKind("lead-intermittent", "output", "a conductor opens and closes", _damage(Damage.LOOSE), _mend_lead, _LEAD),
    FaultKind("pair-short", "output", "the conductors of two contacts touch", _bridge,
              lambda bench, values: bench.part_leads(values["contact"]), (told.CONTACT, told.OTHER)),
    FaultKind("compliance-clip", "output", "tissue around a contact takes more voltage than there is",
              _cover, _uncover, (told.CONTACT, told.IMPEDANCE)),
    FaultKind("air-bubble", "output", "air lies at a contact, and goes away by itself", _let_air_in, None,
              (told.CONTACT, told.AIR, told.FADES)),
    FaultKind("dac-full", "output", "the converters drive more than the device can", *_bypass("amplitude-forced")),
    FaultKind("dac-stuck", "output", "one converter drives twice its current", *_bypass("contact-doubled")),
    FaultKind("switch-welded", "output", "a switch goes on conducting", *_bypass("switch-welded")),
    FaultKind("recharge-missing", "output", "no recharge is driven", *_bypass("recharge-left-out")),
    FaultKind("recharge-small", "output", "the recharge has half its current", *_bypass("recharge-small")),
    FaultKind("sense-offset", "output", "the sense line of a contact shows a current that does not flow",
              lambda bench, values: bench.offset_sense(values["contact"], values["offset"]),
              lambda bench, values: bench.offset_sense(values["contact"], 0), (told.CONTACT, told.OFFSET)),
    FaultKind("sense-lost", "output", "the sense lines show nothing, whatever flows: the interlocks are blind",
              lambda bench, _: bench.lose_sense(), lambda bench, _: bench.lose_sense(is_lost=False)),
    FaultKind("power-cut", "power", "the supply goes and comes back", _power_off),
    FaultKind("brown-out", "power", "the supply sags below what the processor needs",
              lambda bench, _: bench.reset(ResetCause.BROWN_OUT)),
    FaultKind("bounce", "power", "the supply goes several times within a second", _bounce, None, (told.TIMES,)),
    FaultKind("supply-load", "power", "a defect draws from the cell, whose voltage gives way",
              lambda bench, values: bench.load_supply(values["load"]),
              lambda bench, _: bench.load_supply(0), (told.LOAD,)),
    FaultKind("slow-sag", "power", "the cell is nearly empty",
              lambda bench, values: bench.set_battery(values["charge"]), None, (told.CHARGE,)),
    FaultKind("over-discharge", "power", "the cell is emptied, its reserve too", lambda bench, _: bench.drain()),
    FaultKind("cell-fade", "power", "the cell holds less than a new one from now on", _fade, None, (told.CAPACITY,)),
    FaultKind("charging", "power", "a charger lies over the implant",
              lambda bench, values: bench.place_charger(values["coupling"]), _charger_away, (told.COUPLING,), True),
    FaultKind("charger-removal", "power", "the charger is taken away", _charger_away, None, (), True),
    FaultKind("timer-fast", "time", "the pulse timer runs three percent fast", *_bypass("rate-fast")),
    FaultKind("timer-drift", "time", "the pulse timer drifts by up to two percent", _drift,
              lambda bench, _: bench.retime(Timer(1, 1)), (told.DRIFT,)),
    FaultKind("rollover", "time", "the 32-bit timers begin again within a millisecond",
              lambda bench, _: bench.wind_ticks(Duration.of_ms(1))),
    FaultKind("clock-forward", "time", "the clock jumps ahead", lambda bench, values: bench.turn_clock(
              Duration(values["by"])), None, (told.BY,)),
    FaultKind("clock-back", "time", "the clock is set back", lambda bench, values: bench.turn_clock(
              Duration(-values["by"])), None, (told.BY,)),
    FaultKind("clock-stop", "time", "the oscillator of the processor stops; the watchdog has its own",
              lambda bench, _: bench.hang()),
    FaultKind("timer-missed", "time", "one task of the main loop misses its turn", lambda bench, values:
              bench.skip_task(values["task"]), None, (told.TASK,)),
    FaultKind("ram-flip-mode", "processor", "a bit of the mode in working memory turns over",
              lambda bench, values: bench.flip_mode(values["bit"]), None, (told.BIT,)),
    FaultKind("ram-flip-therapy", "processor", "a bit of what decides over the amplitude turns over", _flip_therapy,
              None, (told.WORD, told.BIT)),
    FaultKind("task-hang", "processor", "the main loop stands still", lambda bench, _: bench.hang()),
    FaultKind("task-skip", "processor", "a task checks in no more", lambda bench, values:
              bench.skip_task(values["task"]), None, (told.TASK,)),
    FaultKind("loop-wild", "processor", "the main loop kicks the watchdog out of turn",
              lambda bench, _: bench.kick_watchdog()),
    FaultKind("spurious-reset", "processor", "the processor begins anew without a cause",
              lambda bench, _: bench.reset(ResetCause.WATCHDOG_LATE)),
    FaultKind("magnet-near", "surroundings", "a magnet, or a field like one's, closes the magnet's switch",
              lambda bench, _: bench.magnet(is_near=True), lambda bench, _: bench.magnet(is_near=False)),
    FaultKind("case-turned", "sensing", "the implant turns in its pocket, and what it takes for up with it",
              lambda bench, values: bench.turn_case(values["degrees"]),
              lambda bench, values: bench.turn_case(-values["degrees"]), (told.DEGREES,)),
    FaultKind("ecap-lost", "sensing", "the amplifier of the evoked potential hears nothing", *_channel(Defect.DEAF)),
    FaultKind("ecap-at-rail", "sensing", "the amplifier of the evoked potential stays at its rail",
              *_channel(Defect.AT_RAIL)),
    FaultKind("memory-flip", "memory", "bits of one byte turn over",
              lambda bench, values: bench.memory.flip(values["address"], values["mask"]), None,
              (told.ADDRESS, told.MASK)),
    FaultKind("memory-double-flip", "memory", "two bits of one byte turn over", _flip_two, None, (told.ADDRESS,)),
    FaultKind("torn-write", "memory", "the supply goes in the middle of a write", _defect(_tear),
              _defect(_set("tears_after", None)), (told.BYTES,)),
    FaultKind("lost-write", "memory", "what is written is lost, and nobody notices",
              _defect(_set("is_read_only", True)), _defect(_set("is_read_only", False))),
    FaultKind("stuck-bit", "memory", "bits of one byte are stuck", _defect(_stick),
              _defect(_unstick),
              (told.ADDRESS, told.MASK, told.LEVEL)),
    FaultKind("erase-fail", "memory", "bits that were set stay set", _defect(_set("keeps_ones", True)),
              _defect(_set("keeps_ones", False))),
    FaultKind("wear-out", "memory", "every write fails", _defect(_set("is_worn_out", True)),
              _defect(_set("is_worn_out", False))),
    FaultKind("wrong-page", "memory", "writes go to the next page", _defect(_set("misses_by", PAGE_SIZE)),
              _defect(_set("misses_by", 0))),
)  # fmt: skip
"""Every kind, in the order in which they are listed."""
FAMILIES = tuple(dict.fromkeys(kind.family for kind in KINDS))


def find_kind(kind_id: str) -> FaultKind:
    """The kind with this id; raises BadPrescription that lists those there are."""
    for kind in KINDS:
        if kind.id == kind_id:
            return kind
    raise BadPrescription(f'no fault "{kind_id}"; choose one of {", ".join(kind.id for kind in KINDS)}')
