"""`scs emulate`: an implant behind a serial link, in real time or quicker, until it is told to end."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import threading
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from firmware_model.device import Device, DeviceConfig
    from firmware_model.host import Host
    from firmware_model.store import Memory
    from scs.clock import Instant
    from scs.transport.announcements import Announcer
    from scs.transport.listener import Listener

LEAD_ID = "medtronic-977a2"
"""Two of these are plugged in when no implant file is named: the commonest kind, eight contacts each."""
SPEED_MAX = 100_000
"""A day in less than a second; quicker than this a single wait is minutes of the implant's time."""
SERIAL_MAX = 24
"""As many characters as fit the message `Identity`."""


def add_parser(subparsers: Any) -> None:
    """Add `emulate` to the command line."""
    parser = subparsers.add_parser(
        "emulate",
        help="run an emulated implant behind a serial link",
        description="Run an emulated implant. The first line printed says where to connect. With --state the implant "
        "keeps its memory in a file and survives being killed at any moment. A software model, never for clinical use.",
    )
    parser.add_argument("--link", required=True, help="pty, pty:PATH, tcp:HOST:PORT or serial:DEVICE[,BAUD]")
    parser.add_argument("--profile", default="reference", help="a profile's id or a TOML file (default: reference)")
    parser.add_argument("--implant", metavar="FILE", help=f"the leads as a file (default: two {LEAD_ID})")
    parser.add_argument("--policy", default="default", help="default or strict")
    parser.add_argument("--serial", default="SCS-000001", help="the serial number (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is chance (default: %(default)s)")
    parser.add_argument("--speed", type=_speed, default=1, help="how many times quicker than real time (default: 1)")
    parser.add_argument("--state", metavar="FILE", help="keep the memory and the cell's charge in this file")
    parser.add_argument("--faults", metavar="FILE", help="a fault script: what breaks when, and for how long")
    parser.add_argument("--link-faults", metavar="FILE", help="what is wrong with the link, how often and for how long")
    parser.add_argument("--bench", metavar="PATH", help="open a door for scs bench-control at this path")
    parser.add_argument(
        "--end-with-stdin", action="store_true", help="end when standard input does: for a program that starts this one"
    )
    parser.add_argument("--insecure", action="store_true", help="talk in the clear too, as on the bench")
    parser.add_argument("--implanted", action="store_true", help="mark it as implanted: it never talks in the clear")
    parser.add_argument("--broken", metavar="ID", help="run one that is broken on purpose, to try a test suite on it")
    parser.add_argument("--list-broken", action=_ListBroken, help="list what can be broken on purpose, and end")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; 0 then."""
    import random
    import secrets

    from firmware_model.faults.campaign import Campaign
    from firmware_model.faults.memory import FallibleMemory
    from firmware_model.faults.script import parse_fault_script
    from firmware_model.host import Errand, FileMemory, Host, ending_on_signals
    from firmware_model.paged_memory import PagedMemory
    from firmware_model.power.cell_record import KeptCell
    from scs.cli.bench_socket import bench_socket
    from scs.cli.given_files import read_text
    from scs.cli.key_log import key_log
    from scs.clock import WallClock
    from scs.records.place import state_folder
    from scs.transport.announcements import Announcer
    from scs.transport.faulty import FaultyListener

    config = _config(arguments)
    build = _chosen_firmware(arguments.broken)
    script = parse_fault_script(arguments.faults, read_text(arguments.faults)) if arguments.faults else None
    memory = FileMemory(arguments.state) if arguments.state else PagedMemory()
    listener = _listener(arguments)
    clock = WallClock(arguments.speed)
    device = build(config, FallibleMemory(memory), random.Random(arguments.seed), clock.now())
    device.gate.draw_from(secrets.token_bytes)
    _mark(device, arguments)
    cell = KeptCell(memory, lambda: device.parts.battery) if arguments.state else None
    report = _Terminal() if sys.stdout.isatty() else _Lines()
    campaign = Campaign(device, script, arguments.seed)
    announcer = Announcer(state_folder(os.environ) / "emulators")
    host = Host(
        device, listener, clock, report, campaign=campaign, keep_cell=cell.keep if cell is not None else None,
        announce=lambda device: _announce(announcer, device, listener.address, arguments.bench or ""),
    )  # fmt: skip
    with ExitStack() as stack:
        stack.callback(announcer.withdraw)
        stack.enter_context(ending_on_signals(host))
        if arguments.end_with_stdin:
            threading.Thread(target=_end_with_stdin, args=(host,), daemon=True).start()
        if arguments.bench:
            give = lambda line, answer: host.ask_bench(Errand(line, answer))  # noqa: E731
            stack.enter_context(bench_socket(arguments.bench, give))
            report.event(f"bench at {arguments.bench}")
        report.event(f"connect to {listener.address}")
        report.event(f"{config.serial}, {config.profile.name}; a software model, never for clinical use")
        report.event(_how_it_talks(device))
        stack.enter_context(key_log(device, os.environ, report.event))
        host.run()
    if isinstance(listener, FaultyListener):
        report.event(f"the link: {listener.told}")
    report.event("ended")
    if isinstance(memory, FileMemory):
        memory.close()
    return 0


def _listener(arguments: argparse.Namespace) -> Listener:
    """Whoever waits for programmers, behind a bad link where a file says so. A link lives in real time at any speed."""
    from scs.transport.address import open_listener

    if not arguments.link_faults:
        return open_listener(arguments.link)
    import random

    from scs.cli.given_files import read_text
    from scs.clock import WallClock
    from scs.transport.faulty import FaultyListener
    from scs.transport.link_faults import parse_link_faults

    faults = parse_link_faults(arguments.link_faults, read_text(arguments.link_faults))
    chance = random.Random(f"{arguments.seed} link")
    return FaultyListener(open_listener(arguments.link), chance, faults, WallClock())


def _mark(device: Device, arguments: argparse.Namespace) -> None:
    """Mark the implant as implanted where that was asked for; one that is so marked does not talk in the clear."""
    from scs.errors import BadPrescription

    keys = device.parts.keys
    if arguments.implanted and not keys.is_implanted:
        keys.mark_implanted()
    if arguments.insecure and keys.is_implanted:
        raise BadPrescription(
            "--insecure: this implant is marked as implanted and talks in sealed channels only; leave the option out, "
            "or take the mark away on the bench: scs bench-control PATH explant"
        )


def _how_it_talks(device: Device) -> str:
    keys = device.parts.keys
    if not device.parts.config.is_sealed:
        return "INSECURE: it talks in the clear, as on the bench; whoever reaches the link may program it"
    if keys.pairs:
        return f"it talks in sealed channels, with {len(keys.pairs)} paired programmers"
    return "it talks in sealed channels, and nobody is paired; scs device --port ADDRESS pair --bench PATH does it"


def _announce(announcer: Announcer, device: Device, address: str, bench: str) -> None:
    """Say to programmers on this machine that this emulator runs, and what it does."""
    from pathlib import Path

    from firmware_model.gatekeeper import is_sealed

    parts = device.parts
    profile = parts.config.profile
    announcer.announce(
        address, parts.config.serial, profile.name,
        doing=f"{parts.modes.mode.name.lower()}, therapy {parts.therapy.state.name.lower().replace('_', ' ')}",
        battery_permille=parts.battery.permille, has_writer=device.links.writer is not None,
        is_sealed=is_sealed(parts), bench=str(Path(bench).absolute()) if bench else "",
    )  # fmt: skip


def _end_with_stdin(host: Host) -> None:
    """Whoever started this emulator is gone when nothing can be read from there any more."""
    # Not through sys.stdin: a thread that waits inside of it cannot be left behind when the process ends.
    while os.read(sys.stdin.fileno(), 4_096):
        pass
    with suppress(OSError):
        # It may have ended by itself meanwhile.
        host.close()


def _chosen_firmware(fault_id: str | None) -> Callable[[DeviceConfig, Memory, Random, Instant], Device]:
    """The real firmware, or the one that is broken in this way, which is then said where it cannot be piped away."""
    if fault_id is None:
        from firmware_model.device import Device

        return Device
    from firmware_model.known_bad import find_known_bad

    fault = find_known_bad(fault_id)
    print(f"scs: this firmware is broken on purpose: {fault.description} ({fault.id}, {fault.hazard})", file=sys.stderr)
    return fault.build


class _ListBroken(argparse.Action):
    """Prints the table and ends, as --help does; no link is needed for it."""

    def __init__(self, option_strings: list[str], dest: str, **named: Any) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, **named)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from firmware_model.known_bad import KNOWN_BAD
        from scs.cli.table import FOOTER, Paint, columns

        rows = [(fault.id, fault.hazard, fault.description) for fault in KNOWN_BAD]
        print("\n".join(columns(("id", "hazard", "what it does that it must not"), rows, Paint())))
        print(f"\n{len(rows)} firmwares that are broken on purpose, to try a test suite on\n{FOOTER}")
        parser.exit()


def _config(arguments: argparse.Namespace) -> DeviceConfig:
    from firmware_model.device import DeviceConfig
    from scs.cli.given_files import chosen_profile, read_text
    from scs.domain.lead import Implant, PluggedLead, find_lead
    from scs.domain.policy import find_policy
    from scs.domain.program_file import parse_implant_file
    from scs.errors import BadPrescription

    serial = arguments.serial
    if not 0 < len(serial) <= SERIAL_MAX or not serial.isprintable():
        raise BadPrescription(f"--serial {serial!r}: use 1 to {SERIAL_MAX} printable characters")
    if arguments.implant:
        implant = parse_implant_file(arguments.implant, read_text(arguments.implant))
    else:
        lead = find_lead(LEAD_ID)
        implant = Implant(leads=(PluggedLead(port="A", lead=lead), PluggedLead(port="B", lead=lead)))
    profile = chosen_profile(arguments.profile)
    counts = profile.counts
    if len(implant.contacts) > counts.contacts or len(implant.leads) > counts.ports:
        raise BadPrescription(
            f"the leads have {len(implant.contacts)} contacts in {len(implant.leads)} ports, {profile.name} has "
            f"{counts.contacts} in {counts.ports}; choose another --profile or --implant"
        )
    return DeviceConfig(serial, profile, find_policy(arguments.policy), implant, is_sealed=not arguments.insecure)


def _speed(text: str) -> int:
    speed = int(text)
    if not 1 <= speed <= SPEED_MAX:
        raise argparse.ArgumentTypeError(f"{speed} is none of 1 to {SPEED_MAX}")
    return speed


class _Lines:
    """One line an event: for files and pipes."""

    is_live = False

    def event(self, text: str) -> None:
        print(text, flush=True)

    def live(self, text: str) -> None:
        """There is no live line in a file."""


class _Terminal:
    """Events scroll; beneath them one line says what the implant is doing."""

    is_live = True

    def __init__(self) -> None:
        self._shown = ""

    def event(self, text: str) -> None:
        print(f"\r\x1b[K{text}", flush=True)
        self._paint(self._shown)

    def live(self, text: str) -> None:
        if text != self._shown:
            self._paint(text)

    def _paint(self, text: str) -> None:
        self._shown = text
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{text[:width]}", end="", flush=True)
