"""What the rules answer: findings with a tier, what could not be evaluated, and the outcome of it all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

Shown = int | float | str
"""A value for people and reports only: decisions were taken before it was divided or rounded."""


class Tier(IntEnum):
    """How much a finding weighs."""

    NOTICE = 1
    CONFIRM = 2
    """A person must acknowledge the rule by name."""
    BLOCK = 3


class Outcome(StrEnum):
    """The heaviest tier of a verdict, or that nothing was found."""

    PASS = "pass"
    NOTICE = "notice"
    CONFIRM = "confirm"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that has something to say about one program.

    `value` and `limit` are for showing, in `unit`; the decision was taken in whole numbers. The largest amplitude
    that this rule would let pass is None where the amplitude is not the matter.
    """

    rule: str
    tier: Tier
    program: str | None
    contact: str | None
    value: Shown
    limit: Shown
    unit: str
    largest_passing_amplitude_ua: int | None
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """A rule that could not be answered: never a pass."""

    rule: str
    program: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that the rules say about a group."""

    findings: tuple[Finding, ...]
    not_evaluated: tuple[NotEvaluated, ...]

    @property
    def outcome(self) -> Outcome:
        if not self.findings:
            return Outcome.PASS
        return Outcome[max(finding.tier for finding in self.findings).name]

    @property
    def must_acknowledge(self) -> tuple[str, ...]:
        """The rules that a person has to name before this group may be delivered."""
        return self._rules(Tier.CONFIRM)

    @property
    def blocking_rules(self) -> tuple[str, ...]:
        return self._rules(Tier.BLOCK)

    @property
    def blocked_because(self) -> str:
        """The sentence of the first finding that blocks, with what to do; empty when none does."""
        blocking = [finding for finding in self.findings if finding.tier is Tier.BLOCK]
        return f"{blocking[0].message}; {blocking[0].remedy}" if blocking else ""

    def _rules(self, tier: Tier) -> tuple[str, ...]:
        return tuple(sorted({finding.rule for finding in self.findings if finding.tier is tier}))
