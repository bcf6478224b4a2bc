"""Bodies written down byte by byte from docs/protocol.cddl and RFC 8949, not by the code that is tested.

A round trip proves only that both ends share a mistake; these bytes were derived by hand.
"""

from __future__ import annotations

import pytest

from scs.domain.program import ActiveRecharge, ElectrodeConfig, Group, Program, Tonic
from scs.domain.status import BatteryLevel, ChargerState, EcapQuality, HeldBy, LogKind, LoopState, Posture, ResetCause
from scs.errors import RemoteProtocolError
from scs.wire.codec import decode_message, encode_message
from scs.wire.framing import Direction
from scs.wire.messages import Message
from scs.wire.prescription import decode_group, encode_group
from scs.wire.requests import (
    ClearSlot,
    Close,
    Commit,
    EnterMri,
    EnterStorage,
    GetBattery,
    GetClock,
    GetDelivery,
    GetImpedanceMatrix,
    GetLogLinks,
    GetLogParts,
    GetPostureUsage,
    GetResets,
    GetSensing,
    GetSlots,
    GetUsage,
    LeaveMri,
    LeaveStorage,
    Open,
    SetAmplitude,
    SetClock,
    SetDefaultSlot,
)
from scs.wire.responses import (
    BatteryReport,
    ClockReport,
    Delivery,
    ImpedanceMatrix,
    LogLinks,
    LogPart,
    PostureUsage,
    RefusedReply,
    ResetReport,
    Sensing,
    Slots,
    Stopped,
    UsageReport,
)
from scs.wire.terms import NO_SLOT, ContactState, ImpedanceState, Reason, Role

