"""The shipped profiles against the published numbers, each with its source."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from scs.domain.profile import find_profile, parse_profile, profile_ids
from scs.errors import BadPrescription

PUBLISHED = ("evoke", "intellis", "opennerve-gen2", "proclaim", "senza", "wavewriter-alpha")
LABEL = re.compile(r"\[(found|found2|recalled|computed)[:, \]]|declared|read in source")


def test_the_reference_and_six_published_devices_are_shipped() -> None:
    assert profile_ids() == ("reference", *PUBLISHED)


@pytest.mark.parametrize("profile_id", ["reference", *PUBLISHED])
def test_every_row_says_where_its_numbers_come_from(profile_id: str) -> None:
    sources = dict(_sources(find_profile(profile_id), ""))
    assert len(sources) >= 14
    for row, source in sources.items():
        assert LABEL.search(source), f"{profile_id} {row}: {source}"


def _sources(model: BaseModel, path: str) -> Iterator[tuple[str, str]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if name == "source":
            yield path, value
        elif isinstance(value, BaseModel):
            yield from _sources(value, f"{path}.{name}")


@pytest.mark.parametrize(
    ("profile_id", "amplitude_max_ua", "width_us", "rate_mhz", "contacts", "kind"),
    [
        ("reference", 25_500, (10, 1000), (2_000, 1_200_000), 16, "rechargeable"),
        ("intellis", 100_000, (60, 1000), (10_000, 1_200_000), 16, "rechargeable"),
        ("proclaim", 25_500, (20, 1000), (2_000, 1_200_000), 16, "primary"),
        ("wavewriter-alpha", 25_500, (20, 1000), (2_000, 1_200_000), 32, "rechargeable"),
        ("senza", 15_000, (20, 1000), (2_000, 1_200_000), 16, "rechargeable"),
        ("evoke", 50_000, (20, 1000), (10_000, 1_500_000), 24, "rechargeable"),
        ("opennerve-gen2", 5_000, (100, 1000), (1_000, 2_000_000), 4, "rechargeable"),
    ],
)
def test_a_profile_has_the_published_ranges(
    profile_id: str,
    amplitude_max_ua: int,
    width_us: tuple[int, int],
    rate_mhz: tuple[int, int],
    contacts: int,
    kind: str,
) -> None:
    profile = find_profile(profile_id)
    assert profile.amplitude.max_ua == amplitude_max_ua
    assert (profile.pulse_width.min_us, profile.pulse_width.max_us) == width_us
    assert (profile.tonic_rate.min_mhz, profile.tonic_rate.max_mhz) == rate_mhz
    assert profile.counts.contacts == contacts
    assert profile.battery.kind == kind


def test_the_steps_of_proclaim_grow_with_the_rate() -> None:
    rates = find_profile("proclaim").tonic_rate
    assert rates.holds(40_000)
    assert rates.holds(210_000)
    assert rates.holds(1_180_000)
    assert not rates.holds(41_000)
    assert not rates.holds(202_000)
    assert not rates.holds(510_000)


@pytest.mark.parametrize("profile_id", ["reference", *PUBLISHED])
def test_every_band_ends_on_its_own_grid(profile_id: str) -> None:
    profile = find_profile(profile_id)
    rates = [profile.tonic_rate, profile.high_rate]
    if profile.burst is not None:
        rates += [profile.burst.rate, profile.burst.intra_rate]
    for rate in rates:
        for band in rate.bands if rate is not None else ():
            assert (band.max_mhz - band.min_mhz) % band.step_mhz == 0, band


@pytest.mark.parametrize("profile_id", ["reference", *PUBLISHED])
def test_every_range_begins_and_ends_on_its_own_grid(profile_id: str) -> None:
    profile = find_profile(profile_id)
    times = [profile.pulse_width, profile.interphase_gap, profile.ramp, profile.cycle_on, profile.cycle_off]
    currents = [profile.amplitude]
    if profile.burst is not None:
        times.append(profile.burst.pulse_width)
        currents.append(profile.burst.amplitude)
    for time in times:
        if time is not None:
            assert time.min_us % time.step_us == time.max_us % time.step_us == 0, time
    for current in currents:
        assert current.min_ua % current.step_ua == current.max_ua % current.step_ua == 0, current


def test_a_row_that_is_wrong_is_named() -> None:
    with pytest.raises(BadPrescription, match="profile row "):
        parse_profile('id = "mine"\nname = "Mine"\n')


def test_an_unknown_profile_is_answered_with_the_ones_there_are() -> None:
    with pytest.raises(BadPrescription, match="reference, evoke, intellis"):
        find_profile("none")
