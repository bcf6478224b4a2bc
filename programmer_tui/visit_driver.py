"""Textual's driver for browsers, which also leaves when the server beneath it is gone; scs/cli/web_server.py names it.

A server that was killed can ask nobody to leave: the end of the input is then the end of the visit, or a programmer
that nobody sees would keep its session.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from textual import messages
from textual.drivers.web_driver import WebDriver


class VisitDriver(WebDriver):
    """A WebDriver whose visit ends with its input."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._write = self._write_while_heard  # type: ignore[assignment]

    def run_input_thread(self) -> None:
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._app.post_message(messages.ExitApp())

    def _write_while_heard(self, data: bytes) -> int:
        """Painting for nobody must not keep the programmer from giving its session back."""
        with suppress(BrokenPipeError):
            return os.write(self.fileno, data)
        return len(data)
