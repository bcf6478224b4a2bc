"""A supply that gives way under its load resets the implant before the next pulse, and therapy stays off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_model.bench import Bench
from firmware_model.power.battery import Demand
from firmware_model.power.minding import demand
from firmware_model.store import MEMORY_SIZE, RamMemory
from firmware_model.tap import Departure
from scs.clock import Duration
from scs.domain.program import Group
from scs.domain.status import BatteryLevel, Fault, Mode, ResetCause, TherapyState
from scs.wire.codec import encode_message
from scs.wire.framing import Frame, FrameType
from scs.wire.requests import EnterMri, GetResets, MeasureImpedance, Open, Start
from scs.wire.responses import Done, ResetReport
from scs.wire.terms import Role
from tests.support.implants import a_device, a_group, a_program
from tests.support.speaker import Speaker, new_op_id

SECOND = 1_000_000
DAY_S = 86_400
OLD_OHM = 39
"""With this a session alone pulls an almost empty cell to just above the limit."""
WORN_OHM = 240
"""With this therapy alone pulls a cell below the limit when it has less than 2 % left."""
HEAVY = a_group(a_program(amplitude_ua=6_000, width_us=400, rate_mhz=100_000))
"""Draws nearly a milliampere."""

pytestmark = pytest.mark.req("FW-25")


def a_speaker(group: Group = HEAVY, permille: int = 25, ohm: int = OLD_OHM) -> tuple[Speaker, Bench, list[Departure]]:
    """An implant with an old cell that is almost empty, and what leaves it from now on."""
    speaker = Speaker(a_device(RamMemory()))
    speaker.open()
    speaker.write(group)
    bench = Bench(speaker.device)
    bench.set_battery(permille)
    bench.set_cell_resistance(ohm)
    left: list[Departure] = []
    bench.tap(left.append)
    return speaker, bench, left


@pytest.mark.hazard("H27")
def test_a_large_load_on_an_almost_empty_cell_resets_the_implant_and_nothing_leaves_afterwards() -> None:
    speaker, bench, left = a_speaker()
    speaker.start()
    bench.jump(Duration.of_s(10))
    parts = speaker.device.parts
    assert (parts.resets.cause, parts.resets.count) == (ResetCause.BROWN_OUT, 1)
    assert left, "the ramp began, for its first steps draw little"
    assert max(sum(ua for ua in departure.currents_ua.values() if ua > 0) for departure in left) < 6_000
    assert left[-1].start_us < parts.resets.at_us
    assert (parts.modes.mode, parts.therapy.state) == (Mode.IDLE, TherapyState.OFF)
    again = Speaker(speaker.device)
    again.open()
    assert again.ask(GetResets(), ResetReport).cause is ResetCause.BROWN_OUT


def test_the_same_load_on_a_full_cell_or_on_a_new_one_is_carried() -> None:
    for permille, ohm in ((1_000, OLD_OHM), (25, 1)):
        speaker, bench, _ = a_speaker(permille=permille, ohm=ohm)
        speaker.start()
        bench.jump(Duration.of_s(10))
        assert speaker.device.parts.resets.count == 0
        assert speaker.device.parts.therapy.state is TherapyState.ON


@pytest.mark.hazard("H27")
@pytest.mark.req("FW-11")
def test_three_starts_that_the_cell_cannot_carry_latch_the_output_off() -> None:
    speaker, bench, _ = a_speaker()
    for _ in range(3):
        bench.jump(Duration.of_s(10))
        again = Speaker(speaker.device)
        again.open()
        again.start()
        bench.jump(Duration.of_s(10))
    parts = speaker.device.parts
    assert (parts.modes.mode, parts.interlocks.fault) == (Mode.SAFE, Fault.RESETS)
    assert parts.resets.count == 3


@pytest.mark.parametrize("piece_s", [DAY_S * 30, 3_601, 97])
def test_a_cell_that_runs_down_gives_way_in_the_same_second_however_time_is_cut(piece_s: int) -> None:
    speaker, bench, left = a_speaker(permille=30, ohm=1)
    bench.untap(left.append)
    speaker.device.drop_link(0)
    speaker.device.step(speaker.device.now + Duration.of_s(400))
    # Nobody talks any more, so that therapy is what draws.
    fresh = Speaker(speaker.device)
    bench.set_cell_resistance(1)
    fresh.open()
    fresh.start()
    bench.jump(Duration.of_s(400))
    bench.set_cell_resistance(WORN_OHM)
    parts = speaker.device.parts
    assert parts.therapy.state is TherapyState.ON
    limit_pc = parts.battery.sags_at_pc(_demand(speaker))
    assert limit_pc is not None
    assert 0 < limit_pc < parts.battery.cell.left_pc
    while parts.therapy.group is not None:
        bench.jump(Duration.of_s(piece_s))
    assert parts.resets.cause is ResetCause.BROWN_OUT
    assert abs(parts.resets.at_us - _RAN_OUT.setdefault("at_us", parts.resets.at_us)) <= SECOND


_RAN_OUT: dict[str, int] = {}
"""When the first of the runs that are compared ended."""


def _demand(speaker: Speaker) -> Demand:
    return demand(speaker.device._context)


@pytest.mark.slow
def test_cycles_that_are_counted_at_once_give_way_in_the_same_one_as_delivered_ones() -> None:
    ended = []
    for piece_s in (DAY_S * 3, 11):
        cycling = (20 * SECOND, 40 * SECOND)
        group = a_group(a_program(amplitude_ua=6_000, width_us=400, rate_mhz=100_000, cycling=cycling))
        speaker, bench, left = a_speaker(group, permille=30, ohm=1)
        bench.untap(left.append)
        speaker.start()
        # The gauge has said its word by then, so that cycles are counted at once.
        bench.jump(Duration.of_s(4 * 3_600))
        assert speaker.device.parts.battery.level is BatteryLevel.LOW
        bench.set_cell_resistance(WORN_OHM)
        while speaker.device.parts.therapy.group is not None:
            bench.jump(Duration.of_s(piece_s))
        parts = speaker.device.parts
        ended.append((parts.resets.cause, parts.resets.at_us // SECOND, bench.pulses))
    assert ended[0][0] is ResetCause.BROWN_OUT
    assert ended[0] == ended[1]


def test_a_defect_that_pulls_the_supply_down_holds_the_implant_silent_and_nothing_is_written_until_it_is_gone() -> None:
    speaker, bench, left = a_speaker(permille=1_000, ohm=10)
    speaker.start()
    bench.jump(Duration.of_s(5))
    before, pulses = bytes(speaker.device.memory.read(0, MEMORY_SIZE)), len(left)
    assert pulses
    bench.load_supply(200_000)
    bench.jump(Duration.of_s(120))
    again = Speaker(speaker.device)
    assert not again.send(again.request(Open(7, Role.WRITER))), "nobody is there to answer"
    parts = speaker.device.parts
    assert (parts.therapy.state, parts.resets.count, len(left)) == (TherapyState.OFF, 0, pulses)
    assert bytes(speaker.device.memory.read(0, MEMORY_SIZE)) == before
    bench.load_supply(0)
    bench.jump(Duration.of_s(1))
    assert (parts.resets.cause, parts.resets.count, parts.modes.mode) == (ResetCause.BROWN_OUT, 1, Mode.IDLE)
    again = Speaker(speaker.device)
    again.open()
    again.start()
    assert again.keep_alive(Duration.of_s(3)).therapy is TherapyState.ON


@pytest.mark.parametrize("mode", [Mode.MRI, Mode.MEASURING, Mode.SAFE])
def test_a_held_implant_comes_back_into_the_mode_that_it_has_to_be_in(mode: Mode) -> None:
    speaker, bench, _ = a_speaker(permille=1_000, ohm=10)
    if mode is Mode.MRI:
        speaker.ask(EnterMri(new_op_id()), Done)
    elif mode is Mode.MEASURING:
        speaker.ask(MeasureImpedance(new_op_id()), Done)
    else:
        bench.flip_mode(0)
        bench.jump(Duration(1))
    bench.load_supply(200_000)
    bench.magnet(is_near=True)
    bench.jump(Duration.of_s(90))
    bench.magnet(is_near=False)
    bench.load_supply(0)
    bench.jump(Duration.of_s(60))
    parts = speaker.device.parts
    assert parts.modes.mode is (Mode.IDLE if mode is Mode.MEASURING else mode)
    assert parts.resets.cause is ResetCause.BROWN_OUT


def test_what_is_committed_outlasts_a_brown_out() -> None:
    speaker, bench, _ = a_speaker()
    before = speaker.device.parts.store.image
    speaker.start()
    bench.jump(Duration.of_s(10))
    assert speaker.device.parts.resets.cause is ResetCause.BROWN_OUT
    assert speaker.device.parts.store.image == before


class GuardedWrites(RamMemory):
    """Memory that knows whether anybody may write into it now."""

    is_held: Callable[[], bool] = staticmethod(lambda: False)

    def write(self, offset: int, data: bytes) -> None:
        assert not self.is_held(), f"{len(data)} bytes were written at {offset} while the processor was held"
        super().write(offset, data)


HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 5_000, 40_000, 2_000_000]),
        st.sampled_from([1, OLD_OHM, WORN_OHM]),
        st.sampled_from(["start", "start", "stop", "open", "magnet", "charger", "nothing"]),
        st.integers(0, 20_000_000),
    ),
    max_size=12,
)
"""What a defect draws, the cell's resistance, what somebody does, and how long it stays so, in microseconds."""


