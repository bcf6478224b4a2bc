"""Choosing an implant: an address, an emulator of this machine, a serial port or a demonstration; then who answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from programmer_tui.presentation import NEVER_CLINICAL, device_lines
from programmer_tui.screens.base import ProgrammerScreen
from scs.errors import RecordError
from scs.programmer.worker import LinkUp, WorkerEvent

if TYPE_CHECKING:
    from scs.transport.announcements import Announcement

WELCOME = (
    f"A {NEVER_CLINICAL}.\n"
    "Type the address of an implant, such as /dev/ttyUSB0, COM3, tcp:127.0.0.1:4000 or the path that "
    "`scs emulate` prints, and press Enter; or choose from the list. F4 edits without an implant."
)
DEMONSTRATION = "demonstration"
"""The name of the first choice; it is no address that anything could have."""
LOOK_EVERY_S = 2.0
"""How often the list is made anew: as often as an emulator says what it does."""


class ConnectScreen(ProgrammerScreen):
    """Enter connects."""

    NAME = "connect"
    EXPLANATION = "Tab moves between the fields and the list."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9", "demonstrate", "Demo", id="connect.demonstrate", tooltip="An emulated implant, no device"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._listed: list[tuple[str, str]] = []
        self._last_session = ""

    def content(self) -> ComposeResult:
        yield Static(WELCOME, id="welcome", markup=False)
        with Horizontal(id="whom"):
            yield Input(placeholder="address", id="address", tooltip="Enter connects to this address")
            yield Input(
                placeholder="serial number, if only one will do",
                id="serial",
                tooltip="Any other implant that answers is refused",
            )
        yield OptionList(id="ports", markup=False)
        with VerticalScroll(can_focus=False):
            yield Static(id="answered", markup=False)

    def on_mount(self) -> None:
        self.query_one(
            "#ports", OptionList
        ).tooltip = "A demonstration, emulators, recent addresses, serial ports; Enter connects"
        self.query_one("#address", Input).focus()
        self._look()
        self.set_interval(LOOK_EVERY_S, self._look)

    @work(thread=True, exclusive=True, group="look")
    def _look(self) -> None:
        """Looking for ports can take seconds and loads pyserial; the screen is there meanwhile."""
        from scs.transport.announcements import announced
        from scs.transport.ports import serial_ports

        ports = [(port.device, f"{port.device}  {port.description}") for port in serial_ports()]
        folder = self.programmer.emulators
        found = announced(folder) if folder is not None else ()
        own = self.programmer.demonstration.address
        emulators = [(it.address, emulator_line(it)) for it in found if it.address != own]
        self.app.call_from_thread(self._show_choices, emulators, ports)

    def _show_choices(self, emulators: list[tuple[str, str]], ports: list[tuple[str, str]]) -> None:
        if not self._is_whole:
            # The person went to another screen while the ports were looked for.
            return
        known = {address for address, _ in emulators}
        recent = [(it, f"{it}  (recent)") for it in self.programmer.recent.addresses if it not in known]
        known |= {address for address, _ in recent}
        listed = [(DEMONSTRATION, "Demonstration: an emulated implant, without a device"), *emulators, *recent]
        listed += [(device, text) for device, text in ports if device not in known]
        if not ports:
            listed.append(("", "no serial ports on this machine"))
        if listed != self._listed:
            self._listed = listed
            self._fill(listed)

    def _fill(self, listed: list[tuple[str, str]]) -> None:
        """What is highlighted stays so, as long as it is there."""
        choices = self.query_one("#ports", OptionList)
        place = choices.highlighted
        before = choices.get_option_at_index(place).id if place is not None else None
        choices.clear_options()
        choices.add_options([Option(text, id=address or None, disabled=not address) for address, text in listed])
        if before is not None and before in dict(listed):
            choices.highlighted = choices.get_option_index(before)

    @on(Input.Submitted)
    def _on_submitted(self) -> None:
        address = self.query_one("#address", Input).value.strip()
        if address:
            self._connect(address)

    @on(OptionList.OptionSelected, "#ports")
    def _on_chosen(self, event: OptionList.OptionSelected) -> None:
        if event.option.id == DEMONSTRATION:
            self.action_demonstrate()
        elif event.option.id is not None:
            self.query_one("#address", Input).value = event.option.id
            self._connect(event.option.id)

    def action_demonstrate(self) -> None:
        """Connect to an emulated implant of this programmer's own."""
        self.query_one("#answered", Static).update("Starting an emulated implant...")
        self.programmer.demonstrate()

    def _connect(self, address: str) -> None:
        self._last_session = ""
        self.link.connect(address, self.query_one("#serial", Input).value.strip() or None)
        self.show()

    def on_link(self, event: WorkerEvent) -> None:
        if isinstance(event, LinkUp):
            self._read_last_session(event.description.identity.serial)

    @work(thread=True, exclusive=True, group="last")
    def _read_last_session(self, serial: str) -> None:
        """The book may be slow, and it loads a library that takes a third of a second."""
        url = self.programmer.records_url
        if url is None:
            return
        from scs.records.book import Book

        own = self.link.record.number if self.link.record is not None else None
        try:
            with Book(url) as book:
                earlier = [it for it in book.sessions() if it.serial == serial and it.number != own]
        except RecordError as error:
            said = str(error)
        else:
            said = "no earlier session with it is in the book"
            if earlier:
                last = earlier[-1]
                end = "" if last.is_closed else ", not ended properly"
                said = f"last session: {last.opening.started_at}, {last.opening.program}, {last.lines} lines{end}"
        self.app.call_from_thread(self._show_last_session, said)

    def _show_last_session(self, said: str) -> None:
        self._last_session = said
        if self._is_whole:
            self.show()

    def show(self) -> None:
        link = self.link
        # At 80x24 the advice and the answer do not both fit, and whoever is connected has no need of the former.
        self.query_one("#welcome", Static).display = not link.is_up
        if link.is_up and link.description is not None:
            lines = ["Connected.", *device_lines(link.description, link.status, link.role), self._last_session]
            if link.address == self.programmer.demonstration.address:
                lines[0] = "Connected to a demonstration: what it holds is gone when the programmer ends."
            lines = [line for line in [*lines, "F3 shows the therapy."] if line]
        elif link.trouble:
            lines = [f"Not connected: {link.trouble}", "It is tried again until another address is given."]
        elif link.address:
            lines = [f"Connecting to {link.address}..."]
        else:
            return
        self.query_one("#answered", Static).update("\n".join(lines))


def emulator_line(said: Announcement) -> str:
    """One emulator of this machine in one line: who, what it does, how full, whether it is free, where."""
    use = "in use by a programmer" if said.has_writer else "free"
    return f"{said.serial}  {said.doing}, battery {said.battery_permille / 10:.0f} %, {use}  (emulator) {said.address}"
