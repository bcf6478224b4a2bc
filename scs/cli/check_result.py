"""What `scs check` found out about one file, before anybody decides how to print it."""

from __future__ import annotations

from dataclasses import dataclass

from scs.domain.lead import Implant
from scs.domain.verdict import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Checked:
    """A judged file, or one with `problems` that could not be read and so has no verdict."""

    path: str
    policy: str
    title: str = ""
    profile: str = ""
    implant: Implant | None = None
    verdict: Verdict | None = None
    problems: tuple[str, ...] = ()

    @property
    def needs_a_person(self) -> bool:
        """Whether something must be confirmed or is blocked."""
        return self.verdict is not None and self.verdict.outcome in (Outcome.CONFIRM, Outcome.BLOCK)

    @property
    def outcome(self) -> str:
        """pass, notice, confirm, block, or unreadable."""
        return "unreadable" if self.verdict is None else self.verdict.outcome.value