@pytest.mark.hazard("H21", "H27")
@pytest.mark.req("FW-11")
@settings(deadline=None)
@given(permille=st.integers(1, 1_000), happenings=HAPPENINGS)
def test_however_the_supply_sags_and_bounces_nothing_leaves_and_nothing_is_written_below_the_limit(
    permille: int, happenings: list[tuple[int, int, str, int]]
) -> None:
    memory = GuardedWrites()
    device = a_device(memory)
    parts, bench, speaker = device.parts, Bench(device), Speaker(device)
    speaker.open()
    speaker.write(HEAVY)
    bench.set_battery(permille)
    memory.is_held = lambda: parts.supervisor.is_holding
    below: list[int] = []

    def listen(departure: Departure) -> None:
        if parts.supervisor.is_holding or parts.battery.is_sagging(demand(device._context)):
            below.append(departure.start_us)

    bench.tap(listen)
    for leakage_ua, ohm, act, for_us in happenings:
        bench.load_supply(leakage_ua)
        bench.set_cell_resistance(ohm)
        bench.place_charger(1_000 if act == "charger" else 0)
        bench.magnet(is_near=act == "magnet")
        if act in ("start", "open"):
            speaker = Speaker(device)
            speaker.send(Frame(FrameType.REQUEST, 0, 0, encode_message(Open(for_us, Role.WRITER))))
            session = device.links.writer
            if act == "start" and session is not None:
                start = encode_message(Start(new_op_id(), 0))
                speaker.send(Frame(FrameType.REQUEST, session.number, 1, start))
        elif act == "stop":
            speaker.stop()
        bench.jump(Duration(for_us))
        assert not parts.supervisor.is_holding or parts.therapy.group is None
    assert not below
    bench.load_supply(0)
    bench.set_cell_resistance(1)
    bench.jump(Duration.of_s(60))
    assert not parts.supervisor.is_holding, "a supply that is back lets the implant begin anew"
