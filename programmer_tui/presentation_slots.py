"""The slots of an implant in words, one group in full, and two side by side. Domain to text; no screen is imported."""

from __future__ import annotations

from collections.abc import Sequence

from programmer_tui.presentation_program import difference, field_texts, program_line
from scs.domain.program import Group
from scs.domain.schedule import DAY_MINUTES, Window, schedule_text
from scs.domain.status import TherapyState
from scs.domain.units import TIME, format_quantity
from scs.wire.responses import Status

DAY_CELLS = 48
"""Half an hour each."""
NAME_CELLS = 20


def slot_line(slot: int, group: Group | None, status: Status | None, default: int | None = None) -> str:
    """What a slot holds, and whether it is the default and what is delivered."""
    if group is None:
        return f"{slot}  empty"
    runs = status is not None and status.therapy is not TherapyState.OFF and status.slot == slot
    count = len(group.programs)
    what = f"{count} program{'s' * (count > 1)}, {group.delivery}" if count > 1 else "1 program"
    times = "" if group.schedule is None else f", {schedule_text(group.schedule)}"
    state = f"  RUNS: {status.therapy.name.lower().replace('_', ' ')}" if runs and status is not None else ""
    word = "  DEFAULT" if slot == default else ""
    return f"{slot}  {group.name:<{NAME_CELLS}}  {what}{times}{word}{state}"


def group_lines(group: Group) -> list[str]:
    """A group in full: each program in a line, when it is delivered, and every field beneath."""
    lines = [program_line(program) for program in group.programs]
    if group.schedule is not None or group.daily_dose_us is not None:
        lines += ["", *day_lines(group.schedule, group.daily_dose_us)]
    texts = field_texts(group)
    width = max(map(len, texts))
    return [*lines, "", *(f"{name:<{width}}  {text}" for name, text in texts.items())]


def comparison_lines(one: str, first: Group, other: str, second: Group | None, width: int) -> list[str]:
    """Field by field what `first` (called `one`) and `second` (called `other`) say, only where they differ."""
    if second is None:
        return [f"{other} is empty; {one} holds '{first.name}'."]
    rows = difference(first, second)
    same = len(field_texts(first).keys() & field_texts(second).keys()) - sum("-" not in row[1:] for row in rows)
    if not rows:
        return [f"{one} and {other} hold the same in all {same} fields."]
    names = max(len("field"), *(len(name) for name, _, _ in rows))
    half = max(8, (width - names - 4) // 2)
    table = [("field", one, other), *rows]
    lines = [f"{name:<{names}}  {_cut(left, half):<{half}}  {_cut(right, half)}" for name, left, right in table]
    return [*lines, f"{len(rows)} fields differ, {same} are the same."]


def day_lines(windows: Sequence[Window] | None, dose_us: int | None) -> list[str]:
    """A day of 24 hours as a bar: when the group may be delivered, with the hours beneath."""
    cells = ["█" if windows is None or _is_open(windows, cell) else "·" for cell in range(DAY_CELLS)]
    hours = "".join(f"{hour:02}:00 " + " " * 6 for hour in range(0, 24, 6))[: DAY_CELLS - 3] + "24"
    said = "always, once it was started" if windows is None else f"{schedule_text(windows)}, once it was started"
    dose = "no daily dose" if dose_us is None else f"at most {format_quantity(dose_us, TIME)} of it a day"
    return ["".join(cells), hours, f"delivered {said}; {dose}"]


def _is_open(windows: Sequence[Window], cell: int) -> bool:
    """Whether any minute of this half hour lies in a window."""
    length = DAY_MINUTES // DAY_CELLS
    minutes = range(cell * length, (cell + 1) * length)
    return any((minute - it.from_minute) % DAY_MINUTES < it.minutes for it in windows for minute in minutes)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
