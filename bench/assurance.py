"""What the proofs and the suite take on this machine, beside what each is allowed to."""

from __future__ import annotations

from bench.pairing import BenchRow, seconds
from scs.clock import Duration
from scs.proof.enumeration import enumerate_all
from scs.proof.prover import LEMMAS, prove
from scs.testing.conformance.runner import Settings, run_all
from scs.testing.machine import run_machine

STEPS = 15_000
LONG = Duration.of_s(20)


def run(repeats: int) -> list[BenchRow]:
    """Steps a second of the state machine, and the seconds of enumeration, lemmas and conformance; the best of two."""
    again = range(min(repeats, 2))
    steps = STEPS / min(seconds(lambda: run_machine(1, STEPS)) for _ in again)
    rows = [
        BenchRow(
            "state machine", "3,000 steps a second", steps, 3_000, "steps/s", steps / 3_000, 1.0, higher_is_better=True
        )
    ]
    for name, work, allowed in (
        ("every point of the profile", enumerate_all, 20),
        ("all lemmas and their controls", lambda: list(prove([lemma.name for lemma in LEMMAS], LONG)), 60),
        ("conformance, over 100,000 cases", lambda: run_all(Settings()), 60),
    ):
        took = min(seconds(work) for _ in again)
        rows.append(
            BenchRow(name, f"{allowed} s on two cores", took, allowed, "s", took / allowed, 1.0, higher_is_better=False)
        )
    return rows
