"""Whole numbers that are not known yet: they add, divide and compare as Python's do, and build z3 terms meanwhile.

A function of the project runs on these unchanged. Where it asks `if`, the path answers (scs/proof/paths.py), and the
function is run again for the other answer. What is made only to be shown is a `Shown`, which nothing can decide with.
z3's Int is unbounded, as Python's int is; there is no bit-vector and no overflow to forget.
"""

from __future__ import annotations

from typing import Any, Protocol

import z3


class Oracle(Protocol):
    """Whoever answers the questions of one run: a path."""

    def decide(self, condition: Any) -> bool:
        """Which way an `if` goes on this path."""

    def choose_value(self, term: Any) -> int:
        """Which of its possible values a term has on this path."""

    def divide(self, dividend: Any, divisor: Any) -> tuple[Any, Any]:
        """The terms of Python's quotient and remainder."""

    def magnitude(self, term: Any) -> Any:
        """The term of the absolute value."""


class Shown:
    """A value for people only. To decide with it is a mistake in the function under proof, so that raises TypeError."""

    __slots__ = ()

    def _again(self, *_: object) -> Shown:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _again
    __round__ = __neg__ = __abs__ = _again

    def __format__(self, _: str) -> str:
        return "…"

    __str__ = __repr__ = lambda self: "…"

    def _refuse(self, *_: object) -> Any:
        raise TypeError("a value that is only for showing was used in a decision; decide with the whole numbers")

    __bool__ = __lt__ = __le__ = __gt__ = __ge__ = __int__ = __float__ = __index__ = _refuse
    __eq__ = __ne__ = _refuse
    __hash__ = None  # type: ignore[assignment]


SHOWN = Shown()


class SymBool:
    """A comparison whose answer depends on the symbols. `if` asks the path."""

    __slots__ = ("oracle", "term")

    def __init__(self, term: Any, oracle: Oracle) -> None:
        self.term = term
        self.oracle = oracle

    def __bool__(self) -> bool:
        return self.oracle.decide(self.term)


class SymInt:
    """A whole number that depends on the symbols."""

    __slots__ = ("oracle", "term")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, term: Any, oracle: Oracle) -> None:
        self.term = term
        self.oracle = oracle

    def _int(self, term: Any) -> SymInt:
        return SymInt(z3.simplify(term), self.oracle)

    def _bool(self, term: Any) -> SymBool:
        return SymBool(term, self.oracle)

    def __add__(self, other: object) -> Any:
        return self._int(self.term + term_of(other)) if is_whole(other) else NotImplemented

    __radd__ = __add__

    def __sub__(self, other: object) -> Any:
        return self._int(self.term - term_of(other)) if is_whole(other) else NotImplemented

    def __rsub__(self, other: object) -> Any:
        return self._int(term_of(other) - self.term) if is_whole(other) else NotImplemented

    def __mul__(self, other: object) -> Any:
        return self._int(self.term * term_of(other)) if is_whole(other) else NotImplemented

    __rmul__ = __mul__

    def __neg__(self) -> SymInt:
        return self._int(-self.term)

    def __abs__(self) -> SymInt:
        return SymInt(self.oracle.magnitude(self.term), self.oracle)

    def __floordiv__(self, other: object) -> Any:
        return _divided(self, other, self.oracle)[0] if is_whole(other) else NotImplemented

    def __rfloordiv__(self, other: object) -> Any:
        return _divided(other, self, self.oracle)[0] if is_whole(other) else NotImplemented

    def __mod__(self, other: object) -> Any:
        return _divided(self, other, self.oracle)[1] if is_whole(other) else NotImplemented

    def __rmod__(self, other: object) -> Any:
        return _divided(other, self, self.oracle)[1] if is_whole(other) else NotImplemented

    def __rshift__(self, places: int) -> Any:
        return self // (1 << places)

    def __pow__(self, exponent: int) -> Any:
        power: Any = 1
        for _ in range(exponent):
            power = self * power
        return power

    def __truediv__(self, _: object) -> Shown:
        return SHOWN

    __rtruediv__ = __truediv__

    def __round__(self, _: int = 0) -> SymInt:
        return self

    def __lt__(self, other: object) -> Any:
        return self._bool(self.term < term_of(other)) if is_whole(other) else NotImplemented

    def __le__(self, other: object) -> Any:
        return self._bool(self.term <= term_of(other)) if is_whole(other) else NotImplemented

    def __gt__(self, other: object) -> Any:
        return self._bool(self.term > term_of(other)) if is_whole(other) else NotImplemented

    def __ge__(self, other: object) -> Any:
        return self._bool(self.term >= term_of(other)) if is_whole(other) else NotImplemented

    def __eq__(self, other: object) -> Any:
        return self._bool(self.term == term_of(other)) if is_whole(other) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return self._bool(self.term != term_of(other)) if is_whole(other) else NotImplemented

    def __bool__(self) -> bool:
        return self.oracle.decide(self.term != 0)

    def __index__(self) -> int:
        return self.oracle.choose_value(self.term)

    def __float__(self) -> float:
        raise TypeError("a symbol has no float; whole numbers decide")

    def __format__(self, _: str) -> str:
        return "…"


def is_whole(value: object) -> bool:
    """Whether arithmetic with this value stays in whole numbers."""
    return isinstance(value, int | SymInt)


def term_of(value: Any) -> Any:
    """The z3 term of a whole number, a comparison or a truth value."""
    if isinstance(value, SymInt | SymBool):
        return value.term
    return z3.BoolVal(value) if isinstance(value, bool) else z3.IntVal(value)


def _divided(dividend: Any, divisor: Any, oracle: Oracle) -> tuple[Any, Any]:
    quotient, remainder = oracle.divide(term_of(dividend), term_of(divisor))
    return SymInt(quotient, oracle), SymInt(remainder, oracle)


def implies(condition: Any, consequence: Any) -> Any:
    """Whether the consequence holds where the condition does, without asking the path."""
    return any_of(negated(condition), consequence)


def negated(condition: Any) -> Any:
    """`not`, without asking the path."""
    return SymBool(z3.Not(condition.term), condition.oracle) if isinstance(condition, SymBool) else not condition


def all_of(*conditions: Any) -> Any:
    """`and`, without asking the path."""
    return negated(any_of(*(negated(condition) for condition in conditions)))


def any_of(*conditions: Any) -> Any:
    """`or`, without asking the path."""
    open_ones = [condition for condition in conditions if isinstance(condition, SymBool)]
    if len(open_ones) < len(conditions) and any(one for one in conditions if not isinstance(one, SymBool)):
        return True
    if not open_ones:
        return False
    return SymBool(z3.Or([condition.term for condition in open_ones]), open_ones[0].oracle)
