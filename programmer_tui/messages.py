"""What the link tells the screens: immutable, newest wins. Read this page and you know the app's nervous system."""

from __future__ import annotations

from textual.message import Message

from scs.programmer.worker_events import StatusRead, WorkerEvent


class FromLink(Message):
    """One event of the worker that owns the port, handed on to the screens' thread."""

    bubble = False

    def __init__(self, number: int, event: WorkerEvent) -> None:
        super().__init__()
        self.number = number
        """Of the connection that it comes from; a screen never sees what an earlier one still says."""
        self.event = event

    def can_replace(self, message: Message) -> bool:
        """A newer status makes an older one of the same connection worthless; every other event counts."""
        return (
            isinstance(message, FromLink)
            and isinstance(self.event, StatusRead)
            and isinstance(message.event, StatusRead)
            and self.number == message.number
        )


class RecordTrouble(Message):
    """The session is not being recorded, and why; from the record's own thread."""

    bubble = False

    def __init__(self, trouble: str) -> None:
        super().__init__()
        self.trouble = trouble
