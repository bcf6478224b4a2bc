"""Flipped bits in what is kept are noticed, one or two of them, in a record of every region; cuts leave old or new."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firmware_model.regions import REGIONS
from firmware_model.store import Store
from scs.testing import image_flips, power_cuts
from scs.testing.image_flips import Record, examine, records


@pytest.mark.hazard("H17")
@pytest.mark.req("FW-21")
def test_every_single_and_every_double_flip_of_every_record_is_noticed() -> None:
    """All single flips are tried; that no two cancel follows from their syndromes, and a sample of pairs is tried."""
    outcomes = [examine(record, samples=600) for record in records()]
    assert all(outcome.is_proved for outcome in outcomes), outcomes
    assert (outcomes[0].name, outcomes[0].bits) == ("program image of 512 bytes", 4_096)
    # The check bits of the words hold no record: what they put right never comes as far as a reader.
    for region in (region for region in REGIONS if region.name != "checks"):
        named = "program" if region.name == "program" else region.name.split()[-1]
        assert any(named in outcome.name for outcome in outcomes), region.name


def test_a_check_that_two_flips_can_cancel_in_is_found_out() -> None:
    """A sum of bytes: a bit up in one byte and the same bit down in another one leave it as it was."""
    data = bytes(range(60))

    def is_taken(damaged: bytes) -> bool:
        return sum(damaged) == sum(data)

    outcome = examine(Record("a sum", data, is_taken), every=1)
    assert outcome.missed > 100
    assert not outcome.is_proved


def test_every_pair_of_a_short_record_is_tried_when_it_is_asked_for() -> None:
    (power,) = (record for record in records() if record.name == "power")
    outcome = examine(power, every=1)
    assert outcome.tried == power.bits + power.bits * (power.bits - 1) // 2
    assert outcome.is_proved
    assert not replace(outcome, syndromes=power.bits - 1).is_proved


def test_a_reader_that_looks_at_no_check_sum_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "_is_intact", lambda _self, _raw, _end: True)
    assert examine(records()[0], samples=100).missed > 1_000


def test_the_commands_print_their_counts(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_flips, "SAMPLES", 50)
    assert image_flips.main([]) == 0
    assert capsys.readouterr().out.startswith("found  program image of 512 bytes")
    assert power_cuts.main(["--pairs", "--every", "997"]) == 0
    assert "0 images that are neither" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        power_cuts.main(["--every", "0"])


@pytest.mark.hazard("H14")
@pytest.mark.req("FW-23")
def test_a_store_that_writes_over_what_is_in_force_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class InPlace(Store):
        def _write(self, image: object) -> None:
            self._slot = 1 - self._slot
            super()._write(image)  # type: ignore[arg-type]

    monkeypatch.setattr(power_cuts, "Store", InPlace)
    assert power_cuts.cut_everywhere().mixed > 100
