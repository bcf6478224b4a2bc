"""Every path through a function, each run by itself: what is assumed, which way it went, what must hold at its end.

An experiment asks its world for numbers, assumes, runs the function and claims. In a `Path` the numbers are symbols
and a claim is a question to z3; in a `Replay` they are plain integers, so a counterexample is tried on the function as
Python runs it. A solver that does not know is never taken for a yes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import CodeType, FunctionType
from typing import Any, Protocol

import z3

from scs.proof.symbolic import SymInt, term_of

VALUES_MAX = 64
"""The most values that a symbol may take where a plain number is needed; more would mean a loop without a bound."""
MODELS_MAX = 32
"""How many counterexamples to one claim are tried on plain Python: a contract may allow what a function never does."""
GUESS_STEPS = 10_000
"""How much z3 may think about whether a branch can be taken, in its own steps, so that every machine takes the same
paths. Without an answer the branch is taken, which is sound."""


class PathEnds(Exception):
    """This path has shown what it was for; the rest of the function is shown by others."""


class Falsified(Exception):
    """A claim does not hold on this path. `values` are the experiment's numbers that show it, `more` are others."""

    def __init__(self, claim: str, values: Mapping[str, int], more: Iterable[Mapping[str, int]] = ()) -> None:
        self.claim = claim
        self.values = dict(values)
        self.more = more
        super().__init__(claim)


class Undecided(Exception):
    """z3 gave no answer in time."""

    def __init__(self, claim: str) -> None:
        self.claim = claim
        super().__init__(claim)


class World(Protocol):
    """What an experiment may ask for."""

    def integer(self, name: str, low: int | None = None, high: int | None = None) -> Any:
        """A number that the lemma speaks about, with the bounds of its kind."""

    def assume(self, condition: Any) -> None:
        """Speak only about numbers for which this holds."""

    def prove(self, condition: Any, claim: str) -> None:
        """Claim that this holds, whatever the numbers are."""

    def name(self, value: Any) -> Any:
        """The same value; where it is made of symbols, under a name of its own, so that z3 need not open a product."""

    def prepared(self, function: Any, **contracts: Callable[..., Any]) -> Any:
        """The function; where the numbers are symbols, callees of these names are replaced by what is proven of them.

        A contract is given the path first, then what the callee would be given.
        """

    def replaced(self, function: Any, contract: Callable[..., Any]) -> Any:
        """The function itself where the numbers are plain, else its contract."""


