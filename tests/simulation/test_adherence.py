"""What the log tells of each day agrees with what the implant counted."""

from __future__ import annotations

from random import Random

from firmware_model.bench import Bench
from firmware_model.store import RamMemory
from scs.clock import Duration
from scs.domain.status import LogEntry, LogKind
from scs.programmer.adherence import DAY_US, DAYS_MAX, Day, adherence_lines, days
from scs.wire.requests import GetLog, GetUsage, SoftStop, Start
from scs.wire.responses import Done, LogPage, UsageReport
from tests.support.implants import a_device, a_group
from tests.support.speaker import Speaker, new_op_id

HOUR_US = 3_600_000_000


def entry(number: int, hour: int, kind: LogKind) -> LogEntry:
    return LogEntry(number, hour * HOUR_US, kind, "")


def log_of(speaker: Speaker) -> tuple[LogEntry, ...]:
    found: list[LogEntry] = []
    while page := speaker.ask(GetLog(found[-1].sequence if found else 0), LogPage).entries:
        found += [LogEntry(*row) for row in page]
    return tuple(found)


def test_the_days_sum_to_what_the_implant_counted_by_itself() -> None:
    speaker, chance = Speaker(a_device(RamMemory())), Random(7)
    speaker.open()
    speaker.write(a_group())
    bench = Bench(speaker.device)
    for ending in ("soft", "stop", "magnet", "soft"):
        speaker.ask(Start(new_op_id(), 0), Done)
        bench.jump(Duration.of_s(chance.randrange(3_600, 30_000)))
        speaker.open()
        if ending == "soft":
            speaker.ask(SoftStop(new_op_id()), Done)
        elif ending == "stop":
            speaker.stop()
        else:
            bench.magnet(is_near=True)
            bench.jump(Duration.of_s(3))
            bench.magnet(is_near=False)
        bench.jump(Duration.of_s(chance.randrange(3_600, 30_000)))
        speaker.open()
    usage = speaker.ask(GetUsage(), UsageReport)
    (counted_us,) = [therapy_us for _, _, therapy_us, _ in usage.slots]
    told_us = sum(day.therapy_us for day in days(log_of(speaker), usage.at_us))
    assert counted_us > 4 * HOUR_US
    assert abs(told_us - counted_us) < 1_000_000, "less than a second apart"


def test_a_run_over_the_end_of_a_day_is_part_of_both() -> None:
    log = (entry(1, 0, LogKind.POWER_ON), entry(2, 20, LogKind.THERAPY_STARTED), entry(3, 30, LogKind.THERAPY_STOPPED))
    assert days(log, 48 * HOUR_US) == (Day(0, 6 * HOUR_US, DAY_US), Day(1, 4 * HOUR_US, DAY_US))


def test_therapy_that_still_runs_counts_until_now_and_a_short_log_says_how_far_it_reaches() -> None:
    log = (entry(1, 0, LogKind.POWER_ON), entry(2, 1, LogKind.THERAPY_STARTED))
    assert days(log, 6 * HOUR_US) == (Day(0, 5 * HOUR_US, 6 * HOUR_US),)
    (line,) = adherence_lines(log, 6 * HOUR_US)
    assert line == f"last 24 h    |{'█' * 5}·{' ' * 18}| 5.0 h, of 6.0 h that the log tells"


def test_what_was_before_the_clock_began_anew_is_left_out() -> None:
    log = (
        entry(1, 0, LogKind.POWER_ON),
        entry(2, 5, LogKind.THERAPY_STARTED),
        entry(3, 0, LogKind.POWER_ON),
        entry(4, 1, LogKind.THERAPY_STARTED),
        entry(5, 2, LogKind.EMERGENCY_STOP),
    )
    assert days(log, 3 * HOUR_US) == (Day(0, HOUR_US, 3 * HOUR_US),)


def test_two_weeks_are_told_at_most_and_an_empty_log_tells_nothing() -> None:
    assert len(days((entry(1, 0, LogKind.POWER_ON),), 40 * DAY_US)) == DAYS_MAX
    assert adherence_lines((), 5) == ["the log tells nothing yet"]
