"""What a patient says of what he feels, asked or not, in the words of a lay person.

One seed is one person: how well he places things, how far his numbers wander, how long he has patience. The words stand
in data/speech/, one file for each language. Same seed and same questions, same answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from scs.body.language import Language, find_language
from scs.body.sensation import Felt

FAINT, LIGHT, STRONG = 3.0, 5.5, 8.0
"""Up to the first it is faint, up to the next light and clear, above the last strong: 2, 5 and 8 are perception,
comfort and discomfort (scs/body/sensation.py) [A]."""
NAMED_MOST = 3
"""Nobody lists more places than that in one answer [A]."""
LEADING = 0.5
"""A place that is covered half as much as the first is named with it [A]."""
SCORE_SD = 0.6
"""How far a number wanders from one answer to the next, in points [A]."""
NOTICED = 1.0
"""A change of strength by so much is remarked on unasked [A]."""
PATIENCE_LEAST, PATIENCE_MOST = 6, 14
"""Questions that are answered willingly in one sitting [A]; half as many more are answered shortly, then none."""
QUESTIONS_PER_MINUTE_BACK = 1
"""Patience that a minute of rest gives back [A]."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said. `score` is the number that was named, on the scale of 0 to 10; None when none was."""

    words: str
    score: float | None = None


@dataclass
class Speaker:
    """One patient who talks. `left` is how many questions he will still answer willingly."""

    seed: int
    language: str = "en"
    left: int = field(init=False)
    words: Language = field(init=False, repr=False)
    _last: Felt | None = field(default=None, init=False)
    _chance: Random = field(default_factory=Random, init=False, repr=False)

    def __post_init__(self) -> None:
        self.words = find_language(self.language)
        self._chance = Random(f"speech {self.seed}")
        self._patience = self._chance.randint(PATIENCE_LEAST, PATIENCE_MOST)
        self.left = self._patience

    def rest(self, minutes: float) -> None:
        """Let be for a while: patience comes back, and no more than there was."""
        self.left = min(self._patience, self.left + int(minutes * QUESTIONS_PER_MINUTE_BACK))

    def notice(self, felt: Felt) -> Answer | None:
        """What is said unasked about what is felt now; None when nothing is worth a word. Costs no patience."""
        before, self._last = self._last, felt
        words = self.words.unasked
        was = before.strength if before else 0.0
        if felt.is_painful:
            return self._remark_on_pain(felt)
        if felt.is_motor:
            return Answer(self._one_of(words.jumps))
        if felt.strength == 0:
            return Answer(self._one_of(words.gone)) if was > 0 else None
        if was == 0:
            return Answer(self._one_of(words.begins))
        if before and _leading(before) and _leading(felt) and not set(_leading(before)) & set(_leading(felt)):
            return Answer(self._one_of(words.moved).format(where=self._where(_leading(felt))))
        if abs(felt.strength - was) >= NOTICED:
            return Answer(self._one_of(words.stronger if felt.strength > was else words.weaker))
        return None

    def where(self, felt: Felt) -> Answer:
        """Asked: where do you feel it?"""
        refusal = self._refusal()
        if refusal is not None:
            return refusal
        words = self.words.where
        if felt.strength == 0:
            return Answer(self._one_of(words.nothing))
        named = _leading(felt)
        said = self._one_of(self._by_strength(felt.strength)).format(where=self._where(named))
        bands = sorted(set(felt.bands) - set(named), key=lambda name: (-felt.bands[name], name))
        if bands:
            return Answer(said + self._one_of(words.band).format(band=self._where(bands[:1])))
        left_out = self._left_out(felt, named)
        return Answer(said + (words.but_not.replace("{not}", left_out) if left_out else ""))

    def how_strong(self, felt: Felt) -> Answer:
        """Asked: how strong is it, from 0 to 10?"""
        refusal = self._refusal(self.words.score.between)
        if refusal is not None:
            return refusal
        wandered = felt.strength + self._chance.gauss(0.0, SCORE_SD) if felt.strength else 0.0
        score = _half_point(wandered)
        return Answer(self._one_of(self.words.score.strength).format(score=self._number(score)), score)

    def pain(self, scores: Mapping[str, float]) -> Answer:
        """Asked: how bad is the pain? `scores` are what he would say for each region (scs.body.pain.Pain.score)."""
        refusal = self._refusal(self.words.score.between)
        if refusal is not None:
            return refusal
        worst = max(scores, key=lambda name: (scores[name], name))
        text = self._one_of(self.words.score.pain)
        return Answer(text.format(where=self._where([worst]), score=self._number(scores[worst])), scores[worst])

    # ------------------------------------------------------------------------------------------------------ within

    def _refusal(self, short: Sequence[str] | None = None) -> Answer | None:
        """What is said in place of an answer when patience has run out."""
        self.left -= 1
        if self.left >= 0:
            return None
        tired = self.words.tired
        is_short = self.left >= -(self._patience // 2)
        return Answer(self._one_of((short or tired.short) if is_short else tired.done))

    def _remark_on_pain(self, felt: Felt) -> Answer:
        words = self.words.unasked
        if not felt.bands:
            return Answer(self._one_of(words.hurts))
        worst = max(felt.bands, key=lambda name: (felt.bands[name], name))
        return Answer(self._one_of(words.hurts_band).format(band=self._place(worst)))

    def _by_strength(self, strength: float) -> Sequence[str]:
        words = self.words.where
        if strength < FAINT:
            return words.faint
        if strength < LIGHT:
            return words.light
        return words.clear if strength < STRONG else words.strong

    def _where(self, named: Sequence[str]) -> str:
        """Places in a row; left and right of one place become both."""
        said: list[str] = []
        for name in named:
            other = _other_side(name)
            if other in named:
                both = self.words.places[_unsided(name)].both
                said += [] if both in said else [both]
            else:
                said.append(self._place(name))
        if not said:
            return self.words.unplaced
        if len(said) == 1:
            return said[0]
        return self.words.joined.format(first=self.words.comma.join(said[:-1]), last=said[-1])

    def _place(self, name: str) -> str:
        place, side = self.words.places[_unsided(name)], name.split("-", 1)[0]
        if _unsided(name) == name:
            return place.one
        return place.one.format(side=self.words.sides[side], side_of=self.words.sides_of[side])

    def _left_out(self, felt: Felt, named: Sequence[str]) -> str:
        """The neighbour of the first place, when it is on the same side and not felt at all."""
        if not named:
            return ""
        first = named[0]
        neighbour = self.words.beside.get(_unsided(first))
        if neighbour is None or first.replace(_unsided(first), neighbour) in felt.regions:
            return ""
        return self.words.left_out[neighbour]

    def _number(self, score: float) -> str:
        return f"{score:g}".replace(".", self.words.decimal)

    def _one_of(self, choices: Sequence[str]) -> str:
        return self._chance.choice(choices)


def _leading(felt: Felt) -> list[str]:
    """The places that are named: the most covered, and what is covered nearly as much."""
    ranked = sorted(felt.regions, key=lambda name: (-felt.regions[name], name))
    return [name for name in ranked if felt.regions[name] >= LEADING * felt.regions[ranked[0]]][:NAMED_MOST]


def _unsided(name: str) -> str:
    return name.removeprefix("left-").removeprefix("right-")


def _other_side(name: str) -> str:
    if name.startswith("left-"):
        return "right-" + name.removeprefix("left-")
    return "left-" + name.removeprefix("right-") if name.startswith("right-") else ""


def _half_point(score: float) -> float:
    return round(2 * min(10.0, max(0.0, score))) / 2
