"""Every format of a file that people write, or that another program may have written."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import resources

from firmware_model.faults.script import parse_fault_script
from programmer_tui.catalogue import actions
from programmer_tui.keymap import read_keymap
from scs.domain.impedance_file import parse_impedance_file
from scs.domain.lead import find_lead
from scs.domain.profile import parse_profile, profile_ids
from scs.domain.program_file import parse_implant_file, parse_program_file
from scs.domain.units import CURRENT, parse_quantity
from scs.errors import BadFile, ScsError
from scs.programmer.pairing_keys import RingSecrets
from scs.testing.fuzz.mutation import text_mutated
from scs.testing.fuzz.target import Feed, Mutate, Target, promise
from scs.transport.link_faults import parse_link_faults
from scs.wire.trace import Trace, TraceEvent, TraceHeader, parse_trace, trace_text

Parse = Callable[[str], object]
_SENTENCE_MAX = 60_000
"""Characters of everything that is said of one file: a reader that says more of a bad file drowns a person."""


def file_target(
    name: str, words: str, parse: Parse, seeds: tuple[str, ...] = (), mutate: Mutate = text_mutated
) -> Target:
    """A target that reads text; its seeds are those given and the files of its name in `seeds/`."""

    def all_seeds() -> tuple[bytes, ...]:
        folder = resources.files("scs.testing.fuzz") / "seeds"
        kept = sorted((entry for entry in folder.iterdir() if entry.name.startswith(f"{name}.")), key=lambda e: e.name)
        return (*(seed.encode() for seed in seeds), *(entry.read_bytes() for entry in kept))

    return Target(name, words, "files", all_seeds, partial(_prepare, parse), mutate)


def _prepare(parse: Parse) -> Feed:
    def feed(data: bytes) -> int:
        # Whoever reads a file refuses what is no UTF-8 before any of these sees it.
        text = data.decode("utf-8", "replace")
        try:
            parse(text)
        except ScsError as error:
            said = str(error)
            promise(0 < len(said) <= _SENTENCE_MAX, f"{len(said)} characters are said of a bad file")
            is_plain = said.replace("\n", " ").isprintable()
            promise(is_plain or not isinstance(error, BadFile), "what is said of a bad file moves the cursor")
            raise
        return 1

    return feed


class _OneEntry:
    """A keyring with one entry."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_password(self, service: str, username: str) -> str | None:
        return self._text

    def set_password(self, service: str, username: str, password: str) -> None:
        """Nothing is kept here."""

    def delete_password(self, service: str, username: str) -> None:
        """Nothing is kept here."""


def _secret(text: str) -> object:
    return RingSecrets(_OneEntry(text)).find("SCS-000001")


def _quantity(text: str) -> object:
    return parse_quantity(text, CURRENT)


def _lead(text: str) -> object:
    return find_lead(text.strip())


def _keymap(text: str) -> object:
    return read_keymap("keys.toml", text, actions())


def _a_trace() -> str:
    hello = bytes.fromhex("000201")
    events = (
        TraceEvent(0, "to-implant", 0, hello), TraceEvent(5, "from-implant", 0, hello),
        TraceEvent(9, "bench", text="break-lead", arguments={"contact": 3}),
    )  # fmt: skip
    return trace_text(Trace(TraceHeader(), events))


def _profiles() -> tuple[str, ...]:
    folder = resources.files("scs.domain") / "data" / "profiles"
    return tuple((folder / f"{name}.toml").read_text(encoding="utf-8") for name in profile_ids())


TARGETS = (
    file_target("program", "program files, TOML and JSON", partial(parse_program_file, "program")),
    file_target("implant-file", "files of leads", partial(parse_implant_file, "implant.toml")),
    file_target("lead", "names of leads", _lead, ("medtronic-977a2",)),
    file_target("profile", "device profiles", parse_profile, _profiles()),
    file_target("impedances", "impedance files", partial(parse_impedance_file, "impedances.toml")),
    file_target("faults", "fault scripts of an implant", partial(parse_fault_script, "faults.toml")),
    file_target("link-faults", "fault files of a link", partial(parse_link_faults, "link.toml")),
    file_target("trace", "recorded traces", partial(parse_trace, "trace.jsonl"), (_a_trace(),)),
    file_target("keymap", "keymaps of the programmer", _keymap),
    file_target("secret", "pairing secrets", _secret, (f"7 clinician {'0b' * 32}\n",)),
    file_target("quantity", "numbers with a unit", _quantity, ("5.2 mA", "-1 uA", "0.005 A")),
)  # fmt: skip