class Path:
    """One run on symbols. `given` are the choices that lead here; what else could be chosen is in `others`."""

    def __init__(self, given: Sequence[int], timeout_ms: int, over_reals: bool = False) -> None:
        self.taken: list[int] = []
        self.others: list[tuple[int, ...]] = []
        self.questions = 0
        self._symbol = z3.Real if over_reals else z3.Int
        self._given = tuple(given)
        self._timeout_ms = timeout_ms
        self._solver = _quick_solver()
        self._symbols: dict[str, Any] = {}
        self._known: dict[tuple[object, ...], tuple[Any, Any]] = {}
        self._made: dict[str, list[tuple[list[Any], Any]]] = {}
        self._definitions: list[Any] = []
        self._fresh = 0

    # What an experiment asks for.

    def integer(self, name: str, low: int | None = None, high: int | None = None) -> Any:
        assert name not in self._symbols, f"two symbols are called {name}"
        symbol = SymInt(self._symbol(name), self)
        self._symbols[name] = symbol.term
        self._bound(symbol.term, low, high)
        return symbol

    def unnamed(self, low: int | None = None, high: int | None = None) -> Any:
        """A number that a contract speaks about; it is found anew when a counterexample is tried."""
        self._fresh += 1
        term = self._symbol(f"!{self._fresh}")
        self._bound(term, low, high)
        return SymInt(term, self)

    def assume(self, condition: Any) -> None:
        self._solver.add(term_of(condition))

    def prove(self, condition: Any, claim: str) -> None:
        self.questions += 1
        negation = z3.simplify(z3.Not(term_of(condition)))
        if z3.is_false(negation):
            return
        if self._solver.check(negation) == z3.unsat:
            self._solver.add(term_of(condition))
            return
        # What named products stand for is told to z3 only where it does not do without.
        for more in ((), self._definitions):
            solver = z3.Solver()
            solver.set("timeout", self._timeout_ms)
            solver.add(*self._solver.assertions(), *more, negation)
            answer = solver.check()
            if answer == z3.unsat:
                self._solver.add(term_of(condition))
                return
        if answer == z3.sat:
            if self._symbol is z3.Real:
                raise Falsified(claim, {})
            values = self._values(solver.model())
            raise Falsified(claim, values, self._other_values(solver, values))
        raise Undecided(claim)

    def _other_values(self, solver: Any, values: Mapping[str, int]) -> Iterator[Mapping[str, int]]:
        """Further numbers that falsify the same claim, while z3 finds any, each time from another start."""
        for seed in range(1, MODELS_MAX):
            solver.add(z3.Or([self._symbols[name] != value for name, value in values.items()]))
            solver.set("random_seed", seed)
            if solver.check() != z3.sat:
                return
            values = self._values(solver.model())
            yield values

    def name(self, value: Any) -> Any:
        if not isinstance(value, SymInt):
            return value
        return self.once(("name", value.term.get_id()), value, lambda: self._name(value))

    def _name(self, value: SymInt) -> Any:
        symbol = self.unnamed()
        self._definitions.append(symbol.term == value.term)
        return symbol

    def prepared(self, function: Any, **contracts: Callable[..., Any]) -> Any:
        return rebound(function, {name: partial(contract, self) for name, contract in contracts.items()})

    def replaced(self, function: Any, contract: Callable[..., Any]) -> Any:
        return partial(contract, self)

    def fails(self, claim: str) -> None:
        """The function raised here: that falsifies the lemma, unless no numbers lead here."""
        self.prove(False, claim)

    # What the symbols ask for.

    def decide(self, condition: Any) -> bool:
        condition = z3.simplify(condition)
        if z3.is_true(condition) or z3.is_false(condition):
            return bool(z3.is_true(condition))
        return bool(self.once(("decide", condition.get_id()), condition, lambda: self._decide(condition)))

    def _decide(self, condition: Any) -> bool:
        return bool(self._choose([(1, condition), (0, z3.Not(condition))]))

    def choose_value(self, term: Any) -> int:
        term = z3.simplify(term)
        if z3.is_int_value(term):
            return int(term.as_long())
        return int(self.once(("value", term.get_id()), term, lambda: self._choose_value(term)))

    def _choose_value(self, term: Any) -> int:
        if len(self.taken) < len(self._given):
            value = self._given[len(self.taken)]
            return self._choose([(value, term == value)])
        values = sorted(self._values_of(term))
        return self._choose([(value, term == value) for value in values])

    def choose(self, count: int) -> int:
        """One of `count` continuations, each of which is run."""
        return self._choose([(index, z3.BoolVal(True)) for index in range(count)])

    def divide(self, dividend: Any, divisor: Any) -> tuple[Any, Any]:
        key = ("divide", dividend.get_id(), divisor.get_id())
        quotient, remainder = self.once(key, (dividend, divisor), lambda: self._divide(dividend, divisor))
        return quotient, remainder

    def magnitude(self, term: Any) -> Any:
        return self.once(("magnitude", term.get_id()), term, lambda: self._magnitude(term))

    def once(self, key: tuple[object, ...], kept: object, make: Callable[[], Any]) -> Any:
        """What `make` made when it was first asked under this key: the same question has one answer on a path.

        `kept` are the terms that the key numbers; z3 gives the number of a term that is gone to another.
        """
        if key not in self._known:
            self._known[key] = make(), kept
        return self._known[key][0]

    def once_for_equals(self, name: str, terms: Sequence[Any], make: Callable[[], Any]) -> Any:
        """What `make` made when it was first asked for terms that are certainly equal to these."""
        key = (name, *(term.get_id() for term in terms))
        return self.once(key, terms, lambda: self._known_or_made(name, terms, make))

    def _known_or_made(self, name: str, terms: Sequence[Any], make: Callable[[], Any]) -> Any:
        for earlier, made in self._made.get(name, ()):
            if len(earlier) == len(terms):
                differ = z3.Or([one != other for one, other in zip(earlier, terms, strict=True)])
                if self._solver.check(differ) == z3.unsat:
                    return made
        made = make()
        self._made.setdefault(name, []).append((list(terms), made))
        return made

    def _divide(self, dividend: Any, divisor: Any) -> tuple[Any, Any]:
        if self._symbol is z3.Real:
            raise Undecided("whole numbers are divided, which real numbers know nothing about")
        if self.decide(divisor == 0):
            raise ZeroDivisionError("a symbol that can be zero divides")
        quotient, remainder = self.unnamed().term, self.unnamed().term
        self._solver.add(dividend == quotient * divisor + remainder)
        if self.decide(divisor > 0):
            self._solver.add(remainder >= 0, remainder < divisor)
        else:
            # Python's remainder has the sign of the divisor.
            self._solver.add(remainder <= 0, remainder > divisor)
        return quotient, remainder

    def _magnitude(self, term: Any) -> Any:
        for sign, impossible in ((1, term < 0), (-1, term > 0)):
            if self._solver.check(impossible) == z3.unsat:
                return z3.simplify(sign * term)
        size = self.unnamed(0).term
        self._solver.add(z3.Or(z3.And(term >= 0, size == term), z3.And(term < 0, size == -term)))
        return size

    def _choose(self, options: Sequence[tuple[int, Any]]) -> int:
        place = len(self.taken)
        if place < len(self._given):
            value = self._given[place]
            condition = next(condition for option, condition in options if option == value)
        else:
            possible = [option for option in options[:-1] if self._is_possible(option[1])]
            # A path that came so far can go on: where nothing else is possible, the last option is.
            if not possible or self._is_possible(options[-1][1]):
                possible.append(options[-1])
            (value, condition), *rest = possible
            self.others += [(*self.taken, other) for other, _ in rest]
        self.taken.append(value)
        self._solver.add(condition)
        return value

    def _is_possible(self, condition: Any) -> bool:
        if z3.is_true(condition):
            return True
        self.questions += 1
        return bool(self._solver.check(condition) != z3.unsat)

    def _values_of(self, term: Any) -> Iterable[int]:
        solver, values = z3.Solver(), []
        solver.set("timeout", self._timeout_ms)
        solver.add(*self._solver.assertions())
        while (answer := solver.check()) == z3.sat:
            values.append(int(solver.model().eval(term, model_completion=True).as_long()))
            if len(values) > VALUES_MAX:
                raise Undecided(f"a plain number is needed where more than {VALUES_MAX} are possible")
            solver.add(term != values[-1])
        if answer != z3.unsat:
            raise Undecided("a plain number is needed and z3 does not know which are possible")
        return values

    def _bound(self, term: Any, low: int | None, high: int | None) -> None:
        if low is not None:
            self._solver.add(term >= low)
        if high is not None:
            self._solver.add(term <= high)

    def _values(self, model: Any) -> dict[str, int]:
        return {name: int(model.eval(term, model_completion=True).as_long()) for name, term in self._symbols.items()}


