"""`scs device`: the verbs and their options. What the verbs do is in device_verbs.py, which is loaded when one runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from scs.clock import Duration, local_second_of_day
from scs.domain.schedule import parse_minute
from scs.domain.units import CURRENT, TIME, parse_quantity
from scs.errors import BadQuantity

SLOTS = "0 to 7"


def add_parser(subparsers: Any) -> None:
    """Add `device` with its verbs to the command line."""
    parser = subparsers.add_parser(
        "device",
        help="talk to an implant: identify, write, start, stop, measure, log",
        description="Talk to an implant over a serial link. A software model, never for clinical use.",
    )
    _add_link(parser)
    parser.set_defaults(run=run, refuse=parser.error)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, about: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = verbs.add_parser(name, help=about, description=about.capitalize() + ".")
        _add_link(added, is_inner=True)
        return added

    verb("list", "list the emulators, recent addresses and serial ports of this machine; opens none")
    verb("identify", "say which implant answers, its leads and its limits")
    verb("status", "say what the implant does now").add_argument(
        "--beside", action="store_true", help="ask in the clear, with a magnet over the implant: for when keys are lost"
    )
    verb("battery", "say how full the battery is, what charges it, and what each consumer has drawn")
    verb("sensing", "say how the body lies, and what each program evokes, wants and delivers")
    _add_evoked(verb)
    clock = verb("clock", "say what time the implant believes it is, or set it")
    clock.add_argument("--set", dest="second_of_day", type=_time_of_day, metavar="TIME", help="08:30, or now")
    impedance = verb("impedance", "measure every contact against the case; therapy must be off")
    impedance.add_argument("--matrix", action="store_true", help="print what was measured between every two contacts")
    _add_slot(verb("read", "print the group in a slot as a program file"))
    _add_write(verb("write", "judge a program file and write its group into a slot"))
    verb("backup", "write the groups of all slots into a new file").add_argument(
        "file", metavar="FILE", help="a new file (JSON)"
    )
    _add_restore(verb("restore", "write the groups of a backup into the slots that they come from"))
    verb("start", "soft-start the group in a slot").add_argument(
        "--slot", type=int, choices=range(8), metavar="N", help=f"{SLOTS}; the default slot, else 0, if not given"
    )
    verb("slots", "say which slots hold a group, and which is the default")
    verb("default", "make a slot the one that is meant when a start names none").add_argument(
        "slot", choices=[*map(str, range(8)), "none"], metavar="SLOT", help=f"{SLOTS}, or none"
    )
    verb("clear", "empty a slot: the implant forgets its group").add_argument(
        "slot", type=int, choices=range(8), metavar="SLOT", help=SLOTS
    )
    stop = verb("stop", "STOP: take the output to zero at once, never refused")
    stop.add_argument("--soft", action="store_true", help="ramp down instead")
    _add_amplitude(verb("amplitude", "try an amplitude while therapy runs"))
    log = verb("log", "download the implant's log")
    log.add_argument("--after", type=int, default=0, metavar="N", help="only entries with a higher number")
    log.add_argument(
        "--export", choices=("csv", "json"), help="print it whole, with the chain checked; 2 when the chain is broken"
    )
    verb("usage", "say how often and how long each group was delivered")
    verb("resets", "say why the implant last began anew, and how often it did")
    watch = verb("watch", "follow status and log as they happen")
    watch.add_argument("--for", dest="duration", type=_duration, metavar="TIME", default=Duration.of_s(10))
    _add_access(verb)
    verb("clear-fault", "take back a latched fault whose cause is gone")
    _add_way(verb("mri", "enter or leave the MRI mode, in which stimulation is impossible"), "check")
    _add_way(verb("storage", "put the implant to sleep on the shelf, or wake it up"))


def _add_link(parser: argparse.ArgumentParser, *, is_inner: bool = False) -> None:
    """What may stand on either side of the verb: the inner one is shown in no help and must not reset the outer one."""
    port = "/dev/ttyUSB0, COM3, tcp:HOST:PORT, a pyserial URL; needed by all but list"

    def add(name: str, about: str, metavar: str | None = None) -> None:
        takes: dict[str, Any] = {"action": "store_true"} if metavar is None else {"metavar": metavar}
        takes |= {"default": argparse.SUPPRESS, "help": argparse.SUPPRESS} if is_inner else {"help": about}
        parser.add_argument(name, **takes)

    add("--port", port, "URL")
    add("--serial", "talk to the implant with this serial number only", "SN")
    add("--insecure", "talk in the clear, as only an implant on the bench allows")
    add("--json", "print one JSON object instead of sentences")


def _add_evoked(verb: Callable[[str, str], argparse.ArgumentParser]) -> None:
    growth = verb("growth", "try amplitudes up to the patient's highest, and read what each evokes")
    growth.add_argument("--to", dest="highest", type=_current, metavar="AMPLITUDE", help='end there, such as "5mA"')
    loops = verb("loops", "read what a program evokes in open and then in closed loop")
    loops.add_argument(
        "--for", dest="duration", type=_duration, metavar="TIME", default=Duration.of_s(20),
        help="how long each is read; 20s if not given",
    )  # fmt: skip
    for parser in (growth, loops):
        parser.add_argument("--program", default="0", metavar="N", help="the program's number or name; 0 if not given")


def _add_access(verb: Callable[[str, str], argparse.ArgumentParser]) -> None:
    pair = verb("pair", "pair with an implant over which a magnet was held")
    pair.add_argument("--secret", metavar="WORDS", help="the eight words that were laid out; asked for when not given")
    pair.add_argument("--bench", metavar="PATH", help="an emulator's bench: it holds the magnet and says the words")
    pair.add_argument("--role", default="clinician", choices=("clinician", "patient", "service"), help="who it is for")
    verb("access", "say who is paired with the implant, and what strangers did at its door")
    verb("unpair", "take a pair's key away").add_argument("pair", type=int, metavar="N", help="the number of the pair")
    verb("implanted", "mark the implant as implanted: it never talks in the clear again").add_argument(
        "--confirm", metavar="SN", default="", help="its serial number, typed: the mark cannot be taken back"
    )
    forget = verb("forget", "forget the key that this programmer has for an implant; asks nobody")
    forget.add_argument("implant", metavar="SN", help="the implant's serial number")


def _add_slot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--slot", type=int, default=0, choices=range(8), metavar="N", help=f"{SLOTS}; 0 if not given")


def _add_way(parser: argparse.ArgumentParser, *others: str) -> None:
    words = "; check: what speaks against entering" if "check" in others else ""
    said = f"enter: therapy must be off; leave: therapy stays off{words}"
    parser.add_argument("way", choices=("enter", "leave", *others), help=said)


def _add_write(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a program file (TOML or JSON)")
    _add_slot(parser)
    _add_acknowledge(parser)
    parser.add_argument("--other-leads", action="store_true", help="write although the file is meant for other leads")


def _add_restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="what scs device backup has written")
    parser.add_argument("--onto", metavar="SN", help="the implant's serial number, typed: needed for another implant")
    _add_acknowledge(parser)


def _add_amplitude(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("amplitude", type=_current, metavar="AMPLITUDE", help='such as "3.2mA"')
    parser.add_argument("--program", default="0", metavar="N", help="the program's number or name; 0 if not given")
    parser.add_argument(
        "--for", dest="duration", type=_duration, metavar="TIME", default=Duration.of_s(5),
        help="how long the trial is held before it soft-stops; 5s if not given",
    )  # fmt: skip
    parser.add_argument("--keep", action="store_true", help="commit the amplitude after the trial instead of stopping")
    _add_acknowledge(parser)


def _add_acknowledge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--acknowledge", nargs="+", action="extend", default=[], metavar="RULE", help="rules that you have considered"
    )


def _time_of_day(text: str) -> int:
    if text == "now":
        return local_second_of_day()
    try:
        return parse_minute(text) * 60
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}, or now") from error


def _current(text: str) -> int:
    try:
        return parse_quantity(text, CURRENT)
    except BadQuantity as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _duration(text: str) -> Duration:
    try:
        return Duration(parse_quantity(text, TIME))
    except BadQuantity as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def run(arguments: argparse.Namespace) -> int:
    """Carry out one verb and return its exit code."""
    if arguments.verb == "list":
        from scs.cli.device_list import run_list

        return run_list(as_json=arguments.json)
    if arguments.port is None and arguments.verb != "forget":
        arguments.refuse(f"{arguments.verb} needs --port URL before it; scs device list says which there are")
    from scs.cli.device_verbs import run_verb

    return run_verb(arguments)
