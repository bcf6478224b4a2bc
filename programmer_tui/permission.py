"""Whether who sits there has an action, asked where Textual asks: by the node and by the name of the action.

What is answered with False is neither drawn in the footer nor done by its key, by a click or by the palette.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from textual.actions import parse
from textual.binding import Binding
from textual.dom import DOMNode

from programmer_tui.actions import UserRole, may, may_show
from scs.wire.terms import PairRole

Deed = tuple[str, tuple[object, ...]]
"""The name of an action and what it is given."""


@cache
def ids_of(owner: type[DOMNode]) -> Mapping[Deed, str]:
    """The ids of what a class does by its Bindings and by those that it inherits."""
    found: dict[Deed, str] = {}
    for cls in reversed(owner.__mro__):
        for binding in vars(cls).get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id is not None:
                _, name, parameters = parse(binding.action)
                found[name, parameters] = binding.id
    return found


def is_permitted(
    owner: DOMNode, role: UserRole, action: str, parameters: tuple[object, ...], pair: PairRole | None = None
) -> bool:
    """True also for what is no action of the table, such as moving the focus."""
    if action == "show":
        return bool(parameters) and may_show(role, str(parameters[0]))
    action_id = ids_of(type(owner)).get((action, parameters))
    return action_id is None or may(role, action_id, pair)
