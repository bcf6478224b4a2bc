"""What every question over a screen has: it is answered once, and it takes away nothing but itself.

Textual's `dismiss` takes away whatever lies on top: a second press on a button that is on its way already took away the
screen below, and an answer that came while the red screen of a STOP lay over the question took away that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.await_complete import AwaitComplete
from textual.message import Message
from textual.widgets import Button, Input, OptionList

if TYPE_CHECKING:
    from textual.screen import Screen

    _Screen = Screen[Any]
else:
    _Screen = object

_ANSWERS = (Button.Pressed, Input.Submitted, OptionList.OptionSelected)


class Dialog(_Screen):
    """Stands before the kind of modal screen that it is: `class Question(Dialog, ModalScreen[bool])`."""

    _is_answered = False
    _waiting: tuple[Any] | None = None
    """The answer of one that something else lies over; it goes when that has gone."""

    def prepare(self) -> None:
        """What is done once, when the widgets are there."""

    def on_mount(self) -> None:
        """A programmer that ends may take the screen down before it has any."""
        if self.query("*"):
            self.prepare()

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Answer, if that was not done before."""
        if self._is_answered:
            return _nothing()
        self._is_answered = True
        if self.app.screen is self:
            return super().dismiss(result)
        self._waiting = (result,)
        return _nothing()

    def on_screen_resume(self) -> None:
        if self._waiting is not None:
            (result,), self._waiting = self._waiting, None
            super().dismiss(result)

    async def _on_message(self, message: Message) -> None:
        """What was pressed after the answer, and is still on its way, means nothing any more."""
        if not (self._is_answered and isinstance(message, _ANSWERS)):
            await super()._on_message(message)


def _nothing() -> AwaitComplete:
    done: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
    return done