def _quick_solver() -> Any:
    """Takes every product of symbols for a number of its own. What it cannot be, it is not; what it could be is asked
    again, with products, where a claim depends on it. The settings are the quickest of those tried on lemma `split`.
    """
    solver = z3.Solver()
    for option, value in (("arith.nl", False), ("arith.solver", 2), ("rlimit", GUESS_STEPS)):
        solver.set(option, value)
    return solver


class Replay:
    """One run on plain integers, with the function as it is."""

    def __init__(self, values: Mapping[str, int]) -> None:
        self._values = dict(values)

    def integer(self, name: str, low: int | None = None, high: int | None = None) -> Any:
        value = self._values[name]
        self.assume((low is None or value >= low) and (high is None or value <= high))
        return value

    def assume(self, condition: Any) -> None:
        if not condition:
            raise PathEnds

    def prove(self, condition: Any, claim: str) -> None:
        if not condition:
            raise Falsified(claim, self._values)

    def name(self, value: Any) -> Any:
        return value

    def prepared(self, function: Any, **contracts: Callable[..., Any]) -> Any:
        return function

    def replaced(self, function: Any, contract: Callable[..., Any]) -> Any:
        return function


def rebound(function: Any, names: Mapping[str, Any], _done: dict[int, Any] | None = None) -> Any:
    """The same code objects, in a world where some of the names that they look up mean something else.

    Whatever function of this project it calls is rebound too. Nothing is patched: the originals stay as they are.
    """
    done: dict[int, Any] = {} if _done is None else _done
    if not isinstance(function, FunctionType) or not names:
        return function
    if id(function) not in done:
        world = dict(function.__globals__)
        twin = FunctionType(function.__code__, world, function.__name__, function.__defaults__, function.__closure__)
        twin.__kwdefaults__ = function.__kwdefaults__
        done[id(function)] = twin
        for name in _looked_up(function.__code__):
            known = world.get(name)
            if name not in names and isinstance(known, FunctionType) and known.__module__.startswith("scs."):
                world[name] = rebound(known, names, done)
        world.update(names)
    return done[id(function)]


def _looked_up(code: CodeType) -> set[str]:
    """Every name that the code, or code inside it, looks up."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _looked_up(constant)
    return names
