"""The same targets with Hypothesis: any bytes, and real input with pieces put over it; what is found is made small."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from scs.errors import ScsError
from scs.testing.fuzz.runner import Report, Trial, no_hang, restart_timer
from scs.testing.fuzz.target import Target

_PIECES = st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 8), st.binary(max_size=12)), min_size=1, max_size=4)
_PHASES = (Phase.generate, Phase.target, Phase.shrink)


def inputs(target: Target, corpus: tuple[bytes, ...] = ()) -> SearchStrategy[bytes]:
    """Inputs of a target."""
    real = (*target.seeds(), *corpus)
    return st.binary(max_size=200) | st.builds(_put_over, st.sampled_from(real), _PIECES)


def _put_over(data: bytes, pieces: list[tuple[int, int, bytes]]) -> bytes:
    """Real input in which some bytes are replaced by others, as many or not."""
    for place, length, piece in pieces:
        at = place % (len(data) + 1)
        data = data[:at] + piece + data[at + length :]
    return data


def run_hypothesis(target: Target, runs: int, seed: int = 1, corpus: tuple[bytes, ...] = ()) -> Report:
    """Feed `runs` inputs; a finding is the smallest input that Hypothesis came to."""
    report = Report(target.name, target.unit, "hypothesis")
    feed, trial = target.prepare(), Trial(report)

    @seeded(seed)
    @settings(
        max_examples=runs, deadline=None, database=None, phases=_PHASES, verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    @given(inputs(target, corpus))
    def one(data: bytes) -> None:
        report.inputs += 1
        trial.data = data
        restart_timer()
        try:
            report.units += feed(data)
        except ScsError:
            report.refused += 1
            report.units += 1

    with no_hang(), trial:
        # What comes out of this is what came out of the smallest input, the last that was fed.
        one()
    report.inputs -= 1
    return report
