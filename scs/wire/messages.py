"""Which messages there are: what may be asked, what is answered, and what is said unasked."""

from __future__ import annotations

from scs.wire.access import (
    AccessReport,
    Discover,
    Discovered,
    GetAccess,
    MarkImplanted,
    Pair,
    Paired,
    Unpair,
)
from scs.wire.requests import (
    ClearFault,
    ClearSlot,
    Close,
    Commit,
    EnterMri,
    EnterStorage,
    GetBattery,
    GetClock,
    GetDelivery,
    GetImpedance,
    GetImpedanceMatrix,
    GetLog,
    GetLogLinks,
    GetLogParts,
    GetPostureUsage,
    GetResets,
    GetSensing,
    GetSlots,
    GetStatus,
    GetUsage,
    Identify,
    LeaveMri,
    LeaveStorage,
    MeasureImpedance,
    Open,
    Read,
    SetAmplitude,
    SetClock,
    SetDefaultSlot,
    SoftStop,
    Stage,
    Start,
    Watch,
)
from scs.wire.responses import (
    BatteryReport,
    Chunk,
    ClockReport,
    Committed,
    Delivery,
    Done,
    Identity,
    ImpedanceMatrix,
    ImpedanceResult,
    LogLinks,
    LogNotice,
    LogPage,
    LogPart,
    Opened,
    PostureUsage,
    RefusedReply,
    ResetReport,
    Sensing,
    Slots,
    Staged,
    Status,
    Stopped,
    UsageReport,
)

Request = (
    Open | Close | Identify | GetStatus | Read | Stage | Commit | Start | SoftStop | SetAmplitude
    | MeasureImpedance | GetImpedance | GetLog | Watch | ClearFault | EnterMri | LeaveMri | EnterStorage | LeaveStorage
    | GetLogLinks | GetUsage | GetPostureUsage | GetResets | GetBattery | GetSensing
    | SetClock | GetClock | GetDelivery | GetImpedanceMatrix | GetSlots | ClearSlot | SetDefaultSlot
    | GetLogParts | Discover | Pair | Unpair | GetAccess | MarkImplanted
)  # fmt: skip
Response = (
    Opened | Done | Identity | Status | Chunk | Staged | Committed | ImpedanceResult | LogPage | RefusedReply
    | LogLinks | UsageReport | PostureUsage | ResetReport | BatteryReport | Sensing | ClockReport | Delivery
    | ImpedanceMatrix | Slots | LogPart | Discovered | Paired | AccessReport
)  # fmt: skip
Notice = Status | LogNotice
Message = Request | Response | LogNotice | Stopped
