"""Objects of the implant as trees that JSON can hold, and back, with what is shared still shared.

Only classes of the implant and of what it is described with are made again, by name, and nothing of theirs is run: a
tree that somebody else wrote can make wrong objects and no others. What is in `given` is not written down but named,
and is put in by whoever reads.
"""

from __future__ import annotations

import random
from base64 import b64decode, b64encode
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from enum import Enum
from importlib import import_module
from types import FunctionType, MethodType
from typing import Any

from pydantic import BaseModel

from scs.errors import BadPrescription

Tree = Any
OURS = ("firmware_model.", "scs.body.", "scs.clock", "scs.domain.", "scs.wire.")
_PLAIN = (type(None), bool, int, float, str)


class TreeWriter:
    """Writes one set of objects; what two share is written once. Raises BadPrescription for what is not ours."""

    def __init__(self, given: Mapping[str, object]) -> None:
        self._given = {id(thing): name for name, thing in given.items()}
        self._numbers: dict[int, int] = {}
        self._alive: list[object] = []

    def fields(self, thing: object, leave_out: Iterable[str] = ()) -> dict[str, Tree]:
        """What an object holds, by name."""
        return {name: self.plain(value) for name, value in _state(thing).items() if name not in leave_out}

    def plain(self, value: Any) -> Tree:
        """The tree of a value."""
        if type(value) in _PLAIN:
            return value
        if id(value) in self._given:
            return {"given": self._given[id(value)]}
        if isinstance(value, Enum):
            return {"enum": _name_of(type(value)), "member": value.name}
        if isinstance(value, bytes):
            return {"bytes": b64encode(value).decode("ascii")}
        if isinstance(value, type | FunctionType):
            return {"named": _name_of(value)}
        if type(value) is tuple:
            return {"tuple": [self.plain(item) for item in value]}
        if type(value) is frozenset:
            return {"frozenset": [self.plain(item) for item in sorted(value, key=repr)]}
        if _never_changes(type(value)):
            # Equal ones are as good as the same one, so it does not matter who shares it.
            return {"class": _name_of(type(value)), "state": self.fields(value)}
        if id(value) in self._numbers:
            return {"again": self._numbers[id(value)]}
        # The list keeps the object alive, so that its id stays its own.
        number = self._numbers[id(value)] = len(self._alive)
        self._alive.append(value)
        return {"number": number, **self._body(value)}

    def _body(self, value: Any) -> dict[str, Tree]:
        if type(value) in (dict, Counter):
            pairs = [[self.plain(key), self.plain(item)] for key, item in value.items()]
            return {type(value).__name__: pairs}
        if type(value) in (list, deque, set):
            items = sorted(value, key=repr) if isinstance(value, set) else value
            return {type(value).__name__: [self.plain(item) for item in items]}
        if isinstance(value, bytearray):
            return {"bytearray": b64encode(value).decode("ascii")}
        if isinstance(value, random.Random):
            return {"random": self.plain(value.getstate())}
        if isinstance(value, MethodType):
            return {"method": value.__name__, "of": self.plain(value.__self__)}
        return {"class": _name_of(type(value)), "state": self.fields(value)}


