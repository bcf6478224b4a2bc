"""The mode table is complete, and every refusal has its sentence."""

from __future__ import annotations

from itertools import product

import pytest

from firmware_model.commands import ROWS
from firmware_model.modes import REFUSALS, TABLE, Event, ModeMachine, diagram
from scs.domain.status import Mode
from scs.errors import Refused
from scs.wire.messages import Request

PAIRS = list(product(Mode, Event))


@pytest.mark.hazard("H09")
@pytest.mark.req("FW-34")
@pytest.mark.parametrize(("mode", "event"), PAIRS)
def test_every_event_in_every_mode_is_either_allowed_or_refused_with_a_sentence(mode: Mode, event: Event) -> None:
    machine = ModeMachine(mode)
    assert ((mode, event) in TABLE) != ((mode, event) in REFUSALS)
    if (mode, event) in TABLE:
        machine.check(event)
        assert machine.take(event) is TABLE[mode, event]
    else:
        with pytest.raises(Refused) as refused:
            machine.check(event)
        assert len(str(refused.value)) > 20
        assert machine.mode is mode


@pytest.mark.hazard("H09")
@pytest.mark.req("FW-01", "FW-34")
def test_nothing_but_clearing_the_fault_leads_out_of_safe() -> None:
    ways_out = {event for (mode, event), target in TABLE.items() if mode is Mode.SAFE and target is not Mode.SAFE}
    assert ways_out == {Event.CLEAR, Event.CLEAR_BLANK}


def test_therapy_is_entered_by_start_alone() -> None:
    ways_in = {event for (mode, event), target in TABLE.items() if target is Mode.THERAPY and mode is not Mode.THERAPY}
    assert ways_in == {Event.START}


@pytest.mark.hazard("H28")
@pytest.mark.req("FW-33", "FW-34")
@pytest.mark.parametrize("mode", [Mode.SAFE, Mode.MRI, Mode.STORAGE, Mode.DEPLETED, Mode.UNPROGRAMMED])
def test_no_single_event_leads_from_a_mode_that_is_off_to_therapy(mode: Mode) -> None:
    assert Mode.THERAPY not in {target for (origin, _), target in TABLE.items() if origin is mode}


@pytest.mark.hazard("H29")
@pytest.mark.req("FW-33")
@pytest.mark.parametrize("mode", list(Mode))
def test_from_every_mode_events_lead_to_therapy(mode: Mode) -> None:
    reached = {mode}
    while more := {target for (origin, _), target in TABLE.items() if origin in reached} - reached:
        reached |= more
    assert Mode.THERAPY in reached


@pytest.mark.hazard("H29")
@pytest.mark.req("FW-33", "FW-34")
@pytest.mark.parametrize(("mode", "event"), [pair for pair in PAIRS if pair not in TABLE])
def test_a_refusal_names_the_mode_where_the_mode_has_a_name_for_it(mode: Mode, event: Event) -> None:
    named = {
        Mode.MEASURING: "busy",
        Mode.SAFE: "fault-latched",
        Mode.MRI: "in-mri",
        Mode.STORAGE: "in-storage",
        Mode.DEPLETED: "depleted",
    }
    expected = named.get(mode, "wrong-mode")
    if (mode, event) == (Mode.UNPROGRAMMED, Event.START):
        expected = "empty-slot"
    with pytest.raises(Refused) as refused:
        ModeMachine(mode).check(event)
    assert refused.value.reason == expected


@pytest.mark.hazard("H38")
@pytest.mark.req("FW-31")
@pytest.mark.parametrize("mode", list(Mode))
def test_a_stop_is_taken_in_every_mode_and_leaves_therapy(mode: Mode) -> None:
    taken = [event for event in (Event.STOP, Event.STOP_BLANK) if (mode, event) in TABLE]
    assert taken
    assert all(TABLE[mode, event] is not Mode.THERAPY for event in taken)


@pytest.mark.hazard("H36")
@pytest.mark.req("FW-01")
@pytest.mark.parametrize("mode", list(Mode))
def test_a_trip_leads_to_safe_from_every_mode(mode: Mode) -> None:
    assert TABLE[mode, Event.TRIP] is Mode.SAFE


def test_every_request_but_those_before_a_session_has_a_row() -> None:
    kinds = set(Request.__args__)
    assert {kind.__name__ for kind in kinds - set(ROWS)} == {"Discover", "Open", "Pair"}


@pytest.mark.hazard("H32")
@pytest.mark.req("FW-36", "LK-04")
def test_whatever_changes_therapy_needs_the_right_to_write_and_carries_an_operation_number() -> None:
    for kind, row in ROWS.items():
        has_op_id = "op_id" in kind.__dataclass_fields__  # type: ignore[attr-defined]
        assert row.changes_therapy is has_op_id, kind
        assert row.needs_writer or not row.changes_therapy, kind


def test_the_diagram_shows_every_change_of_mode() -> None:
    changes = [1 for (mode, _), target in TABLE.items() if mode is not target]
    assert diagram().count("-->") == len(changes)
