"""Choosing an implant: an address, or one of this machine's serial ports; then who answered."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from programmer_tui.presentation import NEVER_CLINICAL, device_lines
from programmer_tui.screens.base import ProgrammerScreen

WELCOME = (
    f"A {NEVER_CLINICAL}.\n"
    "Type the address of an implant, such as /dev/ttyUSB0, COM3, tcp:127.0.0.1:4000 or the path that "
    "`scs emulate` prints, and press Enter. Without an implant, F4 opens the program editor."
)


class ConnectScreen(ProgrammerScreen):
    """Enter connects."""

    NAME = "connect"
    EXPLANATION = "Tab moves between the fields and the ports."

    def content(self) -> ComposeResult:
        yield Static(WELCOME, id="welcome", markup=False)
        yield Input(placeholder="address", id="address", tooltip="Enter connects to this address")
        yield Input(
            placeholder="serial number, if only one implant will do",
            id="serial",
            tooltip="Any other implant that answers is refused",
        )
        yield OptionList(id="ports")
        with VerticalScroll(can_focus=False):
            yield Static(id="answered", markup=False)

    def on_mount(self) -> None:
        self.query_one(
            "#ports", OptionList
        ).tooltip = "Addresses that answered lately, then this machine's ports; Enter connects"
        self.query_one("#address", Input).focus()
        self._list_ports()

    @work(thread=True)
    def _list_ports(self) -> None:
        """Looking for ports can take seconds and loads pyserial; the screen is there meanwhile."""
        from scs.transport.ports import serial_ports

        found = [(port.device, f"{port.device}  {port.description}") for port in serial_ports()]
        self.app.call_from_thread(self._show_ports, found)

    def _show_ports(self, found: list[tuple[str, str]]) -> None:
        ports = self.query_one("#ports", OptionList)
        ports.clear_options()
        recent = self.programmer.recent.addresses
        ports.add_options([Option(f"{address}  (recent)", id=address) for address in recent])
        ports.add_options([Option(text, id=device) for device, text in found if device not in recent])
        if not found:
            ports.add_option(Option("no serial ports on this machine", disabled=True))

    @on(Input.Submitted)
    def _on_submitted(self) -> None:
        address = self.query_one("#address", Input).value.strip()
        if address:
            self._connect(address)

    @on(OptionList.OptionSelected, "#ports")
    def _on_port(self, event: OptionList.OptionSelected) -> None:
        if event.option.id is not None:
            self.query_one("#address", Input).value = event.option.id
            self._connect(event.option.id)

    def _connect(self, address: str) -> None:
        self.link.connect(address, self.query_one("#serial", Input).value.strip() or None)
        self.show()

    def show(self) -> None:
        link = self.link
        if link.is_up and link.description is not None:
            lines = ["Connected.", *device_lines(link.description, link.status, link.role), "F3 shows the therapy."]
        elif link.trouble:
            lines = [f"Not connected: {link.trouble}", "It is tried again until another address is given."]
        elif link.address:
            lines = [f"Connecting to {link.address}..."]
        else:
            return
        self.query_one("#answered", Static).update("\n".join(lines))