class TreeReader:
    """Reads what one TreeWriter wrote. Raises ValueError, KeyError, TypeError or AttributeError for anything else."""

    def __init__(self, given: Mapping[str, object]) -> None:
        self._given = given
        self._objects: dict[int | None, Any] = {}

    def fields(self, tree: Mapping[str, Tree]) -> dict[str, Any]:
        return {name: self.plain(value) for name, value in tree.items()}

    def plain(self, tree: Tree) -> Any:
        """The value of a tree."""
        if type(tree) in _PLAIN:
            return tree
        if "given" in tree:
            return self._given[tree["given"]]
        if "enum" in tree:
            return _named(tree["enum"])[tree["member"]]
        if "bytes" in tree:
            return b64decode(tree["bytes"], validate=True)
        if "named" in tree:
            return _named(tree["named"])
        if "tuple" in tree:
            return tuple(self.plain(item) for item in tree["tuple"])
        if "frozenset" in tree:
            return frozenset(self.plain(item) for item in tree["frozenset"])
        if "again" in tree:
            return self._objects[tree["again"]]
        return self._made(tree.get("number"), tree)

    def _made(self, number: int | None, tree: Mapping[str, Tree]) -> Any:
        """An object is known by its number before it is filled, because what it holds may hold it."""
        for name, fill in _CONTAINERS.items():
            if name in tree:
                made = self._objects[number] = _EMPTY[name]()
                fill(made, tree[name], self)
                return made
        if "bytearray" in tree:
            made = self._objects[number] = bytearray(b64decode(tree["bytearray"], validate=True))
            return made
        if "random" in tree:
            made = self._objects[number] = random.Random()
            made.setstate(self.plain(tree["random"]))
            return made
        if "method" in tree:
            made = self._objects[number] = getattr(self.plain(tree["of"]), tree["method"])
            return made
        return self._instance(number, tree)

    def _instance(self, number: int | None, tree: Mapping[str, Tree]) -> Any:
        kind = _named(tree["class"])
        if not isinstance(kind, type):
            raise TypeError(f"{tree['class']} is no class")
        if issubclass(kind, BaseModel):
            state = self.fields(tree["state"])
            chosen = set(state.pop("")) if "" in state else None
            model = self._objects[number] = kind.model_construct(_fields_set=chosen, **state)
            return model
        if issubclass(kind, tuple):
            state = self.fields(tree["state"])
            if state.keys() != set(_named_fields(kind)):
                raise ValueError(f"{tree['class']} has other fields")
            return tuple.__new__(kind, [state[name] for name in _named_fields(kind)])
        made = self._objects[number] = object.__new__(kind)
        for name, value in tree["state"].items():
            object.__setattr__(made, name, self.plain(value))
        return made


def _fill_pairs(made: Any, pairs: Tree, reader: TreeReader) -> None:
    for key, value in pairs:
        made[reader.plain(key)] = reader.plain(value)


def _fill_items(made: Any, items: Tree, reader: TreeReader) -> None:
    made.extend(reader.plain(item) for item in items)


def _fill_set(made: Any, items: Tree, reader: TreeReader) -> None:
    made.update(reader.plain(item) for item in items)


_EMPTY: dict[str, Callable[[], Any]] = {"dict": dict, "Counter": Counter, "list": list, "deque": deque, "set": set}
_CONTAINERS: dict[str, Callable[[Any, Tree, TreeReader], None]] = {
    "dict": _fill_pairs,
    "Counter": _fill_pairs,
    "list": _fill_items,
    "deque": _fill_items,
    "set": _fill_set,
}


def _state(thing: object) -> dict[str, Any]:
    """What an object holds; of a model its fields, and under an empty name which of them were set."""
    if isinstance(thing, BaseModel):
        held = {name: getattr(thing, name) for name in type(thing).model_fields}
        return {**held, "": tuple(sorted(thing.model_fields_set))}
    if isinstance(thing, tuple):
        return dict(zip(_named_fields(type(thing)), thing, strict=True))
    state: dict[str, Any] = {}
    for kind in type(thing).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(thing, name):
                state[name] = getattr(thing, name)
    state.update(getattr(thing, "__dict__", {}))
    return state


def _named_fields(kind: type) -> tuple[str, ...]:
    """The names of what a named tuple holds, in order. Raises KeyError for a tuple of another make."""
    names: tuple[str, ...] = vars(kind)["_fields"]
    return names


def _never_changes(kind: type) -> bool:
    """Whether objects of a class are values: frozen, so that nobody can tell two equal ones apart."""
    if issubclass(kind, tuple):
        return True
    if issubclass(kind, BaseModel):
        return bool(kind.model_config.get("frozen"))
    return is_dataclass(kind) and bool(vars(kind)["__dataclass_params__"].frozen)


def _name_of(thing: Any) -> str:
    name = f"{thing.__module__}:{thing.__qualname__}"
    if not name.startswith(OURS) or "<" in name:
        raise BadPrescription(f"{name} belongs to no implant, so it cannot be put into a snapshot; take it away first")
    return name


def _named(name: str) -> Any:
    module, _, path = name.partition(":")
    if not module.startswith(OURS) or not path:
        raise ValueError(f"{name} is none of ours")
    try:
        found: Any = import_module(module)
    except ImportError as error:
        raise ValueError(f"{name} is none of ours: {error}") from error
    for part in path.split("."):
        found = getattr(found, part)
    if getattr(found, "__module__", None) != module:
        raise ValueError(f"{name} is none of ours")
    return found
