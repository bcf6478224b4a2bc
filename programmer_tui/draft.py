"""What is being edited, before it is sent: a group that may be unfinished, with undo and redo. No screen here.

A draft may hold shares that do not sum and texts that cannot be read; `group()` gives the prescription, or the
sentences that say what is missing. Changing polarity zeroes the amplitude, and changing the width clears the patient's
limits [found: F4, F8 of the device facts], because both were found for what was there before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from scs.domain.fields import FROM_TEXT
from scs.domain.lead import CASE, Implant, contact_name
from scs.domain.program import PROGRAMS_MAX, WHOLE, Group, Program
from scs.domain.units import SHARE, format_quantity
from scs.errors import ScsError

UNDO_MAX = 200
"""Steps that can be taken back; an appointment has fewer."""

ORDINARY: Mapping[str, str] = {
    "name": "New program",
    "amplitude": "0 mA",
    "pulse_width": "210 us",
    "interphase_gap": "0 us",
    "waveform": "tonic",
    "rate": "40 Hz",
    "pulses": "5",
    "intra_rate": "500 Hz",
    "recharge": "active 1",
    "ramp": "2 s",
    "cycling": "",
    "patient": "",
    "closed_loop": "",
}
"""The texts of a new program: 210 µs and 40 Hz are the defaults of WaveWriter Alpha [found2: G1], amplitude zero."""

PAIRS: Mapping[str, tuple[str, str]] = {
    "cycling": ("on", "off"),
    "patient": ("lowest", "highest"),
    "closed_loop": ("target", "gain"),
}
"""Fields of two quantities, written with a stroke between them."""


@dataclass(frozen=True, slots=True)
class ProgramDraft:
    """One program as it stands in the form: signed permille by contact, and texts."""

    shares: Mapping[int, int] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=lambda: dict(ORDINARY))

    @classmethod
    def of(cls, program: Program) -> ProgramDraft:
        """The draft that gives back exactly this program."""
        written = program.model_dump(mode="json")
        waveform, recharge = written["waveform"], written["recharge"]
        texts = {
            **ORDINARY,
            **{name: written[name] for name in ("name", "amplitude", "pulse_width", "interphase_gap", "ramp")},
            "waveform": waveform["kind"],
            "rate": waveform["rate"],
            "recharge": "passive" if recharge["kind"] == "passive" else f"active {recharge['ratio']}",
        }
        if waveform["kind"] == "burst":
            texts |= {"pulses": str(waveform["pulses"]), "intra_rate": waveform["intra_rate"]}
        if written["cycling"]:
            texts["cycling"] = f"{written['cycling']['on']} / {written['cycling']['off']}"
        if written["patient"]:
            texts["patient"] = f"{written['patient']['lowest']} / {written['patient']['highest']}"
        if written["closed_loop"]:
            texts["closed_loop"] = f"{written['closed_loop']['target']} / {written['closed_loop']['gain']}"
        return cls(dict(program.contacts.shares), texts)

    def typed(self, name: str, text: str) -> ProgramDraft:
        """With another text in one field. Another width forgets the patient's limits."""
        texts = {**self.texts, name: text}
        if name == "pulse_width" and text != self.texts[name]:
            texts["patient"] = texts["closed_loop"] = ""
        return replace(self, texts=texts)

    def cycled(self, contact: int) -> ProgramDraft:
        """Cathode, anode, off in turn; the polarity's shares are split evenly again."""
        share = self.shares.get(contact, 0)
        shares = {number: value for number, value in self.shares.items() if number != contact}
        if share == 0:
            shares[contact] = -1
        elif share < 0:
            shares[contact] = 1
        return self._with(_even(shares))

    def weighed(self, contact: int, share: int) -> ProgramDraft:
        """With another signed share for one contact; the others stay, so the sum may be wrong until they follow."""
        shares = {**self.shares, contact: share} if share else _without(self.shares, contact)
        return self._with(shares)

    def split_evenly(self) -> ProgramDraft:
        return self._with(_even(self.shares))

    def steered(self, contact: int, permille: int) -> ProgramDraft:
        """Move share to `contact` from the others of its polarity (or away from it), the total kept.

        The others keep their proportions, but for rounding, and none falls below 1 permille.
        """
        share = self.shares.get(contact, 0)
        sign = 1 if share > 0 else -1
        others = [number for number, value in self.shares.items() if value * sign > 0 and number != contact]
        if not share or not others:
            return self
        weights = {number: abs(self.shares[number]) for number in others}
        mine = min(max(abs(share) + permille, 1), WHOLE - len(others))
        left = WHOLE - mine - len(others)
        given = dict.fromkeys(others, 1)
        total = sum(weights.values())
        for number in others:
            given[number] += left * weights[number] // total
        largest = max(others, key=lambda number: weights[number])
        given[largest] += WHOLE - mine - sum(given.values())
        shares = {**self.shares, contact: sign * mine, **{number: sign * value for number, value in given.items()}}
        return self._with(shares)

    def shared(self, shares: Mapping[int, int]) -> ProgramDraft:
        """With all shares anew, as steering leaves them."""
        return self._with(shares)

    def templated(self, name: str, contact: int, implant: Implant) -> ProgramDraft:
        """`monopole`, `bipole` or `guarded` with its cathode at `contact`, along the contact's own column.

        A template that would reach past the end of the column leaves the draft as it is.
        """
        neighbours = _neighbours(contact, implant)
        above, below = neighbours
        if name == "bipole" and below is not None:
            return self._with(_even({contact: -1, below: 1}))
        if name == "guarded" and above is not None and below is not None:
            return self._with(_even({contact: -1, above: 1, below: 1}))
        if name == "monopole":
            return self._with(_even({contact: -1, CASE: 1}))
        return self

    def _with(self, shares: Mapping[int, int]) -> ProgramDraft:
        """New shares; where a polarity changed, the amplitude was found for something else and becomes zero."""
        texts = dict(self.texts)
        if _polarities(shares) != _polarities(self.shares):
            texts["amplitude"] = "0 mA"
            texts["patient"] = texts["closed_loop"] = ""
        return ProgramDraft(dict(sorted(shares.items())), texts)

    def as_written(self) -> dict[str, object]:
        """The program as a file would write it; reading it finds what is wrong."""
        texts = self.texts
        waveform: dict[str, object] = {"kind": texts["waveform"], "rate": texts["rate"]}
        if texts["waveform"] == "burst":
            pulses = texts["pulses"]
            waveform |= {
                "pulses": int(pulses) if pulses.isascii() and pulses.isdigit() else pulses,
                "intra_rate": texts["intra_rate"],
            }
        kind, _, ratio = texts["recharge"].partition(" ")
        recharge: dict[str, object] = {"kind": kind}
        if kind == "active":
            recharge["ratio"] = int(ratio) if ratio.isascii() and ratio.isdigit() else ratio
        written: dict[str, object] = {
            "name": texts["name"],
            "contacts": {contact_name(number): format_quantity(share, SHARE) for number, share in self.shares.items()},
            "amplitude": texts["amplitude"],
            "pulse_width": texts["pulse_width"],
            "interphase_gap": texts["interphase_gap"],
            "recharge": recharge,
            "waveform": waveform,
            "ramp": texts["ramp"],
        }
        for name, (first, second) in PAIRS.items():
            if texts[name].strip():
                left, _, right = texts[name].partition("/")
                written[name] = {first: left.strip(), second: right.strip()}
        return written


