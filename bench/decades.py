"""How fast an implant lives: years of therapy, its pulse-by-pulse reference, closed loop, memory, and a thousand of it.

The cell is filled again in passing, because a year is longer than a charge; the ledger stays exact throughout. Times
are those of the processor, so that what else runs on the machine counts as little as it can.
"""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.pairing import BenchRow
from firmware_model.bench import Bench
from firmware_model.device import Device, DeviceConfig
from firmware_model.paged_memory import PagedMemory
from firmware_model.store import RamMemory
from scs.clock import Duration, Instant
from scs.domain.lead import Implant, PluggedLead, find_lead
from scs.domain.policy import find_policy
from scs.domain.profile import DeviceProfile, find_profile
from scs.domain.program import Cycling, Group, replaced
from scs.domain.program_file import parse_program_file
from scs.domain.pulse import period_us
from scs.domain.schedule import Window
from scs.programmer.client import Client
from scs.testing.direct_link import TRANSIT, DeviceClock, DirectLink
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Decoder, Direction, Frame, FrameType, encode
from scs.wire.messages import Message, Request
from scs.wire.requests import Close, GetStatus, Open
from scs.wire.responses import Done, Opened, Status
from scs.wire.terms import Role
from tests.support.pulse_by_pulse import Reference

EXAMPLES = Path(__file__).parents[1] / "examples"
YEAR = Duration.of_s(365 * 86_400)
HOUR = Duration.of_s(3_600)
MINUTE = Duration.of_s(60)
REFILL_EVERY = 5 * 86_400_000_000
CLOSED_LOOP_S = 600
CROWD = 1_000
IDLE = 50


def run(repeats: int) -> list[BenchRow]:
    """Six rows; each the best of at most three."""
    again = range(min(repeats, 3))
    year_s = _undisturbed_s(_one_year() for _ in again)
    decade_s = min(_cpu_s(_ten_years) for _ in again)
    closed_form = max(_closed_form_against_reference() for _ in again)
    loop = _closed_loop_pulses_per_second(again)
    idle = _idle_bytes() / 1_000
    crowd_s = min(_cpu_s(_poll_of(_crowd())) for _ in again)
    return [
        _at_most("a year of tonic therapy, daily schedule, hourly telemetry", "4 s", year_s, 4, "s"),
        _at_most("ten years of 10 kHz, cycling 30 s / 90 s", "60 s", decade_s, 60, "s"),
        _at_least("closed form, a minute at 1.2 kHz", "pulse by pulse, 1,000 times slower", closed_form, 1_000, "x"),
        _at_least("closed loop, each pulse read and set", "100,000 pulses a second", loop, 100_000, "pulses/s"),
        _at_most("an idle implant beside others", "150 kB", idle, 150, "kB"),
        _at_most("a status from each of 1,000 implants", "1 s", crowd_s, 1, "s"),
    ]


def _cpu_s(work: Callable[[], object]) -> float:
    """How long the processor works at one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def _undisturbed_s(runs: Iterable[Sequence[float]]) -> float:
    """How long a run takes of which every part has the time of its best: all runs are the same, and disturbed anew."""
    parts: Iterator[tuple[float, ...]] = zip(*runs, strict=True)
    return sum(min(part) for part in parts)


def _at_most(name: str, peer: str, value: float, allowed: float, unit: str) -> BenchRow:
    return BenchRow(name, peer, value, allowed, unit, value / allowed, 1.0, higher_is_better=False)


def _at_least(name: str, peer: str, value: float, wanted: float, unit: str) -> BenchRow:
    return BenchRow(name, peer, value, wanted, unit, value / wanted, 1.0, higher_is_better=True)


def _example(name: str) -> tuple[Group, Implant, DeviceProfile]:
    path = EXAMPLES / f"{name}.toml"
    file = parse_program_file(path.name, path.read_text(encoding="utf-8"))
    lead = find_lead("medtronic-977a2")
    implant = file.implant or Implant(leads=(PluggedLead(port="A", lead=lead), PluggedLead(port="B", lead=lead)))
    return file.group, implant, find_profile(file.profile_id or "reference")


def _delivering(group: Group, implant: Implant, profile: DeviceProfile) -> Device:
    config = DeviceConfig("SCS-000001", profile, find_policy("default"), implant)
    device = Device(config, RamMemory(), random.Random(1), Instant(0))
    with _programmer(device) as client:
        client.set_clock(0)
        client.write_group(0, group)
        client.start(0)
    return device


def _programmer(device: Device, chance: random.Random | None = None) -> Client:
    return Client.open(DirectLink(device), DeviceClock(device), chance=chance or random.Random(device.now.us))


def _one_year() -> list[float]:
    """How long the processor worked at each day of it, in seconds."""
    group, implant, profile = _example("tonic-default")
    waking = (Window(from_minute=7 * 60, to_minute=23 * 60),)
    device = _delivering(replaced(group, schedule=waking), implant, profile)
    bench, monitor = Bench(device), _Monitor(device)

    def one_day(day: int) -> None:
        for hour in range(24 * day, 24 * (day + 1)):
            bench.jump(HOUR)
            assert monitor.poll(nonce=hour).at_us == device.now.us - (TRANSIT * 2).us, "it was told before the farewell"
            if hour * HOUR.us % REFILL_EVERY == 0:
                bench.set_battery(1_000)

    days_s = [_cpu_s(partial(one_day, day)) for day in range(365)]
    assert 0.99 < bench.pulses / (365 * 16 * 3_600 * 40) < 1.01, "it is delivered while one is awake"
    return days_s


class _Monitor:
    """Asks an implant for its status over its link, frame by frame: a session, then the question and goodbye in one go.

    It is the least that telemetry takes, so that a year is the implant's time. What a whole programmer does beside, to
    make sure whom it talks to and to say things again, is in the rows of `bench/round_trip.py` and of the crowd below.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        self._decoder = Decoder(Direction.TO_PROGRAMMER)

    def poll(self, nonce: int) -> Status:
        """The status, in a session of its own, which only reads."""
        (opened,) = self._ask(0, 0, Open(nonce, Role.READER))
        assert isinstance(opened, Opened), f"the implant answered {opened}"
        status, parted = self._ask(opened.session, 1, GetStatus(), Close())
        assert isinstance(status, Status) and isinstance(parted, Done), f"{status}, {parted}"  # noqa: PT018
        return status

    def _ask(self, session: int, counter: int, *requests: Request) -> list[Message]:
        device = self._device
        for number, request in enumerate(requests, counter):
            device.receive(encode(Frame(FrameType.REQUEST, session, number, encode_message(request))))
        device.step(device.now + TRANSIT * 2)
        frames = self._decoder.receive(device.take_output())
        return [decode_message(frame.body, Direction.TO_PROGRAMMER) for frame in frames]


