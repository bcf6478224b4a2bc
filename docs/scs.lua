-- Shows captures of `scs wire capture` in Wireshark and tshark: docs/wire.md says how. Works with Lua 5.1 to 5.4.
-- Made from the declarations in scs/wire by `scs wire dissector`; change those, or scs/wire/data/dissector.lua.
-- A software model, never for clinical use.

local VERSION, FRAME_MIN, FRAME_MAX, ENCODED_MAX = 1, 12, 540, 543
local TYPES = { [1] = "REQUEST", [2] = "RESPONSE", [3] = "NOTICE", [4] = "STOP", [5] = "STOPPED", [8] = "HELLO", [9] = "WELCOME", [10] = "SEALED_TO_IMPLANT", [11] = "SEALED_TO_PROGRAMMER" }
-- epb_flags: 1 is inbound, 2 outbound.
local DIRECTIONS = { [1] = 2, [2] = 1, [3] = 1, [4] = 2, [5] = 1, [8] = 2, [9] = 1, [10] = 2, [11] = 1 }
local READABLE = { [1] = true, [2] = true, [3] = true, [5] = true }
local MESSAGES = {
  [1] = { name = "Open", filter = "open", fields = {
    { key = 1, name = "nonce", kind = { is = "uint" } },
    { key = 2, name = "role", kind = { is = "choice", words = { [0] = "reader", [1] = "writer" } } },
  } },
  [2] = { name = "Close", filter = "close", fields = {} },
  [3] = { name = "Identify", filter = "identify", fields = {} },
  [4] = { name = "GetStatus", filter = "get_status", fields = {} },
  [5] = { name = "Read", filter = "read", fields = {
    { key = 1, name = "object", kind = { is = "choice", words = { [0] = "group", [1] = "implant", [2] = "profile", [3] = "staged" } } },
    { key = 2, name = "index", kind = { is = "uint" } },
    { key = 3, name = "offset", kind = { is = "uint" } },
  } },
  [6] = { name = "Stage", filter = "stage", fields = {
    { key = 1, name = "slot", kind = { is = "uint" } },
    { key = 2, name = "offset", kind = { is = "uint" } },
    { key = 3, name = "total", kind = { is = "uint" } },
    { key = 4, name = "digest", kind = { is = "bytes" } },
    { key = 5, name = "data", kind = { is = "bytes" } },
  } },
  [7] = { name = "Commit", filter = "commit", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
    { key = 2, name = "slot", kind = { is = "uint" } },
    { key = 3, name = "base_generation", kind = { is = "uint" } },
    { key = 4, name = "digest", kind = { is = "bytes" } },
    { key = 5, name = "acknowledged", kind = { each = { is = "text" } } },
  } },
  [8] = { name = "Start", filter = "start", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
    { key = 2, name = "slot", kind = { is = "uint" } },
  } },
  [9] = { name = "SoftStop", filter = "soft_stop", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
  } },
  [10] = { name = "SetAmplitude", filter = "set_amplitude", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
    { key = 2, name = "program", kind = { is = "uint" } },
    { key = 3, name = "amplitude_ua", kind = { is = "uint" } },
    { key = 4, name = "acknowledged", kind = { each = { is = "text" } } },
  } },
  [11] = { name = "MeasureImpedance", filter = "measure_impedance", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
  } },
  [12] = { name = "GetImpedance", filter = "get_impedance", fields = {} },
  [13] = { name = "GetLog", filter = "get_log", fields = {
    { key = 1, name = "after", kind = { is = "uint" } },
  } },
  [14] = { name = "Watch", filter = "watch", fields = {
    { key = 1, name = "period_ms", kind = { is = "uint" } },
  } },
  [15] = { name = "ClearFault", filter = "clear_fault", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
  } },
  [16] = { name = "EnterMri", filter = "enter_mri", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
  } },
  [17] = { name = "LeaveMri", filter = "leave_mri", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
  } },
  [18] = { name = "EnterStorage", filter = "enter_storage", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
  } },
  [19] = { name = "LeaveStorage", filter = "leave_storage", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
  } },
  [28] = { name = "GetImpedanceMatrix", filter = "get_impedance_matrix", fields = {
    { key = 1, name = "first", kind = { is = "uint" } },
  } },
  [32] = { name = "GetBattery", filter = "get_battery", fields = {} },
  [36] = { name = "GetLogLinks", filter = "get_log_links", fields = {
    { key = 1, name = "after", kind = { is = "uint" } },
  } },
  [37] = { name = "GetUsage", filter = "get_usage", fields = {} },
  [38] = { name = "GetResets", filter = "get_resets", fields = {} },
  [39] = { name = "GetLogParts", filter = "get_log_parts", fields = {
    { key = 1, name = "after", kind = { is = "uint" } },
    { key = 2, name = "parts", kind = { is = "uint" } },
  } },
  [40] = { name = "GetSensing", filter = "get_sensing", fields = {} },
  [44] = { name = "SetClock", filter = "set_clock", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
    { key = 2, name = "second_of_day", kind = { is = "uint" } },
  } },
  [45] = { name = "GetClock", filter = "get_clock", fields = {} },
  [46] = { name = "GetDelivery", filter = "get_delivery", fields = {} },
  [48] = { name = "GetPostureUsage", filter = "get_posture_usage", fields = {
    { key = 1, name = "slot", kind = { is = "uint" } },
  } },
  [49] = { name = "GetSlots", filter = "get_slots", fields = {} },
  [50] = { name = "ClearSlot", filter = "clear_slot", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
    { key = 2, name = "slot", kind = { is = "uint" } },
    { key = 3, name = "base_generation", kind = { is = "uint" } },
  } },
  [51] = { name = "SetDefaultSlot", filter = "set_default_slot", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
    { key = 2, name = "slot", kind = { is = "uint" } },
    { key = 3, name = "base_generation", kind = { is = "uint" } },
  } },
  [52] = { name = "Discover", filter = "discover", fields = {
    { key = 1, name = "nonce", kind = { is = "uint" } },
  } },
  [53] = { name = "Pair", filter = "pair", fields = {
    { key = 1, name = "role", kind = { is = "choice", words = { [1] = "clinician", [2] = "patient", [3] = "service" } } },
  } },
  [54] = { name = "Unpair", filter = "unpair", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
    { key = 2, name = "pair", kind = { is = "uint" } },
  } },
  [55] = { name = "GetAccess", filter = "get_access", fields = {} },
  [56] = { name = "MarkImplanted", filter = "mark_implanted", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
  } },
  [64] = { name = "Opened", filter = "opened", fields = {
    { key = 1, name = "nonce", kind = { is = "uint" } },
    { key = 2, name = "session", kind = { is = "uint" } },
    { key = 3, name = "role", kind = { is = "choice", words = { [0] = "reader", [1] = "writer" } } },
    { key = 4, name = "lease_ms", kind = { is = "uint" } },
  } },
  [65] = { name = "Done", filter = "done", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
  } },
  [66] = { name = "Identity", filter = "identity", fields = {
    { key = 1, name = "serial", kind = { is = "text" } },
    { key = 2, name = "model", kind = { is = "text" } },
    { key = 3, name = "firmware", kind = { is = "text" } },
    { key = 4, name = "profile", kind = { is = "text" } },
    { key = 5, name = "policy", kind = { is = "text" } },
    { key = 6, name = "contacts", kind = { is = "uint" } },
    { key = 7, name = "groups", kind = { is = "uint" } },
    { key = 8, name = "occupied", kind = { each = { is = "uint" } } },
  } },
  [67] = { name = "Status", filter = "status", fields = {
    { key = 1, name = "at_us", kind = { is = "uint" } },
    { key = 2, name = "mode", kind = { is = "choice", words = { [0] = "unprogrammed", [1] = "idle", [2] = "therapy", [3] = "measuring", [4] = "safe", [5] = "mri", [6] = "storage", [7] = "depleted" } } },
    { key = 3, name = "therapy", kind = { is = "choice", words = { [0] = "off", [1] = "ramping-up", [2] = "on", [3] = "ramping-down", [4] = "paused" } } },
    { key = 4, name = "slot", kind = { is = "uint" } },
    { key = 5, name = "generation", kind = { is = "uint" } },
    { key = 6, name = "targets_ua", kind = { each = { is = "uint" } } },
    { key = 7, name = "delivered_ua", kind = { each = { is = "uint" } } },
    { key = 8, name = "trial", kind = { is = "flag" } },
    { key = 9, name = "fault", kind = { is = "choice", words = { [0] = "none", [1] = "over-current", [2] = "over-width", [3] = "over-rate", [4] = "unbalanced", [5] = "over-charge", [6] = "memory", [7] = "internal", [8] = "resets" } } },
    { key = 10, name = "battery_permille", kind = { is = "uint" } },
    { key = 11, name = "battery_mv", kind = { is = "uint" } },
    { key = 12, name = "last_op_id", kind = { is = "uint" } },
    { key = 13, name = "pulses", kind = { is = "uint" } },
    { key = 14, name = "log_newest", kind = { is = "uint" } },
    { key = 15, name = "role", kind = { is = "choice", words = { [0] = "reader", [1] = "writer" } } },
  } },
  [68] = { name = "Chunk", filter = "chunk", fields = {
    { key = 1, name = "object", kind = { is = "choice", words = { [0] = "group", [1] = "implant", [2] = "profile", [3] = "staged" } } },
    { key = 2, name = "index", kind = { is = "uint" } },
    { key = 3, name = "offset", kind = { is = "uint" } },
    { key = 4, name = "total", kind = { is = "uint" } },
    { key = 5, name = "generation", kind = { is = "uint" } },
    { key = 6, name = "digest", kind = { is = "bytes" } },
    { key = 7, name = "data", kind = { is = "bytes" } },
  } },
  [69] = { name = "Staged", filter = "staged", fields = {
    { key = 1, name = "received", kind = { is = "uint" } },
    { key = 2, name = "complete", kind = { is = "flag" } },
    { key = 3, name = "digest", kind = { is = "bytes" } },
    { key = 4, name = "must_acknowledge", kind = { each = { is = "text" } } },
    { key = 5, name = "generation", kind = { is = "uint" } },
  } },
  [70] = { name = "Committed", filter = "committed", fields = {
    { key = 1, name = "op_id", kind = { is = "uint" } },
    { key = 2, name = "slot", kind = { is = "uint" } },
    { key = 3, name = "generation", kind = { is = "uint" } },
    { key = 4, name = "digest", kind = { is = "bytes" } },
  } },
  [71] = { name = "ImpedanceResult", filter = "impedance_result", fields = {
    { key = 1, name = "state", kind = { is = "choice", words = { [0] = "never", [1] = "measuring", [2] = "ready" } } },
    { key = 2, name = "at_us", kind = { is = "uint" } },
    { key = 3, name = "contacts", kind = { each = { parts = { { is = "uint" }, { is = "uint" }, { is = "choice", words = { [0] = "ok", [1] = "open", [2] = "short", [3] = "high", [4] = "intermittent" } } } } } },
  } },
  [72] = { name = "LogPage", filter = "log_page", fields = {
    { key = 1, name = "oldest", kind = { is = "uint" } },
    { key = 2, name = "newest", kind = { is = "uint" } },
    { key = 3, name = "entries", kind = { each = { parts = { { is = "uint" }, { is = "uint" }, { is = "choice", words = { [1] = "power-on", [2] = "session-opened", [3] = "session-closed", [4] = "group-committed", [5] = "rules-acknowledged", [6] = "therapy-started", [7] = "therapy-stopped", [8] = "emergency-stop", [9] = "amplitude-changed", [10] = "lease-expired", [11] = "impedance-measured", [12] = "lead-fault", [13] = "request-refused", [14] = "interlock-tripped", [15] = "fault-cleared", [16] = "memory-repaired", [17] = "mode-changed", [20] = "battery", [24] = "schedule", [25] = "clock", [26] = "slots", [28] = "access" } }, { is = "text" } } } } },
  } },
  [73] = { name = "RefusedReply", filter = "refused_reply", fields = {
    { key = 1, name = "code", kind = { is = "uint" } },
    { key = 2, name = "reason", kind = { is = "choice", words = { [1] = "malformed", [2] = "unsupported", [3] = "no-session", [4] = "not-writer", [5] = "wrong-mode", [6] = "out-of-range", [7] = "blocked", [8] = "must-acknowledge", [9] = "stale-generation", [10] = "digest-mismatch", [11] = "nothing-staged", [12] = "empty-slot", [13] = "busy", [14] = "store-failed", [15] = "fault-latched", [16] = "in-mri", [17] = "in-storage", [18] = "depleted", [19] = "clock-unset", [20] = "sealed-only", [21] = "not-for-role", [22] = "not-near" } } },
    { key = 3, name = "rules", kind = { each = { is = "text" } } },
    { key = 4, name = "text", kind = { is = "text" } },
  } },
  [74] = { name = "LogNotice", filter = "log_notice", fields = {
    { key = 1, name = "sequence", kind = { is = "uint" } },
    { key = 2, name = "at_us", kind = { is = "uint" } },
    { key = 3, name = "kind", kind = { is = "choice", words = { [1] = "power-on", [2] = "session-opened", [3] = "session-closed", [4] = "group-committed", [5] = "rules-acknowledged", [6] = "therapy-started", [7] = "therapy-stopped", [8] = "emergency-stop", [9] = "amplitude-changed", [10] = "lease-expired", [11] = "impedance-measured", [12] = "lead-fault", [13] = "request-refused", [14] = "interlock-tripped", [15] = "fault-cleared", [16] = "memory-repaired", [17] = "mode-changed", [20] = "battery", [24] = "schedule", [25] = "clock", [26] = "slots", [28] = "access" } } },
    { key = 4, name = "detail", kind = { is = "text" } },
  } },
  [75] = { name = "Stopped", filter = "stopped", fields = {
    { key = 1, name = "at_us", kind = { is = "uint" } },
  } },
  [92] = { name = "ImpedanceMatrix", filter = "impedance_matrix", fields = {
    { key = 1, name = "state", kind = { is = "choice", words = { [0] = "never", [1] = "measuring", [2] = "ready" } } },
    { key = 2, name = "at_us", kind = { is = "uint" } },
    { key = 3, name = "first", kind = { is = "uint" } },
    { key = 4, name = "total", kind = { is = "uint" } },
    { key = 5, name = "pairs", kind = { each = { parts = { { is = "uint" }, { is = "uint" }, { is = "uint" }, { is = "choice", words = { [0] = "ok", [1] = "open", [2] = "short", [3] = "high", [4] = "intermittent" } } } } } },
  } },
  [96] = { name = "BatteryReport", filter = "battery_report", fields = {
    { key = 1, name = "at_us", kind = { is = "uint" } },
    { key = 2, name = "permille", kind = { is = "uint" } },
    { key = 3, name = "millivolts", kind = { is = "uint" } },
    { key = 4, name = "level", kind = { is = "choice", words = { [0] = "good", [1] = "low", [2] = "replace-soon", [3] = "ended" } } },
    { key = 5, name = "charger", kind = { is = "choice", words = { [0] = "absent", [1] = "misaligned", [2] = "precharge", [3] = "constant-current", [4] = "constant-voltage", [5] = "full", [6] = "too-warm", [7] = "worn-out" } } },
    { key = 6, name = "charge_ua", kind = { is = "uint" } },
    { key = 7, name = "rise_mk", kind = { is = "uint" } },
    { key = 8, name = "over_discharges", kind = { is = "uint" } },
    { key = 9, name = "draw_ua", kind = { is = "uint" } },
    { key = 10, name = "lasts_s", kind = { is = "uint" } },
    { key = 11, name = "drawn_uc", kind = { each = { is = "uint" } } },
  } },
  [100] = { name = "LogLinks", filter = "log_links", fields = {
    { key = 1, name = "links", kind = { each = { parts = { { is = "uint" }, { is = "bytes" } } } } },
  } },
  [101] = { name = "UsageReport", filter = "usage_report", fields = {
    { key = 1, name = "at_us", kind = { is = "uint" } },
    { key = 2, name = "slots", kind = { each = { parts = { { is = "uint" }, { is = "uint" }, { is = "uint" }, { each = { is = "uint" } } } } } },
  } },
  [102] = { name = "ResetReport", filter = "reset_report", fields = {
    { key = 1, name = "at_us", kind = { is = "uint" } },
    { key = 2, name = "cause", kind = { is = "choice", words = { [1] = "power-on", [2] = "brown-out", [3] = "watchdog-late", [4] = "watchdog-early", [5] = "magnet" } } },
    { key = 3, name = "count", kind = { is = "uint" } },
    { key = 4, name = "unplanned_us", kind = { each = { is = "uint" } } },
    { key = 5, name = "is_magnet_held", kind = { is = "flag" } },
  } },
  [103] = { name = "LogPart", filter = "log_part", fields = {
    { key = 1, name = "number", kind = { is = "uint" } },
    { key = 2, name = "of", kind = { is = "uint" } },
    { key = 3, name = "oldest", kind = { is = "uint" } },
    { key = 4, name = "newest", kind = { is = "uint" } },
    { key = 5, name = "entries", kind = { each = { parts = { { is = "uint" }, { is = "uint" }, { is = "choice", words = { [1] = "power-on", [2] = "session-opened", [3] = "session-closed", [4] = "group-committed", [5] = "rules-acknowledged", [6] = "therapy-started", [7] = "therapy-stopped", [8] = "emergency-stop", [9] = "amplitude-changed", [10] = "lease-expired", [11] = "impedance-measured", [12] = "lead-fault", [13] = "request-refused", [14] = "interlock-tripped", [15] = "fault-cleared", [16] = "memory-repaired", [17] = "mode-changed", [20] = "battery", [24] = "schedule", [25] = "clock", [26] = "slots", [28] = "access" } }, { is = "text" } } } } },
  } },
  [104] = { name = "Sensing", filter = "sensing", fields = {
    { key = 1, name = "at_us", kind = { is = "uint" } },
    { key = 2, name = "posture", kind = { is = "choice", words = { [0] = "upright", [1] = "mobile", [2] = "reclining", [3] = "lying-back", [4] = "lying-front", [5] = "lying-left", [6] = "lying-right" } } },
    { key = 3, name = "activity_mg", kind = { is = "uint" } },
    { key = 4, name = "loops", kind = { each = { parts = { { is = "uint" }, { is = "choice", words = { [0] = "open", [1] = "closed", [2] = "held", [3] = "fallen-back", [4] = "hunting" } }, { is = "choice", words = { [0] = "none", [1] = "good", [2] = "no-signal", [3] = "blanked", [4] = "saturated" } }, { is = "uint" }, { is = "uint" }, { is = "uint" }, { is = "uint" }, { is = "uint" } } } } },
  } },
  [108] = { name = "ClockReport", filter = "clock_report", fields = {
    { key = 1, name = "at_us", kind = { is = "uint" } },
    { key = 2, name = "is_set", kind = { is = "flag" } },
    { key = 3, name = "time_of_day_us", kind = { is = "uint" } },
    { key = 4, name = "set_us", kind = { is = "uint" } },
  } },
  [109] = { name = "Delivery", filter = "delivery", fields = {
    { key = 1, name = "at_us", kind = { is = "uint" } },
    { key = 2, name = "slot", kind = { is = "uint" } },
    { key = 3, name = "held_by", kind = { is = "choice", words = { [0] = "nothing", [1] = "window", [2] = "dose", [3] = "clock" } } },
    { key = 4, name = "next_us", kind = { is = "uint" } },
    { key = 5, name = "dose_us", kind = { is = "uint" } },
    { key = 6, name = "used_us", kind = { is = "uint" } },
    { key = 7, name = "rates", kind = { each = { parts = { { is = "uint" }, { is = "uint" }, { is = "uint" } } } } },
  } },
  [112] = { name = "PostureUsage", filter = "posture_usage", fields = {
    { key = 1, name = "at_us", kind = { is = "uint" } },
    { key = 2, name = "slot", kind = { is = "uint" } },
    { key = 3, name = "rows", kind = { each = { parts = { { is = "uint" }, { is = "choice", words = { [0] = "upright", [1] = "mobile", [2] = "reclining", [3] = "lying-back", [4] = "lying-front", [5] = "lying-left", [6] = "lying-right" } }, { is = "uint" } } } } },
  } },
  [113] = { name = "Slots", filter = "slots", fields = {
    { key = 1, name = "generation", kind = { is = "uint" } },
    { key = 2, name = "occupied", kind = { each = { is = "uint" } } },
    { key = 3, name = "default", kind = { is = "uint" } },
  } },
  [116] = { name = "Discovered", filter = "discovered", fields = {
    { key = 1, name = "nonce", kind = { is = "uint" } },
    { key = 2, name = "serial", kind = { is = "text" } },
    { key = 3, name = "model", kind = { is = "text" } },
    { key = 4, name = "is_sealed", kind = { is = "flag" } },
    { key = 5, name = "is_paired", kind = { is = "flag" } },
    { key = 6, name = "is_pairing", kind = { is = "flag" } },
    { key = 7, name = "is_implanted", kind = { is = "flag" } },
  } },
  [117] = { name = "Paired", filter = "paired", fields = {
    { key = 1, name = "pair", kind = { is = "uint" } },
    { key = 2, name = "role", kind = { is = "choice", words = { [1] = "clinician", [2] = "patient", [3] = "service" } } },
    { key = 3, name = "key", kind = { is = "bytes" } },
  } },
  [118] = { name = "AccessReport", filter = "access_report", fields = {
    { key = 1, name = "own_pair", kind = { is = "uint" } },
    { key = 2, name = "pairs", kind = { each = { parts = { { is = "uint" }, { is = "choice", words = { [1] = "clinician", [2] = "patient", [3] = "service" } } } } } },
    { key = 3, name = "is_implanted", kind = { is = "flag" } },
    { key = 4, name = "channels", kind = { is = "uint" } },
    { key = 5, name = "handshakes", kind = { is = "uint" } },
    { key = 6, name = "forged", kind = { is = "uint" } },
    { key = 7, name = "throttled", kind = { is = "uint" } },
    { key = 8, name = "in_the_clear", kind = { is = "uint" } },
    { key = 9, name = "refused", kind = { is = "uint" } },
    { key = 10, name = "awake_left_ms", kind = { is = "uint" } },
  } },
}