@dataclass(frozen=True, slots=True)
class GroupDraft:
    """A group in the form."""

    name: str = "New group"
    delivery: str = "interleaved"
    programs: tuple[ProgramDraft, ...] = (ProgramDraft(),)
    day: Mapping[str, Any] = field(default_factory=dict)
    """The windows and the dose of a day as a file writes them; the form keeps them as they are."""

    @classmethod
    def of(cls, group: Group) -> GroupDraft:
        written = group.model_dump(mode="json", include={"schedule", "daily_dose_us"}, exclude_none=True)
        return cls(group.name, group.delivery, tuple(ProgramDraft.of(program) for program in group.programs), written)

    def with_program(self, index: int, program: ProgramDraft) -> GroupDraft:
        programs = (*self.programs[:index], program, *self.programs[index + 1 :])
        return replace(self, programs=programs)

    def with_another(self) -> GroupDraft:
        """One more program, unless the group is full."""
        if len(self.programs) == PROGRAMS_MAX:
            return self
        fresh = ProgramDraft().typed("name", f"Program {len(self.programs) + 1}")
        return replace(self, programs=(*self.programs, fresh))

    def without(self, index: int) -> GroupDraft:
        """Without a program; the last one stays."""
        if len(self.programs) == 1:
            return self
        return replace(self, programs=self.programs[:index] + self.programs[index + 1 :])

    def group(self) -> tuple[Group | None, tuple[tuple[str, str], ...]]:
        """(the prescription, nothing) or (None, what is wrong: (field, sentence) each)."""
        written = {
            "name": self.name,
            "delivery": self.delivery,
            **self.day,
            "programs": [program.as_written() for program in self.programs],
        }
        try:
            return Group.model_validate(written, context=FROM_TEXT, by_alias=True, by_name=False), ()
        except ValidationError as error:
            rows = [row for row in error.errors() if row["loc"] != ("programs",)] or error.errors()
            return None, tuple((_field(row["loc"]), _sentence(row["msg"])) for row in rows)
        except ScsError as error:
            return None, (("contacts", str(error)),)