GOLDEN: list[tuple[Message, Direction, str]] = [
    # a1 map of one pair | 00 key 0 | 02 code
    (Close(), Direction.TO_IMPLANT, "a1 00 02"),
    # a3 three pairs | 00 01 code 1 | 01 key, 1b + eight bytes nonce | 02 key, 01 writer
    (Open(0x0102030405060708, Role.WRITER), Direction.TO_IMPLANT, "a3 00 01 01 1b 0102030405060708 02 01"),
    # a2 | 00 10 code 16 | 01 01 op_id; 11, 12 and 13 are codes 17, 18 and 19
    (EnterMri(1), Direction.TO_IMPLANT, "a2 00 10 01 01"),
    (LeaveMri(24), Direction.TO_IMPLANT, "a2 00 11 01 1818"),
    (EnterStorage(1), Direction.TO_IMPLANT, "a2 00 12 01 01"),
    (LeaveStorage(23), Direction.TO_IMPLANT, "a2 00 13 01 17"),
    # a5 | 00 0a code 10 | 01 07 op_id | 02 00 program | 03 19 1450 = 5200 uA | 04 81 67 "shannon"
    (
        SetAmplitude(7, 0, 5200, ("shannon",)),
        Direction.TO_IMPLANT,
        "a5 00 0a 01 07 02 00 03 19 1450 04 81 67 7368616e6e6f6e",
    ),
    # a6 | 00 07 code 7 | 01 18 ff op_id 255 | 02 01 slot | 03 02 generation | 04 58 20 + 32 bytes | 05 80 none
    (
        Commit(255, 1, 2, bytes(32), ()),
        Direction.TO_IMPLANT,
        "a6 00 07 01 18ff 02 01 03 02 04 5820" + "00" * 32 + "05 80",
    ),
    # a5 | 00 18 49 code 73 | 01 08 start | 02 07 blocked | 03 81 64 "grid" | 04 62 "no"
    (
        RefusedReply(8, Reason.BLOCKED, ("grid",), "no"),
        Direction.TO_PROGRAMMER,
        "a5 00 1849 01 08 02 07 03 81 64 67726964 04 62 6e6f",
    ),
    # a5 | 00 18 49 code 73 | 01 08 start | 02 10 in MRI | 03 80 none | 04 60 nothing
    (RefusedReply(8, Reason.IN_MRI, (), ""), Direction.TO_PROGRAMMER, "a5 00 1849 01 08 02 10 03 80 04 60"),
    # a1 | 00 18 20 code 32
    (GetBattery(), Direction.TO_IMPLANT, "a1 00 1820"),
    # ac twelve pairs | 00 18 60 code 96 | 01 18 64 at 100 us | 02 19 01f4 500 | 03 19 0d48 3400 mV | 04 01 low
    # 05 03 constant current | 06 19 ea60 60000 uA | 07 19 04b0 1200 mK | 08 02 times | 09 18 1f 31 uA
    # 0a 1a 00015180 a day | 0b 86 six: 1, 2, 24 (18 18), 256 (19 0100), 0, 65536 (1a 00010000)
    (
        BatteryReport(
            100,
            500,
            3_400,
            BatteryLevel.LOW,
            ChargerState.CONSTANT_CURRENT,
            60_000,
            1_200,
            2,
            31,
            86_400,
            (1, 2, 24, 256, 0, 65_536),
        ),
        Direction.TO_PROGRAMMER,
        (
            "ac 00 1860 01 1864 02 1901f4 03 190d48 04 01 05 03 06 19ea60 07 1904b0 08 02 09 181f 0a 1a00015180"
            "0b 86 01 02 1818 190100 00 1a00010000"
        ),
    ),
    # a2 | 00 18 4b code 75 | 01 1a 000f4240 = one second
    (Stopped(1_000_000), Direction.TO_PROGRAMMER, "a2 00 184b 01 1a000f4240"),
    # a2 | 00 18 24 code 36 | 01 18 64 after entry 100
    (GetLogLinks(100), Direction.TO_IMPLANT, "a2 00 1824 01 1864"),
    # a3 | 00 18 27 code 39 | 01 18 64 after entry 100 | 02 04 four parts
    (GetLogParts(100, 4), Direction.TO_IMPLANT, "a3 00 1827 01 1864 02 04"),
    # a6 | 00 18 67 code 103 | 01 01 part 1 | 02 02 of 2 | 03 05 oldest | 04 19 012c newest 300 | 05 81 84 one entry:
    # 07, 19 03e8 at 1,000 us, 01 power on, 62 two characters
    (
        LogPart(1, 2, 5, 300, ((7, 1_000, LogKind.POWER_ON, "on"),)),
        Direction.TO_PROGRAMMER,
        "a6 00 1867 01 01 02 02 03 05 04 19012c 05 81 84 07 1903e8 01 62 6f6e",
    ),
    # a1 | 00 18 25 code 37
    (GetUsage(), Direction.TO_IMPLANT, "a1 00 1825"),
    # a2 | 00 18 64 code 100 | 01 81 82 one pair: 05, 4c + twelve bytes
    (LogLinks(((5, bytes(12)),)), Direction.TO_PROGRAMMER, "a2 00 1864 01 81 82 05 4c" + "00" * 12),
    # a1 | 00 18 26 code 38
    (GetResets(), Direction.TO_IMPLANT, "a1 00 1826"),
    # a6 | 00 18 66 code 102 | 01 18 40 time | 02 03 watchdog late | 03 01 one | 04 81 1840 its time | 05 f4 no magnet
    (
        ResetReport(64, ResetCause.WATCHDOG_LATE, 1, (64,), False),
        Direction.TO_PROGRAMMER,
        "a6 00 1866 01 1840 02 03 03 01 04 81 1840 05 f4",
    ),
    # a3 | 00 18 65 code 101 | 01 07 time | 02 81 84 one row of four: slot 3, 1 start, 3.6e9 us, [3.6e9 us, 0]
    (
        UsageReport(7, ((3, 1, 3_600_000_000, (3_600_000_000, 0)),)),
        Direction.TO_PROGRAMMER,
        "a3 00 1865 01 07 02 81 84 03 01 1ad693a400 82 1ad693a400 00",
    ),
    # a2 | 00 18 30 code 48 | 01 03 slot 3
    (GetPostureUsage(3), Direction.TO_IMPLANT, "a2 00 1830 01 03"),
    # a4 | 00 18 70 code 112 | 01 07 time | 02 03 slot 3 | 03 82 two rows of three: program 0 upright 64 us,
    # program 1 lying on the back (3) 1 us
    (
        PostureUsage(7, 3, ((0, Posture.UPRIGHT, 64), (1, Posture.LYING_BACK, 1))),
        Direction.TO_PROGRAMMER,
        "a4 00 1870 01 07 02 03 03 82 83 00 00 1840 83 01 03 01",
    ),
    # a3 | 00 18 2c code 44 | 01 18 ff op_id 255 | 02 19 7080 = 28800 s, eight o'clock
    (SetClock(255, 28_800), Direction.TO_IMPLANT, "a3 00 182c 01 18ff 02 197080"),
    # a1 | 00 18 31 code 49
    (GetSlots(), Direction.TO_IMPLANT, "a1 00 1831"),
    # a4 | 00 18 32 code 50 | 01 18 ff op_id 255 | 02 03 slot 3 | 03 18 64 generation 100
    (ClearSlot(255, 3, 100), Direction.TO_IMPLANT, "a4 00 1832 01 18ff 02 03 03 1864"),
    # a4 | 00 18 33 code 51 | 01 18 ff op_id 255 | 02 18 ff no slot | 03 00 generation 0
    (SetDefaultSlot(255, NO_SLOT, 0), Direction.TO_IMPLANT, "a4 00 1833 01 18ff 02 18ff 03 00"),
    # a4 | 00 18 71 code 113 | 01 05 generation 5 | 02 82 00 03 slots 0 and 3 | 03 03 the default
    (Slots(5, (0, 3), 3), Direction.TO_PROGRAMMER, "a4 00 1871 01 05 02 82 00 03 03 03"),
    # a1 | 00 18 2d code 45
    (GetClock(), Direction.TO_IMPLANT, "a1 00 182d"),
    # a5 | 00 18 6c code 108 | 01 18 64 at 100 us | 02 f5 set | 03 1a 000f4240 a second after midnight | 04 01 set at 1
    (ClockReport(100, True, 1_000_000, 1), Direction.TO_PROGRAMMER, "a5 00 186c 01 1864 02 f5 03 1a000f4240 04 01"),
    # a1 | 00 18 2e code 46
    (GetDelivery(), Direction.TO_IMPLANT, "a1 00 182e"),
    # a8 eight pairs | 00 18 6d code 109 | 01 07 time | 02 03 slot | 03 01 outside of its window | 04 18 64 next at 100
    # 05 1a 000f4240 dose of a second | 06 05 used | 07 81 83 one row of three: 19 9c40 40000 mHz, 19 61a8 25000 us, 0
    (
        Delivery(7, 3, HeldBy.WINDOW, 100, 1_000_000, 5, ((40_000, 25_000, 0),)),
        Direction.TO_PROGRAMMER,
        "a8 00 186d 01 07 02 03 03 01 04 1864 05 1a000f4240 06 05 07 81 83 199c40 1961a8 00",
    ),
    # a1 | 00 18 28 code 40
    (GetSensing(), Direction.TO_IMPLANT, "a1 00 1828"),
    # a5 | 00 18 68 code 104 | 01 07 time | 02 03 lying on the back | 03 0c 12 mg | 04 81 88 one row of eight:
    # program 0, 01 closed, 01 good, 19 c350 50000 nV, 19 ea60 60000 nV, 19 157c 5500 uA, 19 1b58 7000 uA,
    # 02 fallen back twice
    (
        Sensing(7, Posture.LYING_BACK, 12, ((0, LoopState.CLOSED, EcapQuality.GOOD, 50_000, 60_000, 5_500, 7_000, 2),)),
        Direction.TO_PROGRAMMER,
        "a5 00 1868 01 07 02 03 03 0c 04 81 88 00 01 01 19c350 19ea60 19157c 191b58 02",
    ),
    # a2 | 00 18 1c code 28 | 01 18 20 from pair 32 on
    (GetImpedanceMatrix(32), Direction.TO_IMPLANT, "a2 00 181c 01 1820"),
    # a6 | 00 18 5c code 92 | 01 02 ready | 02 19 03e8 at 1000 us | 03 00 first | 04 18 78 of 120 | 05 82 two rows of
    # four: E1, E2, 19 0226 550 ohm, ok; E1, E3, 1a ffffffff, intermittent
    (
        ImpedanceMatrix(
            ImpedanceState.READY,
            1_000,
            0,
            120,
            ((1, 2, 550, ContactState.OK), (1, 3, 0xFFFFFFFF, ContactState.INTERMITTENT)),
        ),
        Direction.TO_PROGRAMMER,
        "a6 00 185c 01 02 02 1903e8 03 00 04 1878 05 82 84 01 02 190226 00 84 01 03 1affffffff 04",
    ),
]


