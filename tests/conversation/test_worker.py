"""The thread that owns the port for a screen, against a real emulator in a process of its own."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from scs.clock import Duration, WallClock
from scs.domain.status import TherapyState
from scs.errors import LinkLost, Overtaken, Refused
from scs.programmer.client import Client
from scs.programmer.steps import Progress, ShowProgress
from scs.programmer.worker import Errand, Worker
from scs.programmer.worker_events import (
    JobDone,
    JobFailed,
    JobProgress,
    LinkDown,
    LinkUp,
    StatusRead,
    StopConfirmed,
    StopNotConfirmed,
    StopSent,
    WorkerEvent,
)
from scs.transport.address import open_transport
from scs.transport.base import Transport
from tests.support.emulators import Emulator, emulator
from tests.support.live_implant import LiveImplant
from tests.support.reference_implant import plain_group
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals exist on POSIX only")

E = TypeVar("E", bound=WorkerEvent)


class Screen:
    """What a screen would hear, in order, and a worker to press buttons on."""

    def __init__(self, address: str, *, attach: bool = True) -> None:
        self.heard: list[WorkerEvent] = []
        self.clock = WallClock()
        self.worker = Worker(lambda: open_transport(address), self.clock, self.heard.append)
        self.worker.start()
        if attach:
            self.first(LinkUp)

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in list(self.heard) if isinstance(event, kind)]

    def first(self, kind: type[E], after: int = 0) -> E:
        """Wait for an event of a kind beyond the first `after` of them."""
        wait_until(lambda: len(self.all(kind)) > after, f"{kind.__name__} number {after + 1}")
        return self.all(kind)[after]

    def ended(self) -> set[int]:
        """The numbers of the jobs that are done or have failed."""
        return {event.job for event in self.all(JobDone)} | {event.job for event in self.all(JobFailed)}

    def run(self, name: str, job: object) -> object:
        """Submit a job and wait for its result; what it failed with is raised."""
        number = self.worker.submit(name, job)  # type: ignore[arg-type]
        wait_until(lambda: number in self.ended(), name)
        for failed in self.all(JobFailed):
            if failed.job == number:
                raise failed.error
        return next(event.result for event in self.all(JobDone) if event.job == number)

    def is_delivering(self) -> bool:
        statuses = self.all(StatusRead)
        return bool(statuses) and any(statuses[-1].status.delivered_ua)


@contextmanager
def a_screen(running: Emulator) -> Iterator[Screen]:
    screen = Screen(running.address)
    try:
        yield screen
    finally:
        screen.worker.close()


@pytest.fixture
def implant(tmp_path: Path) -> Iterator[Emulator]:
    with emulator(tmp_path) as running:
        yield running


def start_therapy(screen: Screen) -> None:
    screen.run("write", lambda client, show: client.write_group(0, plain_group(), progress=show))
    screen.run("start", lambda client, show: client.start(0))
    wait_until(screen.is_delivering, "the ramp to deliver something")


def test_a_job_reports_progress_and_its_result_and_the_status_flows(implant: Emulator) -> None:
    with a_screen(implant) as screen:
        start_therapy(screen)
        assert any(isinstance(event.progress, Progress) for event in screen.all(JobProgress))
        count = len(screen.all(StatusRead))
        screen.first(StatusRead, after=count + 3)
        first, last = screen.all(StatusRead)[count], screen.all(StatusRead)[count + 3]
        assert last.at.since(first.at) < Duration.of_s(3)
        screen.worker.stop()
        screen.first(StopConfirmed)


def test_a_refused_job_fails_and_the_link_stays(implant: Emulator) -> None:
    with a_screen(implant) as screen:
        with pytest.raises(Refused):
            screen.run("read", lambda client, show: client.read_group(7))
        assert screen.run("status", lambda client, show: client.status().mode.name) == "UNPROGRAMMED"
        assert not screen.all(LinkDown)


@pytest.mark.hazard("H38")
@pytest.mark.req("PR-06")
def test_stop_overtakes_a_job_that_holds_the_link_and_drops_what_was_queued(implant: Emulator) -> None:
    def hold(client: Client, show: ShowProgress) -> None:
        client.hold(Duration.of_s(3))
        client.start(0)

    with a_screen(implant) as screen:
        start_therapy(screen)
        screen.worker.submit("hold, then start", hold)
        screen.worker.submit("start", lambda client, show: client.start(0))
        pressed_at = screen.clock.now()
        screen.worker.stop()
        confirmed = screen.first(StopConfirmed)
        assert screen.first(StopSent).at.since(pressed_at) < Duration.of_ms(500)
        assert confirmed.at.since(pressed_at) < Duration.of_s(1)
        wait_until(lambda: len(screen.all(JobFailed)) == 2, "both jobs to be given up")
        assert all(isinstance(event.error, Overtaken) for event in screen.all(JobFailed))
        status = screen.run("status", lambda client, show: client.status())
        assert status.therapy is TherapyState.OFF  # type: ignore[attr-defined]


@pytest.mark.hazard("H03")
@pytest.mark.req("FW-09")
def test_therapy_may_be_started_again_by_a_new_job_after_stop(implant: Emulator) -> None:
    with a_screen(implant) as screen:
        start_therapy(screen)
        screen.worker.stop()
        screen.first(StopConfirmed)
        screen.run("start", lambda client, show: client.start(0))
        wait_until(screen.is_delivering, "therapy after a new start")
        screen.worker.stop()
        screen.first(StopConfirmed, after=1)


@pytest.mark.hazard("H13")
@pytest.mark.req("PR-01")
def test_an_implant_that_vanishes_is_reported_and_found_again(implant: Emulator) -> None:
    with a_screen(implant) as screen:
        screen.run("write", lambda client, show: client.write_group(0, plain_group()))
        implant.kill()
        screen.first(LinkDown)
        implant.start()
        again = screen.first(LinkUp, after=1)
        assert again.description.identity.occupied == (0,)


@pytest.mark.hazard("H38")
@pytest.mark.req("PR-06")
def test_stop_without_a_link_is_not_confirmed_until_it_was_heard(implant: Emulator) -> None:
    with a_screen(implant) as screen:
        start_therapy(screen)
        implant.kill()
        screen.first(LinkDown)
        screen.worker.stop()
        screen.first(StopNotConfirmed)
        assert not screen.all(StopConfirmed)
        implant.start()
        screen.first(StopConfirmed)


@pytest.mark.hazard("H14")
@pytest.mark.req("FW-23")
def test_a_write_during_which_the_power_goes_ends_with_what_is_in_force(implant: Emulator) -> None:
    with a_screen(implant) as screen:

        def write_with_a_power_cut(client: Client, show: ShowProgress) -> object:
            def cut(progress: Progress) -> None:
                if progress.doing == "committing" and implant.process is not None and not cuts:
                    cuts.append(progress)
                    implant.kill()
                    implant.start()

            return client.write_group(0, plain_group(), progress=cut)

        cuts: list[Progress] = []
        with pytest.raises(LinkLost, match="slot 0 is empty"):
            screen.run("write", write_with_a_power_cut)
        assert screen.run("find", lambda client, show: client.find_group(0)) is None


def test_jobs_that_were_never_begun_fail_when_the_worker_is_closed(tmp_path: Path) -> None:
    screen = Screen(str(tmp_path / "nobody"), attach=False)
    screen.worker.submit("never", lambda client, show: None)
    screen.first(LinkDown)
    screen.worker.close()
    assert [type(event.error) for event in screen.all(JobFailed)] == [LinkLost]


@contextmanager
def a_stranger() -> Iterator[tuple[Worker, list[WorkerEvent]]]:
    """A worker without a key, and what it has told."""
    heard: list[WorkerEvent] = []
    with LiveImplant(roles=()) as implant:
        worker = Worker(implant.connect, WallClock(), heard.append, find_key=lambda _: None)
        worker.start()
        try:
            yield worker, heard
        finally:
            worker.close()


def ended(heard: list[WorkerEvent], number: int) -> JobDone | JobFailed:
    def found() -> list[JobDone | JobFailed]:
        return [it for it in list(heard) if isinstance(it, JobDone | JobFailed) and it.job == number]

    wait_until(found, f"the end of errand {number}")
    return found()[0]


@pytest.mark.req("S-09")
def test_an_implant_without_a_key_is_left_in_peace_until_something_has_changed() -> None:
    with a_stranger() as (worker, heard):

        def downs() -> int:
            return sum(isinstance(event, LinkDown) for event in list(heard))

        wait_until(lambda: downs() == 1, "that nobody is paired")
        assert isinstance(ended(heard, worker.run_errand("look", lambda port: port.name)), JobDone)
        assert downs() == 1
        worker.retry()
        wait_until(lambda: downs() == 2, "another attempt")


@pytest.mark.hazard("H38")
def test_stop_ends_an_errand_that_has_the_port() -> None:
    began = threading.Event()

    def listens_for_ever(port: Transport) -> None:
        began.set()
        while True:
            port.read(Duration.of_s(60))

    errand: Errand = listens_for_ever
    with a_stranger() as (worker, heard):
        number = worker.run_errand("listen", errand)
        wait_until(began.is_set, "the errand")
        worker.stop()
        failed = ended(heard, number)
        assert isinstance(failed, JobFailed)
        assert isinstance(failed.error, Overtaken)
        wait_until(lambda: any(isinstance(event, StopSent) for event in list(heard)), "STOP")