def _ten_years() -> None:
    group, implant, _ = _example("high-rate-10khz")
    cycled = tuple(replaced(p, cycling=Cycling(on_us=30_000_000, off_us=90_000_000)) for p in group.programs)
    bench = Bench(_delivering(replaced(group, programs=cycled), implant, find_profile("reference")))
    before = bench.pulses
    for _ in range(10 * YEAR.us // REFILL_EVERY):
        bench.jump(Duration(REFILL_EVERY))
        bench.set_battery(1_000)
    assert bench.pulses - before > 10 * 365 * 720 * 290_000, "every cycle has its 10,000 pulses a second"


def _closed_form_against_reference() -> float:
    """How many times faster; both agree to the last picocoulomb."""
    group, implant, profile = _example("tonic-default")
    fast = replaced(group.programs[0], waveform=replaced(group.programs[0].waveform, rate_mhz=1_200_000), ramp_us=0)
    group = replaced(group, programs=(fast,))
    device = _delivering(group, implant, profile)
    bench = Bench(device)
    bench.jump(Duration.of_s(5))
    # Whole periods, so that every one of these minutes has as many pulses.
    minutes, minute = 200, Duration(MINUTE.us // period_us(1_200_000) * period_us(1_200_000))
    before, began_us = bench.leading_pc(), device.now.us
    closed_s = _cpu_s(lambda: [bench.jump(minute) for _ in range(minutes)]) / minutes
    grown = {contact: (charge - before[contact]) // minutes for contact, charge in bench.leading_pc().items()}
    reference = Reference(group, [fast.amplitude_ua], began_us)
    slow_s = _cpu_s(lambda: _each(reference, began_us + minute.us))
    assert dict(reference.leading_pc()) == {contact: charge for contact, charge in grown.items() if charge}
    return slow_s / closed_s


def _each(reference: Reference, until_us: int) -> None:
    reference.run(until_us)
    reference.leading_pc()
    reference.driven_pc()


def _closed_loop_pulses_per_second(again: Iterable[int]) -> float:
    pulses: set[int] = set()

    def run() -> list[float]:
        device = _delivering(*_example("closed-loop"))
        bench = Bench(device)
        bench.jump(Duration.of_s(10))
        before = bench.pulses
        seconds = [_cpu_s(lambda: bench.jump(Duration.of_s(1))) for _ in range(CLOSED_LOOP_S)]
        pulses.add(bench.pulses - before)
        return seconds

    took = _undisturbed_s(run() for _ in again)
    (count,) = pulses
    return count / took


def _idle() -> Device:
    _, implant, profile = _example("tonic-default")
    config = DeviceConfig("SCS-000001", profile, find_policy("default"), implant)
    return Device(config, PagedMemory(), random.Random(1), Instant(0))


def _idle_bytes() -> float:
    """What one more implant takes; profile and leads are shared, and so is memory that nobody has written to."""
    kept = [_idle()]
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept += [_idle() for _ in range(IDLE)]
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return grown / IDLE


def _crowd() -> list[Device]:
    return [_idle() for _ in range(CROWD)]


def _poll_of(crowd: Sequence[Device]) -> Callable[[], None]:
    """A session with everybody, and the status of each."""

    def poll() -> None:
        for number, device in enumerate(crowd, 1):
            with _programmer(device) as client:
                assert client.status().at_us >= 0, number

    return poll
