"""The double-cable axon: it gives the thresholds of the reference, and it is an axon."""

from __future__ import annotations

import json

import numpy as np
import pytest

from scs.body.constants import reference
from scs.body.mrg import NODES, Axon, Gates, geometry, mrg_data, threshold_ma
from scs.cli.main import main
from scs.testing.neuron_axon import channels_text, is_installed, neuron_threshold_ma

ROWS = (2, 36, 58, 77, 99)


@pytest.mark.parametrize("index", ROWS)
def test_a_row_of_the_reference_comes_out_again(index: int) -> None:
    row = reference()[index]
    found = threshold_ma(geometry(row.diameter_um, row.internode_um), row.distance_mm, row.width_ms, row.threshold_ma)
    assert found == pytest.approx(row.threshold_ma, rel=0.04)


@pytest.mark.slow
def test_wherever_the_search_begins_it_ends_at_the_same_threshold() -> None:
    row = reference()[58]
    fibre = geometry(row.diameter_um, row.internode_um)
    near, far = (threshold_ma(fibre, row.distance_mm, row.width_ms, part * row.threshold_ma) for part in (1.0, 0.4))
    assert far == pytest.approx(near, rel=0.01)


def test_it_fires_above_its_threshold_and_not_below_and_not_at_an_anode() -> None:
    axon = Axon(geometry(10.0, 1_122.3), 3.0)
    assert not axon.fires(0.0, 0.2)
    assert not axon.fires(0.6, 0.2)
    assert axon.fires(0.9, 0.2)
    assert not axon.fires(-0.9, 0.2), "an anode needs about four times the current"


def test_gates_at_rest_stay_where_they_are() -> None:
    rest = np.full(NODES, mrg_data()["cable"]["rest_mv"])
    gates = Gates(rest)
    first, _ = gates.advance(rest, 1e-7)
    later = first
    for _ in range(50):
        later, _ = gates.advance(rest, 1e-7)
    assert later == pytest.approx(first)


def test_the_command_compares_and_says_by_what(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["body", "again", "--rows", "1", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["by"] == "numpy"
    assert len({(row["diameter_um"], row["distance_mm"], row["width_us"]) for row in answer["rows"]}) == 1
    assert main(["body", "again", "--rows", "101"]) == 2
    assert "1 to 100" in capsys.readouterr().err


def test_the_channels_of_neuron_have_the_same_constants() -> None:
    text = channels_text()
    for name, value in mrg_data()["channels"].items():
        if name != "celsius":
            assert f"{value:g}" in text, name


@pytest.mark.skipif(is_installed(), reason="NEURON is installed here")
def test_without_neuron_it_says_how_to_get_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["body", "again", "--neuron"]) == 2
    assert "scs[neuron]" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not is_installed(), reason="needs the extra neuron")
def test_neuron_gives_the_thresholds_of_the_reference_too() -> None:
    row = reference()[58]
    fibre = geometry(row.diameter_um, row.internode_um)
    found = neuron_threshold_ma(fibre, row.distance_mm, row.width_ms, row.threshold_ma)
    assert found == pytest.approx(row.threshold_ma, rel=0.04)
