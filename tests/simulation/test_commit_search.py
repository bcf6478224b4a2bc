"""Every way that a commit can go: none breaks its promise, and implants that lack a layer have ways that do."""

from __future__ import annotations

import pytest

from scs.errors import BadPrescription
from scs.testing import commit_search
from scs.testing.commit_search import search
from scs.testing.commits.search import Bounds
from scs.testing.commits.variants import VARIANTS, find_variant

WRONG = {
    "no-dedupe": (Bounds(troubles=1, cuts=0), 1, "change 1 was said not to be made, and it was", "Committed is lost"),
    "no-dedupe-no-base": (Bounds(troubles=1, cuts=0), 1, "change 1 was made 2 times", "and once more later"),
    "split-write": (Bounds(troubles=0, cuts=1), 1, "change 1 was said not to be made, and it was", "the power goes"),
    "number-in-ram": (Bounds(troubles=0, cuts=1), 1, "change 1 was said not to be made, and it was", "the power goes"),
    "in-place": (
        Bounds(troubles=0, cuts=1),
        2,
        "what is in force is neither the old group nor the new one",
        "write 1 of",
    ),
}


@pytest.mark.slow
@pytest.mark.hazard("H14", "H15", "H16")
@pytest.mark.req("LK-04", "LK-05", "FW-23")
def test_every_change_is_made_once_or_said_not_to_be_made_whatever_is_lost() -> None:
    """The real programmer and the real firmware; one frame in trouble and one cut, anywhere, in two changes."""
    found = search(find_variant("as-designed"), Bounds(troubles=1, cuts=1))
    assert (found.violation, found.way) == ("", ())
    assert found.states > 5_000
    assert found.transitions > found.states
    assert found.ends[("made", "made")] > 10
    assert set(found.ends) == {("made", "made"), ("made", "not made"), ("not made", "made")}


@pytest.mark.hazard("H14", "H16")
@pytest.mark.req("LK-04", "FW-23")
@pytest.mark.parametrize("name", WRONG)
def test_an_implant_that_lacks_a_layer_is_found_with_the_shortest_way(name: str) -> None:
    bounds, changes, said, step = WRONG[name]
    found = search(find_variant(name), bounds, changes)
    assert said in found.violation
    assert any(step in words for words in found.way)
    assert found.way[:2] == ("Open arrives", "Opened arrives")


SEALED_WRONG = {
    "no-dedupe": (Bounds(troubles=1, cuts=0), "Committed is lost"),
    "split-write": (Bounds(troubles=0, cuts=1), "the power goes"),
}


@pytest.mark.hazard("H14", "H15", "H16")
@pytest.mark.req("LK-04", "LK-05", "FW-23", "S-04")
def test_in_channels_too_a_change_is_made_once_whatever_is_lost_on_the_way() -> None:
    """A repeat is sealed anew, so no number of a channel keeps it from being done twice: the layers below do."""
    found = search(find_variant("as-designed"), Bounds(troubles=1, cuts=0), 1, is_sealed=True)
    assert (found.violation, found.way) == ("", ())
    assert found.states > 300
    assert set(found.ends) == {("made",)}


@pytest.mark.slow
@pytest.mark.hazard("H14", "H15", "H16")
@pytest.mark.req("LK-04", "LK-05", "FW-23", "S-04")
def test_in_channels_too_a_change_is_made_once_or_said_not_to_be_made_whenever_the_power_goes() -> None:
    """A frame in trouble and a loss of power in one opening are among these: nobody who opens is left without."""
    found = search(find_variant("as-designed"), Bounds(troubles=1, cuts=1), is_sealed=True)
    assert (found.violation, found.way) == ("", ())
    assert found.states > 10_000
    assert found.ends[("made", "made")] > 10
    assert set(found.ends) == {("made", "made"), ("made", "not made"), ("not made", "made")}


def test_whoever_opens_a_session_is_connected_however_often_the_power_goes() -> None:
    """Two losses of power in one opening; `make nightly` has two frames in trouble besides."""
    found = search(find_variant("as-designed"), Bounds(troubles=0, cuts=2), 0, is_sealed=True)
    assert (found.violation, found.way) == ("", ())
    assert found.states > 400


@pytest.mark.hazard("H14", "H16")
@pytest.mark.req("LK-04", "FW-23")
@pytest.mark.parametrize("name", SEALED_WRONG)
def test_in_channels_too_an_implant_that_lacks_a_layer_is_found(name: str) -> None:
    bounds, step = SEALED_WRONG[name]
    found = search(find_variant(name), bounds, 1, is_sealed=True)
    assert found.violation == "change 1 was said not to be made, and it was"
    assert found.way[:4] == ("Discover arrives", "Discovered arrives", "Hello arrives", "Welcome arrives")
    assert any(step in words for words in found.way)


def test_what_is_wrong_and_what_holds_is_known_of_every_variant() -> None:
    assert {variant.name for variant in VARIANTS if not variant.holds} == set(WRONG)
    with pytest.raises(BadPrescription, match="choose from as-designed"):
        find_variant("as-intended")


def test_the_command_prints_its_counts_and_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--variant", "as-designed", "--variant", "no-dedupe-no-base", "--changes", "1", "--cuts", "0"]
    assert commit_search.main(options) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("every way there is within 1 troubles of the link and 0 cuts")
    assert printed[0].endswith("of 1 changes, in the clear")
    assert printed[1].startswith("holds  as-designed")
    assert "states of the programmer" in printed[2]
    assert any(line.startswith("WRONG  no-dedupe-no-base") for line in printed)
    assert printed[-1].split(". ", 1)[1] == "Commit arrives"
    with pytest.raises(SystemExit):
        commit_search.main(["--variant", "as-intended"])
    assert "choose from as-designed" in capsys.readouterr().err


def test_a_search_that_finds_another_thing_than_is_expected_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a cut, a split write goes unnoticed; the command must not take that for a proof."""
    assert commit_search.main(["--variant", "split-write", "--changes", "1", "--cuts", "0", "--troubles", "0"]) == 1
    assert "NOT AS IT SHOULD BE" in capsys.readouterr().out
