"""What every screen shares that sends a group: the checks before it, the review, and what is said of its fate."""

from __future__ import annotations

from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.screens.review import ReviewScreen
from programmer_tui.session_link import WRITE
from programmer_tui.setting import setting_of
from scs.domain.program import Group
from scs.domain.verdict import Verdict
from scs.programmer.changing import Written
from scs.programmer.worker_events import JobDone, JobFailed, JobProgress, WorkerEvent


class SendingScreen(ProgrammerScreen):
    """Sends only what was reviewed, and only onto the generation that the reviewer saw."""

    def tell(self, text: str) -> None:
        """Say one sentence to the person."""

    def on_written(self, written: Written) -> None:
        """The implant holds the group; the digest that was read back equals that of what was sent."""

    def on_not_sent(self) -> None:
        """The person, the link or the implant did not want it."""

    def send(self, slot: int, group: Group, verdict: Verdict) -> bool:
        """Review `group` against what the slot holds, and send it when a person says so; False when that cannot be."""
        link = self.link
        if link.description is None or link.is_locked:
            self.tell("There is no implant whose data are fresh enough to send to; F2 connects.")
            return False
        if link.generation is None:
            self.tell("The slots are being read back; try again in a moment.")
            return False
        base = link.generation
        serial = link.description.identity.serial
        link.judged(group.name, verdict)

        def answered(rules: tuple[str, ...] | None) -> None:
            if rules is None:
                self.tell("Nothing was sent.")
            elif link.description is None or link.description.identity.serial != serial:
                self.tell(f"Nothing was sent: it was reviewed for {serial}, and that is not on the link any more.")
            elif link.write_group(slot, group, rules, base):
                self.tell("Sending...")
                return
            else:
                self.tell("No implant is connected; nothing was sent.")
            self.on_not_sent()

        self.app.push_screen(ReviewScreen(slot, link.groups.get(slot), group, verdict, setting_of(link)), answered)
        return True

    def on_link(self, event: WorkerEvent) -> None:
        if isinstance(event, JobProgress) and self.link.is_doing(WRITE):
            progress = event.progress
            self.tell(f"{progress.doing.capitalize()}: {progress.done} of {progress.total}")
        elif isinstance(event, JobDone) and isinstance(event.result, Written):
            held = event.result.held
            self.tell(f"Confirmed by the implant: slot {held.slot} holds '{held.group.name}'.")
            self.on_written(event.result)
        elif isinstance(event, JobFailed) and event.name == WRITE:
            self.tell(f"Not confirmed: {event.error}")
            self.on_not_sent()
