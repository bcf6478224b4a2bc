"""A session in real time: what a programmer does is seen, and the instructor can stop, change and rewind it."""

from __future__ import annotations

import json
from random import Random

import pytest

from scs.clock import Duration, Instant
from scs.errors import BadPrescription
from scs.programmer.client import Client
from scs.testing.direct_link import DeviceClock, DirectLink
from scs.training.live import LiveSession
from scs.training.scenario import find_scenario

STILL_US = 5_000_000


def live(scenario_id: str) -> LiveSession:
    return LiveSession(find_scenario(scenario_id), "anna")


def programmer(session: LiveSession) -> Client:
    """A client that is no part of the training: it has a link of its own, as over a port."""
    device = session.world.device
    return Client.open(DirectLink(device, session.step, link=3), DeviceClock(device), chance=Random(1))


@pytest.mark.req("S-10")
def test_a_trainee_s_programmer_comes_paired_and_stays_so_over_a_rewind() -> None:
    session = LiveSession(find_scenario("lying-down"), "anna", key=bytes(range(32)))
    told = session.do({"do": "key"})
    credential = (told["pair"], bytes.fromhex(told["key"]))
    device = session.world.device
    for _ in range(2):
        link = DirectLink(device, session.step, link=3)
        find_key = {told["serial"]: credential}.get
        with Client.open(link, DeviceClock(device), chance=Random(1), find_key=find_key) as client:
            assert client.access().own_pair == told["pair"]
        session.do({"do": "rewind", "name": "begin"})
    with pytest.raises(BadPrescription, match="--insecure"):
        live("lying-down").do({"do": "key"})


def verbs(session: LiveSession) -> list[str]:
    return [moment.verb for moment in session.world.course.moments if moment.kind == "did"]


def test_what_a_programmer_does_is_read_from_the_log() -> None:
    session = live("mri-bad-contact")
    with programmer(session) as client:
        client.soft_stop()
        client.hold(Duration(3_000_000))
        client.measure_impedance()
        client.enter_mri()
    assert verbs(session) == ["status", "soft-stop", "impedance", "enter-mri"]
    assert [moment.verb for moment in session.world.course.unsafe] == ["enter-mri"]


def test_a_rise_into_pain_by_one_order_is_unsafe() -> None:
    session = live("lying-down")
    session.do({"do": "posture", "posture": "sitting"})
    with programmer(session) as client:
        client.set_amplitude(0, 10_000)
        client.hold(Duration(STILL_US))
    assert [moment.verb for moment in session.world.course.unsafe] == ["jolt"]


def test_while_it_is_paused_no_time_passes_and_the_room_still_answers() -> None:
    session = live("lying-down")
    session.do({"do": "pause"})
    before = session.world.at_us
    session.step(session.world.device.now + Duration(STILL_US))
    assert session.do({"do": "state"})["at_us"] == before
    session.do({"do": "resume"})
    session.step(session.world.device.now + Duration(STILL_US))
    assert session.world.at_us == before + STILL_US


def test_a_rewound_session_goes_on_as_if_nothing_had_been() -> None:
    session, other = live("lying-down"), live("lying-down")
    session.do({"do": "mark", "name": "before"})
    session.do({"do": "inject", "happening": {"what": "posture", "posture": "supine"}})
    session.do({"do": "inject", "happening": {"what": "migrate", "port": "B", "down": "35 mm"}})
    with programmer(session) as client:
        client.stop()
    assert session.world.feeling.grade == "nothing"
    session.do({"do": "rewind", "name": "before"})
    for one in (session, other):
        one.step(Instant(one.world.device.now.us + STILL_US))
    assert session.world.feeling == other.world.feeling
    assert session.world.bench.pulses == other.world.bench.pulses
    assert session.world.course.moments == other.world.course.moments


def test_what_is_injected_comes_at_once_and_is_felt() -> None:
    session = live("fractured-lead")
    assert session.do({"do": "state"})["grade"] == "comfortable"
    fault = {"kind": "lead-open", "contact": "E15"}
    assert session.do({"do": "inject", "happening": {"what": "fault", "fault": fault}})["grade"] == "nothing"


def test_an_order_that_cannot_be_done_changes_nothing_and_says_why() -> None:
    session = live("lying-down")
    before = session.do({"do": "state"})
    for asked, word in (
        ('{"do": "dance"}', "no order"),
        ('{"do": "rewind", "name": "never"}', "choose one of begin"),
        ('{"do": "mark"}', "has to be told name"),
        ('{"do": "inject", "happening": 3}', "is a table"),
        ('{"do": "inject", "happening": {"what": "fault", "fault": {"kind": "lead-open", "contact": "E40"}}}', "E40"),
        ('{"do": "moments", "after": -1}', "0 or more"),
        ("[]", "a table"),
    ):
        answer = json.loads(session.serve(asked))
        assert not answer["ok"]
        assert word in answer["error"]
    assert session.do({"do": "state"}) == before


def test_a_live_session_is_judged_once_and_remarks_are_in_its_timeline() -> None:
    session = live("lying-down")
    session.do({"do": "annotate", "words": "look at the posture"})
    session.do({"do": "find", "finding": "posture"})
    result = session.do({"do": "end"})["result"]
    assert result["trainee"] == "anna"
    assert any(moment["words"] == "look at the posture" for moment in result["moments"])
    assert session.do({"do": "end"})["result"] == result


def test_steps_of_the_programmer_are_no_orders_of_the_room() -> None:
    with pytest.raises(BadPrescription, match="no order"):
        live("lying-down").do({"do": "start", "slot": 0})
