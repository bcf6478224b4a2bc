"""Windows of the day in which a group is delivered, and the arithmetic of a day's minutes.

A window begins with its first minute and ends before its last: from 08:00 to 22:00 are 14 hours. One that ends no later
than it begins crosses midnight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema, model_validator

from scs.domain.fields import FROM_TEXT, Prescription

DAY_MINUTES = 1_440
MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = DAY_MINUTES * MINUTE_US
WINDOWS_MAX = 4
"""Windows of one group [project]: waking, two rests and a night are as many as a day is divided into."""
_CLOCK_TEXT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def parse_minute(text: object) -> int:
    """Minutes after midnight of a text such as "08:00"; raise ValueError for anything else."""
    found = _CLOCK_TEXT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f'{text!r} is no time of the day; write hours and minutes from "00:00" to "23:59"')
    return int(found[1]) * 60 + int(found[2])


def minute_text(minute: int) -> str:
    """Minutes after midnight as "08:00"."""
    return f"{minute // 60:02}:{minute % 60:02}"


def clock_text(second_of_day: int) -> str:
    """Seconds after midnight as "08:00:00"."""
    return f"{minute_text(second_of_day // 60)}:{second_of_day % 60:02}"


def _read(value: object, info: ValidationInfo) -> int:
    if info.context is FROM_TEXT:
        return parse_minute(value)
    if type(value) is not int or not 0 <= value < DAY_MINUTES:
        raise ValueError(f"{value!r} is no minute of the day; use 0 to {DAY_MINUTES - 1}")
    return value


_SCHEMA: dict[str, Any] = {
    "type": "string",
    "description": "a time of the day on the implant's clock",
    "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
    "examples": ["08:00"],
}
Minute = Annotated[
    int,
    BeforeValidator(_read),
    PlainSerializer(minute_text, return_type=str, when_used="json"),
    WithJsonSchema(_SCHEMA),
]
"""Minutes after local midnight, 0 to 1439."""


class Window(Prescription):
    """A part of every day in which therapy that was started is delivered."""

    from_minute: Minute
    to_minute: Minute

    @model_validator(mode="after")
    def _has_a_length(self) -> Window:
        if self.from_minute == self.to_minute:
            at = minute_text(self.from_minute)
            raise ValueError(f"a window from {at} to {at} has no length; move one end, or leave the schedule out")
        return self

    @property
    def minutes(self) -> int:
        """How long it is open each day."""
        return (self.to_minute - self.from_minute) % DAY_MINUTES

    @property
    def text(self) -> str:
        return f"{minute_text(self.from_minute)} to {minute_text(self.to_minute)}"


def crowding(windows: Sequence[Window]) -> Iterator[tuple[Window, Window]]:
    """Pairs that overlap, or follow one another without a minute between: they are one window, or a mistake."""
    for place, first in enumerate(windows):
        for second in windows[place + 1 :]:
            apart = (second.from_minute - first.from_minute) % DAY_MINUTES
            if apart <= first.minutes or (-apart) % DAY_MINUTES <= second.minutes:
                yield first, second


def closes_in_us(windows: Sequence[Window], time_of_day_us: int) -> int | None:
    """How long a window stays open, with the longest one counting; None while all are closed."""
    left = [w.minutes * MINUTE_US - (time_of_day_us - w.from_minute * MINUTE_US) % DAY_US for w in windows]
    longest = max(left, default=0)
    return longest if longest > 0 else None


def opens_in_us(windows: Sequence[Window], time_of_day_us: int) -> int:
    """How long it takes until the next window opens; a whole day for one that opens at this instant."""
    return min((w.from_minute * MINUTE_US - time_of_day_us - 1) % DAY_US + 1 for w in windows)


def most_us_a_day(windows: Sequence[Window] | None, daily_dose_us: int | None) -> int:
    """For how long of a day a group can be delivered at most, from windows that lie apart and a dose."""
    open_us = DAY_US if windows is None else sum(window.minutes for window in windows) * MINUTE_US
    return min(DAY_US, open_us, DAY_US if daily_dose_us is None else daily_dose_us)


def schedule_text(windows: Sequence[Window]) -> str:
    """The windows for people: "08:00 to 12:00 and 14:00 to 22:00"."""
    return " and ".join(window.text for window in windows)