class History:
    """The present draft, and the way back and forth through everything not yet sent."""

    def __init__(self, draft: GroupDraft) -> None:
        self._past: list[GroupDraft] = []
        self.present = draft
        self._future: list[GroupDraft] = []

    def change(self, draft: GroupDraft) -> None:
        """Take a step; what was undone before is forgotten."""
        if draft == self.present:
            return
        self._past = [*self._past, self.present][-UNDO_MAX:]
        self.present = draft
        self._future.clear()

    def undo(self) -> bool:
        """Back one step; False at the beginning."""
        if not self._past:
            return False
        self._future.append(self.present)
        self.present = self._past.pop()
        return True

    def redo(self) -> bool:
        """Forth one step; False at the end."""
        if not self._future:
            return False
        self._past.append(self.present)
        self.present = self._future.pop()
        return True

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to undo."""
        return bool(self._past)


def _even(shares: Mapping[int, int]) -> dict[int, int]:
    """Every polarity split evenly; the first contacts take what does not divide."""
    even: dict[int, int] = {}
    for sign in (-1, 1):
        numbers = sorted(number for number, share in shares.items() if share * sign > 0)
        for place, number in enumerate(numbers):
            even[number] = sign * (WHOLE // len(numbers) + (place < WHOLE % len(numbers)))
    return even


def _without(shares: Mapping[int, int], contact: int) -> dict[int, int]:
    return {number: share for number, share in shares.items() if number != contact}


def _polarities(shares: Mapping[int, int]) -> dict[int, bool]:
    return {number: share > 0 for number, share in shares.items()}


def _neighbours(contact: int, implant: Implant) -> tuple[int | None, int | None]:
    """The contacts above and below in the same column of the same lead."""
    first = 1
    for plugged in implant.leads:
        for column in plugged.lead.columns:
            if first <= contact < first + column.contacts:
                above = contact - 1 if contact > first else None
                below = contact + 1 if contact < first + column.contacts - 1 else None
                return above, below
            first += column.contacts
    return None, None


def _field(location: tuple[int | str, ...]) -> str:
    """The form's field that pydantic means: `programs.0.waveform.tonic.rate` is `rate`, of program 0."""
    names = [str(part) for part in location if str(part) in {*ORDINARY, "contacts", "cycling", "patient", "ratio"}]
    program = location[1] if len(location) > 1 and isinstance(location[1], int) else 0
    last = names[-1] if names else "group"
    return f"{program}.{'recharge' if last == 'ratio' else last}"


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")
