"""How the implant says no: `Refused` with the reason's word, and the way back from the word to the number."""

from __future__ import annotations

from scs.errors import Refused
from scs.wire.responses import RefusedReply
from scs.wire.terms import Reason

_REASONS = {reason.word: reason for reason in Reason}
_TEXT_MAX = 240
_RULES_MAX = 16
"""As many characters and rules as `RefusedReply` carries."""


def refusal(reason: Reason, text: str, rules: tuple[str, ...] = ()) -> Refused:
    """The implant's considered no."""
    return Refused(text, reason=reason.word, rules=rules)


def reply(code: int, refused: Refused) -> RefusedReply:
    """The answer that carries a refusal of the request with this code."""
    text = str(refused)
    shown = text if len(text) <= _TEXT_MAX else text[: _TEXT_MAX - 1] + "…"
    return RefusedReply(code, _REASONS[refused.reason], refused.rules[:_RULES_MAX], shown)
