"""The protocol's grammar, printed from the declarations: docs/protocol.cddl is this text and nothing else.

`python -m scs.wire.describe` prints it; a test compares it with the file.
"""

from __future__ import annotations

import sys

import scs.wire.messages  # noqa: F401  (what is declared there enters the tables of scs.wire.schema)
from scs.domain.program import GROUPS_MAX, PROGRAMS_MAX, Program
from scs.domain.schedule import WINDOWS_MAX
from scs.wire.framing import Direction
from scs.wire.prescription import KEYS
from scs.wire.schema import CODES, DIRECTIONS, FIELDS, MESSAGES
from scs.wire.terms import CHUNK_MAX, OBJECT_MAX

_HEAD = f"""\
; The bodies of frames, as CBOR in deterministic encoding (RFC 8949 section 4.2.1), described in CDDL (RFC 8610).
; Made from the declarations in scs/wire (requests, responses, prescription); docs/protocol.md says what they mean.
; A software model, never for clinical use.

message = to-implant / to-programmer
; an object is transferred in chunks of at most {CHUNK_MAX} bytes and is at most {OBJECT_MAX} long
"""

_PRESCRIPTION = """\
; What is staged and read back as object GROUP (docs/protocol.md section 6).
group = { 1: name, ? 2: "interleaved" / "multiplexed", 3: [1*PROGRAMS_MAX program],
          ? 4: [1*WINDOWS_MAX window], ? 5: microseconds }  ; windows of the day, and the most of 24 hours
window = { 1: minute, 2: minute }  ; from and to, in minutes after local midnight; never the same
minute = 0..1439
name = tstr .size (1..96)          ; 1 to 24 printable characters
contact = 0..32                    ; 0 is the case
share = -1000..1000                ; permille, never 0; cathodes sum to -1000, anodes to +1000
program = {
  KEYS
}
recharge = { 1: "passive" } / { 1: "active", 2: 1..16 }
waveform = { 1: "tonic", 2: rate } / { 1: "high-rate", 2: rate }
         / { 1: "burst", 2: rate, 3: 2..7, 4: rate }
rate = uint                        ; millihertz, at least 1
microseconds = uint
microamperes = uint
microvolts = uint                  ; at least 1
gain = uint                        ; nanoamperes for each microvolt, at least 1
; an implant holds up to GROUPS_MAX groups
"""

_PROGRAM_TYPES = {
    "name": "name",
    "contacts": "{ 2*33 contact => share }",
    "amplitude_ua": "microamperes",
    "pulse_width_us": "microseconds",
    "interphase_gap_us": "microseconds",
    "recharge": "recharge",
    "waveform": "waveform",
    "ramp_us": "microseconds",
    "cycling": "{ 1: microseconds, 2: microseconds }",
    "patient": "{ 1: microamperes, 2: microamperes }",
    "closed_loop": "{ 1: microvolts, 2: gain }",
}


def cddl() -> str:
    """The whole grammar as text."""
    parts = [_HEAD]
    for direction, name in ((Direction.TO_IMPLANT, "to-implant"), (Direction.TO_PROGRAMMER, "to-programmer")):
        classes = [cls for cls in MESSAGES.values() if DIRECTIONS[cls] is direction]
        parts.append(f"{name} =\n    " + "\n  / ".join(rule_name(cls) for cls in classes) + "\n")
        parts.extend(_rule(cls) for cls in classes)
    filled = {"KEYS": _program_rule(), "PROGRAMS_MAX": str(PROGRAMS_MAX), "GROUPS_MAX": str(GROUPS_MAX)}
    filled["WINDOWS_MAX"] = str(WINDOWS_MAX)
    prescription = _PRESCRIPTION
    for word, meaning in filled.items():
        prescription = prescription.replace(word, meaning)
    return "\n".join([*parts, prescription])


def rule_name(cls: type) -> str:
    """`SetAmplitude` is written set-amplitude."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in cls.__name__).lstrip("-")


def _rule(cls: type) -> str:
    summary = " ".join((cls.__doc__ or "").split())
    lines = [f"; {summary}", f"{rule_name(cls)} = {{", f"  0: {CODES[cls]},"]
    lines += [f"  {field.key}: {field.kind.cddl},  ; {field.name}" for field in FIELDS[cls]]
    return "\n".join([*lines, "}", ""])


def _program_rule() -> str:
    optional = {"cycling", "patient", "closed_loop"}
    return "\n  ".join(
        f"{'? ' if name in optional else ''}{key}: {_PROGRAM_TYPES[name]},  ; {name}"
        for name, key in KEYS[Program].items()
    )


if __name__ == "__main__":
    sys.stdout.write(cddl())