local LINK_TYPE = wtap.USER0

-- Numbers of 32 bits. Which library of bits there is depends on the version of Lua.
local bits = bit32 or bit
local xor, shift
if bits then
  xor = function(a, b) return bits.bxor(a, b) % 4294967296 end
  shift = function(a, n) return bits.rshift(a, n) % 4294967296 end
else
  xor = load("return function(a, b) return a ~ b end")()
  shift = load("return function(a, n) return a >> n end")()
end

local CRC = {}
for byte = 0, 255 do
  local value = byte
  for _ = 1, 8 do
    if value % 2 == 1 then value = xor(shift(value, 1), 0x82F63B78) else value = shift(value, 1) end
  end
  CRC[byte] = value
end

local function crc32c(data)
  local value = 0xFFFFFFFF
  for index = 1, #data do
    value = xor(shift(value, 8), CRC[xor(value, data:byte(index)) % 256])
  end
  return xor(value, 0xFFFFFFFF)
end

-- What stands between two delimiters, decoded; or nil and the reason of docs/protocol.md 3.3.
local function uncobs(encoded)
  local parts, position = {}, 1
  while position <= #encoded do
    local code = encoded:byte(position)
    local run = encoded:sub(position + 1, position + code - 1)
    if #run ~= code - 1 then return nil, "bad-cobs" end
    parts[#parts + 1] = run
    position = position + code
    -- A run of 254 bytes that nothing follows has a shorter encoding where a zero is implied, and one only.
    if position <= #encoded and code < 255 then parts[#parts + 1] = "\0" end
  end
  return table.concat(parts)
end

local function cobs(plain)
  local parts, run = {}, ""
  local position = 1
  while true do
    local zero = plain:find("\0", position, true)
    run = plain:sub(position, (zero or #plain + 1) - 1)
    while #run >= 254 do
      if #run == 254 and not zero then
        parts[#parts + 1] = "\255" .. run
        return table.concat(parts)
      end
      parts[#parts + 1] = "\255" .. run:sub(1, 254)
      run = run:sub(255)
    end
    parts[#parts + 1] = string.char(#run + 1) .. run
    if not zero then return table.concat(parts) end
    position = zero + 1
  end
end

local function number_at(data, position, count)
  local value = 0
  for index = position + count - 1, position, -1 do value = value * 256 + data:byte(index) end
  return value
end

local scs = Proto("scs", "Spinal cord stimulator in software, its link")

local fields = {
  reject = ProtoField.string("scs.reject", "No frame, because"),
  version = ProtoField.uint8("scs.version", "Version", base.DEC),
  type = ProtoField.uint8("scs.type", "Type", base.DEC, TYPES),
  flags = ProtoField.uint8("scs.flags", "Flags", base.HEX),
  session = ProtoField.uint16("scs.session", "Session", base.DEC),
  counter = ProtoField.uint32("scs.counter", "Counter", base.DEC),
  crc = ProtoField.uint32("scs.crc", "CRC-32C", base.HEX),
  code = ProtoField.uint8("scs.code", "Code", base.DEC),
  message = ProtoField.string("scs.message", "Message"),
  sealed = ProtoField.bytes("scs.sealed", "Sealed"),
  unreadable = ProtoField.string("scs.unreadable", "Body that cannot be read"),
}
local noise = ProtoExpert.new("scs.noise", "No frame", expert.group.MALFORMED, expert.severity.WARN)
local unreadable = ProtoExpert.new("scs.malformed", "Unreadable body", expert.group.MALFORMED, expert.severity.ERROR)
scs.experts = { noise, unreadable }

local MAKERS = {
  uint = function(name, label) return ProtoField.uint64(name, label, base.DEC) end,
  choice = function(name, label, words) return ProtoField.uint32(name, label, base.DEC, words) end,
  text = function(name, label) return ProtoField.string(name, label) end,
  bytes = function(name, label) return ProtoField.bytes(name, label) end,
  flag = function(name, label) return ProtoField.bool(name, label) end,
  list = function(name, label) return ProtoField.none(name, label) end,
}

-- Gives every field of every message its ProtoField: the elements of a list share one, those of a record have their own.
local declared = {}
for _, field in pairs(fields) do declared[#declared + 1] = field end
local function declare(kind, name, label)
  if kind.each then
    kind.field = MAKERS.list(name .. ".list", label)
    declare(kind.each, name, label)
  else
    kind.field = MAKERS[kind.parts and "list" or kind.is](name, label, kind.words)
    for index, part in ipairs(kind.parts or {}) do
      declare(part, name .. "." .. (index - 1), label .. " [" .. (index - 1) .. "]")
    end
  end
  declared[#declared + 1] = kind.field
end
for _, message in pairs(MESSAGES) do
  for _, field in ipairs(message.fields) do
    declare(field.kind, "scs." .. message.filter .. "." .. field.name, field.name)
  end
end
scs.fields = declared

-- The head of the CBOR item at `at`: major type, argument as a plain number, and how long the head is.
local LENGTHS = { [24] = 1, [25] = 2, [26] = 4, [27] = 8 }
local function head(body, at)
  if at >= body:len() then error("it ends too early") end
  local first = body(at, 1):uint()
  local major, short = math.floor(first / 32), first % 32
  if short < 24 then return major, UInt64(short), 1 end
  local length = LENGTHS[short]
  if not length or at + 1 + length > body:len() then error("no plain CBOR at byte " .. at) end
  local argument = body(at + 1, length)
  return major, length == 8 and argument:uint64() or UInt64(argument:uint()), 1 + length
end

-- Adds the item at `at` to the tree as its kind says; gives where the next one begins.
local show
local function show_list(tree, kind, body, at, count, start)
  local branch = tree:add(kind.field, body(at))
  if kind.parts and count ~= #kind.parts then error("a list of " .. count .. ", not " .. #kind.parts) end
  for index = 1, count do
    start = show(branch, kind.each or kind.parts[index], body, start)
  end
  branch:set_len(start - at)
  branch:append_text(" (" .. count .. ")")
  return start
end

show = function(tree, kind, body, at)
  local major, argument, length = head(body, at)
  local start = at + length
  if kind.each or kind.parts then
    if major ~= 4 then error("no list at byte " .. at) end
    return show_list(tree, kind, body, at, argument:tonumber(), start)
  end
  if kind.is == "flag" then
    local value = argument:tonumber()
    if major ~= 7 or (value ~= 20 and value ~= 21) then error("neither true nor false at byte " .. at) end
    tree:add(kind.field, body(at, length), value == 21)
    return start
  end
  if kind.is == "uint" or kind.is == "choice" then
    if major ~= 0 then error("no whole number at byte " .. at) end
    tree:add(kind.field, body(at, length), kind.is == "uint" and argument or argument:tonumber())
    return start
  end
  local size = argument:tonumber()
  if major ~= (kind.is == "text" and 3 or 2) or start + size > body:len() then error("no " .. kind.is .. " at byte " .. at) end
  if size == 0 then
    tree:add(kind.field, body(at, length), kind.is == "text" and "" or ByteArray.new())
  elseif kind.is == "text" then
    tree:add_packet_field(kind.field, body(start, size), ENC_UTF_8 + ENC_STRING)
  else
    tree:add(kind.field, body(start, size))
  end
  return start + size
end

local function show_message(tree, body, info)
  local major, count, length = head(body, 0)
  if major ~= 5 or body:len() < length + 2 or body(length, 1):uint() ~= 0 then error("no message") end
  local _, code, code_length = head(body, length + 1)
  local message = MESSAGES[code:tonumber()]
  tree:add(fields.code, body(length + 1, code_length), code:tonumber())
  if not message then error("code " .. code:tonumber() .. " is no message of this version") end
  tree:add(fields.message, body(0, length), message.name)
  info[#info + 1] = message.name
  if count:tonumber() ~= #message.fields + 1 then error(message.name .. " has other keys than it should") end
  local at = length + 1 + code_length
  for _, field in ipairs(message.fields) do
    local _, key, key_length = head(body, at)
    if key:tonumber() ~= field.key then error(message.name .. " has other keys than it should") end
    at = show(tree, field.kind, body, at + key_length)
  end
  if at ~= body:len() then error("bytes behind the message") end
end

-- The content of a packet without its delimiters, as a frame; or nil and the reason of docs/protocol.md 3.3.
local function frame_in(data)
  local start, stop = 1, #data
  while start <= stop and data:byte(start) == 0 do start = start + 1 end
  if stop < start or data:byte(stop) ~= 0 then return nil, "unfinished" end
  local encoded = data:sub(start, stop - 1)
  if #encoded > ENCODED_MAX then return nil, "too-long" end
  local plain, reason = uncobs(encoded)
  if not plain then return nil, reason end
  if #plain < FRAME_MIN then return nil, "too-short" end
  if #plain > FRAME_MAX then return nil, "too-long" end
  if cobs(plain) ~= encoded then return nil, "non-canonical" end
  if crc32c(plain:sub(1, -5)) ~= number_at(plain, #plain - 3, 4) then return nil, "bad-crc" end
  local first = plain:byte(1)
  if math.floor(first / 16) ~= VERSION then return nil, "version" end
  if not TYPES[first % 16] then return nil, "type" end
  if plain:byte(2) ~= 0 then return nil, "flags" end
  return plain
end

local way = Field.new("frame.packet_flags_direction")

function scs.dissector(tvb, pinfo, tree)
  pinfo.cols.protocol = "SCS"
  local branch = tree:add(scs, tvb())
  local plain, reason = frame_in(tvb:raw())
  local flags = way()
  if plain and flags and DIRECTIONS[plain:byte(1) % 16] ~= flags.value then plain, reason = nil, "direction" end
  if not plain then
    branch:add(fields.reject, tvb(), reason)
    branch:add_proto_expert_info(noise, "no frame: " .. reason)
    pinfo.cols.info = tvb:len() .. " bytes of no frame: " .. reason
    return tvb:len()
  end
  local frame = ByteArray.new(plain, true):tvb("Frame")
  local first = plain:byte(1)
  branch:add(fields.version, frame(0, 1), math.floor(first / 16))
  branch:add(fields.type, frame(0, 1), first % 16)
  branch:add(fields.flags, frame(1, 1))
  branch:add_le(fields.session, frame(2, 2))
  branch:add_le(fields.counter, frame(4, 4))
  local info = { TYPES[first % 16], "session " .. number_at(plain, 3, 2), "#" .. number_at(plain, 5, 4) }
  local length = #plain - FRAME_MIN
  if length > 0 and not READABLE[first % 16] then
    branch:add(fields.sealed, frame(8, length))
    info[#info + 1] = length .. " bytes"
  elseif length > 0 then
    local ok, problem = pcall(show_message, branch, frame(8, length):tvb(), info)
    if not ok then
      problem = tostring(problem):gsub("^.-:%d+: ", "")
      branch:add(fields.unreadable, frame(8, length), problem)
      branch:add_proto_expert_info(unreadable, problem)
      info[#info + 1] = "unreadable: " .. problem
    end
  end
  branch:add_le(fields.crc, frame(#plain - 4, 4)):append_text(" (right)")
  pinfo.cols.info = table.concat(info, " ")
  return tvb:len()
end

DissectorTable.get("wtap_encap"):add(LINK_TYPE, scs)
