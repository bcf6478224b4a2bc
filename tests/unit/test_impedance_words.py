"""Impedances in words and numbers, and what a programmer makes of contacts that are kept over a reset."""

from __future__ import annotations

import pytest

from scs.cli.device_impedance import impedance_data, impedance_text
from scs.domain.impedance import INTERMITTENT_OHM, settled_ohm
from scs.errors import RemoteProtocolError
from scs.programmer.reading import Matrix, Measurement, impedance_matrix, last_impedance
from scs.programmer.steps import Pause, Procedure, Progress
from scs.wire.messages import Response
from scs.wire.responses import ImpedanceMatrix, ImpedanceResult
from scs.wire.terms import ContactState, ImpedanceState

pytestmark = pytest.mark.req("FW-35")
MEASURED = Measurement(
    401_000,
    ((1, 327, ContactState.OK), (2, INTERMITTENT_OHM, ContactState.INTERMITTENT), (3, 6_000, ContactState.HIGH)),
)
MATRIX = Matrix(
    401_000,
    (
        (1, 2, INTERMITTENT_OHM, ContactState.INTERMITTENT),
        (1, 3, 6_250, ContactState.HIGH),
        (2, 3, 1_000_000, ContactState.OPEN),
    ),
)


def answered(procedure: Procedure[object], *answers: Response) -> object:
    """What the procedure makes of these answers."""
    left = list(answers)
    try:
        step = next(procedure)
        while True:
            step = procedure.send(None if isinstance(step, Pause | Progress) else left.pop(0))
    except StopIteration as done:
        assert not left, "every answer is asked for"
        return done.value


def part(first: int, total: int, at_us: int, *pairs: tuple[int, int, int, ContactState]) -> ImpedanceMatrix:
    return ImpedanceMatrix(ImpedanceState.READY, at_us, first, total, pairs)


@pytest.mark.parametrize(
    ("reads", "settled"),
    [
        ((300,) * 10, 300),
        ((300, 301), 301),
        ((224, 376), INTERMITTENT_OHM),
        ((226, 374), 300),
        ((300,) * 9 + (1_000_000,), INTERMITTENT_OHM),
        ((0, 0), 0),
    ],
)
def test_reads_that_differ_by_more_than_a_quarter_are_intermittent(reads: tuple[int, ...], settled: int) -> None:
    # 300 ± 76 is 25.3 % and 300 ± 74 is 24.7 % of the mean.
    assert settled_ohm(reads) == settled


def test_contacts_that_are_kept_over_a_reset_are_shown_as_kept() -> None:
    kept = ImpedanceResult(ImpedanceState.NEVER, 0, ((3, 1_000_000, ContactState.OPEN),))
    assert answered(last_impedance(), kept) == Measurement(0, kept.contacts, is_kept=True)
    assert answered(last_impedance(), ImpedanceResult(ImpedanceState.NEVER, 0, ())) is None


def test_a_matrix_that_changes_while_it_is_read_is_read_again() -> None:
    one, other = (1, 2, 550, ContactState.OK), (1, 3, 646, ContactState.OK)
    parts = (part(0, 2, 7, one), part(1, 2, 8, other), part(0, 2, 8, one), part(1, 2, 8, other))
    assert answered(impedance_matrix(), *parts) == Matrix(8, (one, other))


def test_a_matrix_that_never_comes_whole_is_an_error() -> None:
    torn = (part(0, 2, 7, (1, 2, 550, ContactState.OK)), part(1, 2, 8, (1, 3, 646, ContactState.OK)))
    with pytest.raises(RemoteProtocolError, match="never came whole"):
        answered(impedance_matrix(), *torn * 3)


def test_the_matrix_is_a_triangle_that_shows_no_number_where_there_is_none() -> None:
    assert impedance_text(MEASURED, MATRIX).splitlines()[1:] == [
        "   E1       327 ohm  ok",
        "   E2             -  intermittent",
        "   E3      6000 ohm  high",
        "",
        "between every two contacts, in ohm:",
        "          E1     E2",
        "   E2  loose",
        "   E3  6250!   open",
    ]


def test_a_number_that_is_none_is_null_in_json() -> None:
    data = impedance_data(MEASURED, MATRIX)
    assert [row["ohm"] for row in data["contacts"]] == [327, None, 6_000]
    assert data["pairs"][0] == {"contacts": ["E1", "E2"], "ohm": None, "state": "intermittent"}
    assert "pairs" not in impedance_data(MEASURED)
