"""Choosing an implant: an address, an emulator of this machine, a serial port or a demonstration; then who answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from programmer_tui.painting import say
from programmer_tui.pairs import Pairs
from programmer_tui.presentation_access import pair_word
from programmer_tui.presentation_frame import NEVER_CLINICAL, device_lines
from programmer_tui.screens.base import ProgrammerScreen
from programmer_tui.widgets.choices import Choices
from scs.errors import RecordError, ScsError
from scs.programmer.worker_events import LinkUp, WorkerEvent
from scs.wire.terms import PairRole

if TYPE_CHECKING:
    from scs.transport.announcements import Announcement

WELCOME = (
    f"A {NEVER_CLINICAL}.\n"
    "Type the address of an implant, such as /dev/ttyUSB0, COM3, tcp:127.0.0.1:4000 or the path that "
    "`scs emulate` prints, and press Enter; or choose from the list. F4 edits without an implant."
)
DEMONSTRATION = "demonstration"
"""The name of the first choice; it is no address that anything could have."""
Choice = tuple[str, str]
"""An address and its line in the list."""
LOOK_EVERY_S = 2.0
"""How often the list is made anew: as often as an emulator says what it does."""


class ConnectScreen(ProgrammerScreen):
    """Enter connects."""

    NAME = "connect"
    EXPLANATION = "Tab moves between the fields and the list."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9", "demonstrate", "Demo", id="connect.demonstrate", tooltip="An emulated implant, no device"),
        Binding("ctrl+n", "pair", "Pair", id="connect.pair", tooltip="Pair with the implant that answers, by a magnet"),
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
        yield Choices(id="ports", markup=False)
        with VerticalScroll(can_focus=False):
            yield Static(id="answered", markup=False)

    def prepare(self) -> None:
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
        pairs = self.programmer.pairs
        emulators = [(it.address, emulator_line(it, pairs)) for it in found if it.address != own]
        known = self.programmer.recent
        recent = [(it, recent_line(it, known.serials.get(it, ""), pairs)) for it in known.addresses]
        self.app.call_from_thread(self._show_choices, emulators, recent, ports)

    def _show_choices(self, emulators: list[Choice], recent: list[Choice], ports: list[Choice]) -> None:
        if not self._is_whole:
            # The person went to another screen while the ports were looked for.
            return
        known = {address for address, _ in emulators}
        recent = [(address, text) for address, text in recent if address not in known]
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

    def action_pair(self) -> None:
        """Walk through a pairing with the implant that answers and that we have no key for, or not the right one."""
        if self.link.unpaired is not None:
            self.programmer.begin_pairing()
        elif self.programmer.pairs.is_in_the_clear:
            self.query_one("#answered", Static).update("This programmer talks in the clear and pairs with nobody.")
        else:
            self.query_one("#answered", Static).update(
                "Connect first: pairing is with an implant that has no key here."
            )

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

        record = self.link.record
        try:
            with Book(url) as book:
                earlier = [it for it in book.sessions() if it.serial == serial and not (record and record.is_of(it))]
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
            lines.insert(1, self._how_it_talks())
            if link.address == self.programmer.demonstration.address:
                lines[0] = "Connected to a demonstration: what it holds is gone when the programmer ends."
            lines = [line for line in [*lines, "F3 shows the therapy."] if line]
        elif link.unpaired is not None:
            again = "again " if link.unpaired.has_key else ""
            lines = [f"Not paired: {link.trouble}", f"Ctrl+N pairs {again}with it. It is asked again until then."]
        elif link.trouble:
            lines = [f"Not connected: {link.trouble}", "It is tried again until another address is given."]
        elif link.address:
            lines = [f"Connecting to {link.address}..."]
        else:
            return
        say(self.query_one("#answered", Static), "\n".join(lines))

    def _how_it_talks(self) -> str:
        if self.programmer.pairs.is_in_the_clear:
            return "In the clear: nothing that is said is secret, and anybody may have said it."
        pair = self.programmer.pair
        return f"Sealed, with the key of a pair for a {pair.word}." if pair is not None else "Sealed."


def emulator_line(said: Announcement, pairs: Pairs) -> str:
    """One emulator of this machine in one line: who, whether there is a key, what it does, who uses it, where."""
    use = "in use by a programmer" if said.has_writer else "free"
    talks = pair_word(said.is_sealed, _role(pairs, said.serial), pairs.is_in_the_clear)
    battery = f"battery {said.battery_permille / 10:.0f} %"
    return f"{said.serial}  {said.doing}, {battery}, {use}, {talks}  (emulator) {said.address}"


def recent_line(address: str, serial: str, pairs: Pairs) -> str:
    """An address that answered before, and whether there is a key for who answered there."""
    if not serial:
        return f"{address}  (recent)"
    role = _role(pairs, serial)
    talks = "" if pairs.is_in_the_clear else f", {pair_word(is_sealed=True, role=role, is_in_the_clear=False)}"
    return f"{address}  (recent) {serial}{talks}"


def _role(pairs: Pairs, serial: str) -> PairRole | None:
    """A store that cannot be read is said when somebody connects; the list shows no pair then."""
    try:
        return pairs.role(serial)
    except ScsError:
        return None