@pytest.mark.parametrize(("message", "direction", "written"), GOLDEN, ids=lambda value: type(value).__name__)
def test_a_message_is_the_bytes_that_the_protocol_says(message: Message, direction: Direction, written: str) -> None:
    body = bytes.fromhex(written)
    assert encode_message(message).hex() == body.hex()
    assert decode_message(body, direction) == message


@pytest.mark.hazard("H33")
@pytest.mark.req("PR-05")
def test_a_group_is_the_bytes_that_the_protocol_says() -> None:
    program = Program(
        name="a",
        contacts=ElectrodeConfig.of({1: -1000, 0: 1000}),
        amplitude_ua=5200,
        pulse_width_us=210,
        recharge=ActiveRecharge(kind="active", ratio=1),
        waveform=Tonic(kind="tonic", rate_mhz=40_000),
    )
    group = Group(name="g", programs=(program,))
    written = (
        "a3 01 61 67"  # three pairs, name "g"
        "02 6b 696e7465726c6561766564"  # "interleaved"
        "03 81 a8"  # one program of eight pairs
        "01 61 61"  # name "a"
        "02 a2 00 1903e8 01 3903e7"  # the case +1000, E1 -1000
        "03 191450 04 18d2 05 00"  # 5200 uA, 210 us, no gap
        "06 a2 01 66 616374697665 02 01"  # "active", 1
        "07 a2 01 65 746f6e6963 02 199c40"  # "tonic", 40000 mHz
        "08 1a001e8480"  # 2 s in us
    )
    assert encode_group(group).hex() == bytes.fromhex(written).hex()
    assert decode_group(bytes.fromhex(written)) == group


