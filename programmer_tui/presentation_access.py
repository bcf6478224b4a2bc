"""Who may talk to an implant, in words: pairs, what the door has counted, and what went wrong in a pairing.

No screen is imported here.
"""

from __future__ import annotations

from collections.abc import Sequence

from scs.errors import NotPaired, Refused, ScsError
from scs.wire.access import PAIRINGS_MAX, AccessReport
from scs.wire.terms import PairRole, Reason

IN_THE_CLEAR = "INSECURE: bench only, in the clear. Whoever reaches the link can program it."
"""Fits on a line of 80."""
FOR_WHOM = {
    PairRole.CLINICIAN: "programs, measures, pairs and unpairs",
    PairRole.PATIENT: "starts, stops, and moves the amplitude within the range",
    PairRole.SERVICE: "reads, measures and clears faults, and delivers nothing",
}


def pair_word(is_sealed: bool, role: PairRole | None, is_in_the_clear: bool) -> str:
    """How this programmer and one implant may talk, for the list of implants."""
    if is_in_the_clear:
        return "sealed, and this programmer talks in the clear" if is_sealed else "in the clear"
    if role is not None:
        return "paired" if role is PairRole.CLINICIAN else f"paired for a {role.word}"
    return "not paired" if is_sealed else "not paired, in the clear"


def pair_line(pair: int, role: PairRole, own: int) -> str:
    """One pair in the list of all."""
    mine = "  (this programmer)" if pair == own else ""
    return f"pair {pair:<6}{role.word:<11}{FOR_WHOM[role]}{mine}"


def access_lines(report: AccessReport, is_in_the_clear: bool) -> list[str]:
    """What holds for all pairs, and what the implant's door has counted since power-on."""
    free = PAIRINGS_MAX - len(report.pairs)
    marked = (
        "Marked as implanted: it talks in sealed channels only, whatever is asked of it."
        if report.is_implanted
        else "Not marked as implanted."
    )
    return [
        f"{len(report.pairs)} of {PAIRINGS_MAX} places are taken, {free} free. Another programmer pairs with a magnet.",
        marked + (" This programmer talks in the clear." if is_in_the_clear else ""),
        "",
        "Counted at the implant's door since power-on:",
        f"{report.channels:>7}  channels are open now",
        f"{report.handshakes:>7}  handshakes were answered",
        f"{report.forged:>7}  first messages were made with a wrong key",
        f"{report.throttled:>7}  messages were not looked at, because too many came",
        f"{report.in_the_clear:>7}  messages in the clear were not acted on",
        f"{report.refused:>7}  sealed messages were repeated, late, forged or of no channel",
        f"{report.awake_left_ms // 1_000:>7}  seconds are left today that strangers may keep the receiver awake",
    ]


def pairing_trouble(error: ScsError, pairs: Sequence[str] = ()) -> str:
    """Why a pairing was not made, and what to do; `pairs` are those that the bench says the implant has."""
    if isinstance(error, Refused) and error.reason == Reason.BUSY.word:
        known = f" It is paired with: {', '.join(pairs)}." if pairs else ""
        return (
            f"The implant has room for {PAIRINGS_MAX} programmers and every place is taken.{known} Take away one "
            "that is not used any more: on a programmer that is paired (F8, Access), or with scs device unpair. Then "
            "hold the magnet again."
        )
    if isinstance(error, NotPaired) and error.serial:
        return (
            f"Implant {error.serial} is there and does not take these words: they are of another time, or its minute "
            "is over. Hold the magnet over it for two seconds and type the new words."
        )
    return f"Not paired: {error}"


def taken_back(serial: str, pair: int, error: ScsError | None) -> str:
    """What became of a pair whose words differed."""
    if error is None:
        return f"The words differ, so the key was thrown away, and implant {serial} has forgotten pair {pair} too."
    return (
        f"The words differ, so the key was thrown away. Implant {serial} could not be told to forget pair {pair}: "
        f"{error}. Look at the pairs on a programmer that is paired (F8, Access), and take away what nobody made."
    )
