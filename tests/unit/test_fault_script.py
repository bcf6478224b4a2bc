"""Does a fault script say what a person meant, and is whatever it cannot mean refused in a sentence?"""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest

from firmware_model.bench import Bench
from firmware_model.device import Device
from firmware_model.faults.campaign import Campaign
from firmware_model.faults.kinds import FAMILIES, KINDS, find_kind
from firmware_model.faults.memory import FallibleMemory
from firmware_model.faults.script import parse_fault_script
from firmware_model.store import RamMemory
from scs.clock import Duration, Instant
from scs.errors import BadFile, BadPrescription
from tests.support.implants import a_config

HEAD = 'format = "scs-faults/1"\n'
HOUR = 3_600_000_000


def an_implant() -> Device:
    return Device(a_config(), FallibleMemory(RamMemory()), Random(1), Instant(0))


def problem_of(body: str, head: str = HEAD) -> str:
    with pytest.raises(BadFile) as caught:
        parse_fault_script("mine.toml", head + body)
    return str(caught.value)


def test_rows_are_read_exactly_and_sorted_by_time() -> None:
    script = parse_fault_script(
        "mine.toml",
        HEAD
        + """
        title = "two"
        [[fault]]
        at = "2 h"
        kind = "lead-open"
        contact = "E3"
        for = "10 min"
        [[fault]]
        at = "1 h"
        every = "1 d"
        kind = "slow-sag"
        charge = "12.5 %"
        """,
    )
    first, second = script.planned
    assert (first.kind.id, first.at_us, first.values, first.every_us) == ("slow-sag", HOUR, {"charge": 125}, 24 * HOUR)
    assert (second.values, second.lasts_us) == ({"contact": 3}, HOUR // 6)
    times = [at_us // HOUR for at_us, _ in islice(script.course(1, Bench(an_implant())), 4)]
    assert times == [1, 2, 25, 49]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "says nothing"),
        ("[[fault]]\nkind = 'lead-open'", "at is missing"),
        ("[[fault]]\nat = '1 h'", "kind is missing"),
        ("[[fault]]\nat = '1 h'\nkind = 'gremlin'", 'no fault "gremlin"; choose one of lead-open'),
        ("[[fault]]\nat = '1 h'\nkind = 'lead-open'", "has to be told contact"),
        ("[[fault]]\nat = '1 h'\nkind = 'lead-open'\ncontact = 3", 'write "E3"'),
        ("[[fault]]\nat = '1 h'\nkind = 'lead-open'\ncontact = 'E3'\nohms = 5", "and not ohms"),
        ("[[fault]]\nat = '-1 h'\nkind = 'brown-out'", "below 0 us"),
        ("[[fault]]\nat = 5\nkind = 'brown-out'", "has no unit"),
        ("[[fault]]\nat = '1 h'\nkind = 'brown-out'\nfor = '1 s'", "is not mended"),
        ("[[fault]]\nat = '1 h'\nkind = 'task-skip'\ntask = 'naps'", "none of links, therapy"),
        ("[[fault]]\nat = '1 h'\nkind = 'torn-write'\nbytes = 5000", "no whole number from 0 to 4096"),
        ("[[chance]]\nkinds = ['brown-out']", "every is missing"),
        ("[[chance]]\nevery = '1 d'", "write a list of kinds"),
        ("[[chance]]\nevery = '1 d'\nfamilies = ['weather']", "none of output, power"),
        ("[[chance]]\nevery = '1 us'\nkinds = ['brown-out']", "below 1000 us"),
        ("[[chance]]\nevery = '1 d'\nkinds = ['brown-out']\nat = '1 h'", "at: no such key"),
        ("[[faults]]\nat = '1 h'", "faults: no such key"),
        ("title = 5\n[[fault]]\nat = '1 h'\nkind = 'brown-out'", "title: write some words"),
        ("fault = 5", "each under [[fault]]"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(body: str, said: str) -> None:
    assert said in problem_of(body)


def test_a_file_of_another_format_is_refused_by_its_first_line() -> None:
    assert "scs-faults/1" in problem_of("[[fault]]\nat = '1 h'\nkind = 'brown-out'", head="")


def test_every_problem_of_a_script_is_told_at_once() -> None:
    said = problem_of("[[fault]]\nat = '1 h'\nkind = 'x'\n[[fault]]\nat = 'y'\nkind = 'brown-out'")
    assert "fault 1:" in said
    assert "fault 2:" in said


def test_a_contact_that_the_implant_has_not_is_refused_before_anything_happens() -> None:
    script = parse_fault_script("mine.toml", HEAD + "[[fault]]\nat = '1 h'\nkind = 'lead-open'\ncontact = 'E31'")
    with pytest.raises(BadPrescription, match="E31 is no contact of this implant; choose one of E1 to E16"):
        Campaign(an_implant(), script)


def test_what_is_drawn_depends_on_the_seed_alone() -> None:
    text = HEAD + f"[[chance]]\nevery = '1 h'\nfor = '1 min'\nfamilies = {list(FAMILIES)}"
    script = parse_fault_script("mine.toml", text)

    def happened(seed: int) -> list[object]:
        device = an_implant()
        campaign = Campaign(device, script, seed)
        campaign.step(Instant(0) + Duration(48 * HOUR))
        return list(campaign.happened)

    assert happened(1) == happened(1)
    assert happened(1) != happened(2)
    assert len(happened(1)) > 30


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_what_a_kind_draws_a_script_can_say(kind: object) -> None:
    found = find_kind(str(getattr(kind, "id", "")))
    values = found.draw(Random(3), Bench(an_implant()))
    assert found.read(found.show(values)) == values