HOSTILE = {
    "nothing": "",
    "a number": "01",
    "an unknown code": "a1 00 18fe",
    "a code that is no number": "a1 00 61 61",
    "a code that is true": "a1 00 f5",
    "a missing field": "a2 00 01 02 01",
    "a surplus field": "a2 00 02 01 01",
    "keys out of order": "a3 00 01 02 01 01 01",
    "a longer number than needed": "a3 00 01 01 1801 02 01",
    "a role that does not exist": "a3 00 01 01 01 02 07",
    "a bool for a number": "a3 00 01 01 f5 02 01",
    "a float for a number": "a3 00 01 01 f93c00 02 01",
    "a big fraction": "a3 00 01 01 c5 82 1b7fffffffffffffff 01 02 01",
    "a big number": "a3 00 01 01 c2 49 010000000000000000 02 01",
    "a duplicate key": "a2 00 02 00 02",
    "an indefinite map": "bf 00 02 ff",
    "bytes behind the end": "a1 00 02 00",
    "a message of the other side": "a2 00 184b 01 01",
    "depth": "81" * 200 + "00",
    "a list as a key": "a1 80 02",
    "a date": "a1 00 c0 74 323031332d30332d32315432303a30343a30305a",
}


@pytest.mark.hazard("H45")
@pytest.mark.req("LK-02")
@pytest.mark.parametrize("written", HOSTILE.values(), ids=HOSTILE)
def test_a_body_that_is_not_exactly_a_message_is_refused(written: str) -> None:
    with pytest.raises(RemoteProtocolError):
        decode_message(bytes.fromhex(written), Direction.TO_IMPLANT)
