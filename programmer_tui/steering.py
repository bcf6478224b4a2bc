"""Moving a field along the leads: which contact lies where, and shares that move there with their total kept. Pure.

Up is towards the tip; left is the patient's left, because the leads are seen from behind.
"""

from __future__ import annotations

from collections.abc import Mapping

from programmer_tui.widgets.lead_geometry import Layout
from scs.domain.lead import CASE

STEP_PERMILLE = 100
"""Of the whole current that one step of steering moves."""


def neighbour(layout: Layout, contact: int, across: int, down: int) -> int | None:
    """The next contact straight in a direction (across and down are -1, 0 or 1), or None at the edge."""
    if contact == CASE:
        return None
    here = layout.cell(contact)
    found = layout.next_from(contact, across, down)
    there = layout.cell(found)
    # Leads of different pitch have contacts half a step apart; a row aside is still beside.
    is_straight = there.column == here.column if down else abs(there.row - here.row) <= 1
    return None if found in (contact, CASE) or not is_straight else found


def steered_towards(shares: Mapping[int, int], layout: Layout, across: int, down: int) -> dict[int, int] | None:
    """The hindmost cathode gives a step of its share to the next contact in the direction; None when it cannot.

    The cathodes' total stays what it was, to the permille. An anode in the way is never turned round.
    """
    cathodes = [contact for contact, share in shares.items() if share < 0 and contact != CASE]
    cells = {contact: layout.cell(contact) for contact in cathodes}
    for giver in sorted(cathodes, key=lambda at: cells[at].column * across + cells[at].row * down):
        taker = neighbour(layout, giver, across, down)
        if taker is not None and shares.get(taker, 0) <= 0:
            moved = min(STEP_PERMILLE, -shares[giver])
            after = {**shares, giver: shares[giver] + moved, taker: shares.get(taker, 0) - moved}
            return {contact: share for contact, share in after.items() if share}
    return None


def moved_by_one(shares: Mapping[int, int], layout: Layout, across: int, down: int) -> dict[int, int] | None:
    """Every contact's share on its neighbour in the direction, the case's where it is; None at the edge."""
    after: dict[int, int] = {}
    for contact, share in shares.items():
        to = CASE if contact == CASE else neighbour(layout, contact, across, down)
        if to is None or to in after:
            return None
        after[to] = share
    return after or None


def transverse_tripole(layout: Layout, contact: int) -> dict[int, int] | None:
    """A cathode between an anode on its left and one on its right; None where there are not both."""
    left, right = neighbour(layout, contact, -1, 0), neighbour(layout, contact, 1, 0)
    if left is None or right is None:
        return None
    return {contact: -1_000, left: 500, right: 500}
