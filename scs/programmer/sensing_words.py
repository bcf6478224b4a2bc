"""The posture and what each program evokes as data and as sentences, for the command line and the screens."""

from __future__ import annotations

from typing import Any

from scs.domain.status import EcapQuality, LoopState, Posture
from scs.domain.units import CURRENT, format_quantity
from scs.wire.responses import Sensing

QUALITIES = {
    EcapQuality.NONE: "nothing read yet",
    EcapQuality.GOOD: "good",
    EcapQuality.NO_SIGNAL: "no signal above the noise",
    EcapQuality.BLANKED: "blanked: the pulse is too long to listen after it",
    EcapQuality.SATURATED: "the amplifier is at its rail",
}
STATES = {
    LoopState.OPEN: "open: the program sets the amplitude",
    LoopState.CLOSED: "closed",
    LoopState.HELD: "held: no potential is seen",
    LoopState.FALLEN_BACK: "fallen back to the saved amplitude: the potential was lost",
    LoopState.HUNTING: "given up at the saved amplitude: it swung; lower the gain and start again",
}


def _word(member: Posture | LoopState | EcapQuality) -> str:
    return member.name.lower().replace("_", "-")


def sensing_data(sensed: Sensing) -> dict[str, Any]:
    return {
        "at_us": sensed.at_us,
        "posture": _word(sensed.posture),
        "activity_mg": sensed.activity_mg,
        "loops": [
            {
                "program": program,
                "state": _word(state),
                "quality": _word(quality),
                "ecap_nv": ecap_nv,
                "target_nv": target_nv,
                "amplitude_ua": amplitude_ua,
                "ceiling_ua": ceiling_ua,
                "fallbacks": fallbacks,
            }
            for program, state, quality, ecap_nv, target_nv, amplitude_ua, ceiling_ua, fallbacks in sensed.loops
        ],
    }


def sensing_text(sensed: Sensing) -> str:
    lines = [f"posture {_word(sensed.posture)}, activity {sensed.activity_mg} mg"]
    for program, state, quality, ecap_nv, target_nv, amplitude_ua, ceiling_ua, fallbacks in sensed.loops:
        if not target_nv:
            lines.append(
                f"program {program}: no closed loop; potential {ecap_nv / 1000:g} uV ({QUALITIES[quality]}) at "
                f"{format_quantity(amplitude_ua, CURRENT)}"
            )
            continue
        lines.append(
            f"program {program}: loop {STATES[state]}\n"
            f"  potential {ecap_nv / 1000:g} uV ({QUALITIES[quality]}), target {target_nv / 1000:g} uV; next pulse "
            f"{format_quantity(amplitude_ua, CURRENT)}, never above {format_quantity(ceiling_ua, CURRENT)}; "
            f"fallen back {fallbacks} times"
        )
    if not sensed.loops:
        lines.append("no potential is heard: nothing runs, or this device has no channel that listens")
    return "\n".join(lines)
