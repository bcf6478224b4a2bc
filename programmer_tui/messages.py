"""What the link tells the screens: immutable, newest wins. Read this page and you know the app's nervous system."""

from __future__ import annotations

from textual.message import Message

from scs.programmer.worker import WorkerEvent


class FromLink(Message):
    """One event of the worker that owns the port, handed on to the screens' thread."""

    bubble = False

    def __init__(self, event: WorkerEvent) -> None:
        super().__init__()
        self.event = event
