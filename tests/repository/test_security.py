"""The threat model names requirements that there are, and what can be seen in the source of them is so."""

from __future__ import annotations

import ast
import re

import pytest

import scs.wire.messages  # noqa: F401  (what is declared there enters the tables of scs.wire.schema)
from scs.wire.framing import Direction
from scs.wire.schema import DIRECTIONS, FIELDS, MESSAGES
from tests.support import traceability
from tests.support.sources import PACKAGES, python_files, text_of, tree_of
from tests.support.traceability import later, requirements

THREAT = re.compile(
    r"^\| (T\d\d) \| ([STRIDE]) \| (B\d(?:, B\d)*) \| [^|]+ \| ([A-Z]+-\d\d(?:, [A-Z]+-\d\d)*) \|$", re.M
)
KNOWN = {row.id for row in requirements()} | set(later())
OF_SECURITY = {row.id for row in requirements() if row.level == "security"} | set(traceability.later_for_security())
BEHIND_ONE_FILE = {
    "noise": {"scs/wire/sealing.py"},
    "cryptography": {"scs/wire/sealing.py", "scs/wire/keylog.py"},
    "secrets": {
        "scs/cli/bench_socket.py",
        "programmer_tui/passphrase.py",
        "scs/cli/emulate.py",
        "scs/cli/train_live.py",
        "scs/cli/web_server.py",
        "scs/programmer/client.py",
        "scs/programmer/pairing.py",
        "scs/programmer/pairing_keys.py",
        "scs/programmer/worker.py",
    },
}
"""Where ciphers and secret random numbers come from, and the only files that may ask for them."""
HASHES = re.compile(r"\bhashlib\.(?!(?:sha256|scrypt)\b)\w+|\b(?:md5|sha1|blake2\w?|hmac\.new)\(")


def threats() -> list[tuple[str, str, list[str], list[str]]]:
    """(number, kind, boundaries, requirements) of each row of the threat model."""
    rows = THREAT.findall(text_of("docs/SECURITY.md"))
    return [(number, kind, at.split(", "), named.split(", ")) for number, kind, at, named in rows]


def test_every_row_of_the_threat_model_is_whole_and_numbered() -> None:
    numbers = re.findall(r"^\| (T\d\d)", text_of("docs/SECURITY.md"), re.M)
    assert [number for number, *_ in threats()] == numbers, "a row is not number | kind | boundary | how | requirements"
    assert numbers == [f"T{number:02}" for number in range(1, len(numbers) + 1)]
    assert {kind for _, kind, *_ in threats()} == set("STRIDE")


def test_a_threat_names_requirements_that_there_are_and_none_of_security_is_left_without_a_threat() -> None:
    named = {identity for *_, identities in threats() for identity in identities}
    assert named <= KNOWN, f"no such requirement: {sorted(named - KNOWN)}"
    assert named >= OF_SECURITY, f"no threat leads to {sorted(OF_SECURITY - named)}"
    assert {f"S-{number:02}" for number in range(1, 24)} == OF_SECURITY


def test_a_threat_crosses_a_boundary_that_is_described() -> None:
    described = set(re.findall(r"^\| (B\d) ", text_of("docs/SECURITY.md"), re.M))
    crossed = {boundary for _, _, boundaries, _ in threats() for boundary in boundaries}
    assert crossed <= described, f"not described: {sorted(crossed - described)}"


def test_the_requirements_in_the_document_are_those_of_the_table_and_the_tests() -> None:
    assert traceability.security_document() == text_of("docs/SECURITY.md"), "run `make docs`"


@pytest.mark.req("S-07")
@pytest.mark.parametrize("module", BEHIND_ONE_FILE)
def test_ciphers_and_secret_numbers_come_from_a_library_behind_a_named_file(module: str) -> None:
    importing = {name for folder in PACKAGES for name in python_files(folder) if module in imported_by(tree_of(name))}
    assert importing == BEHIND_ONE_FILE[module], "whoever needs it in another file has it reviewed, and adds the file"


@pytest.mark.req("S-07")
def test_the_only_hash_is_one_that_nobody_has_broken() -> None:
    found = {
        name: HASHES.findall(text_of(name))
        for folder in PACKAGES for name in python_files(folder) if HASHES.search(text_of(name))
    }  # fmt: skip
    assert not found
    assert HASHES.search("hashlib.md5(data)")
    assert HASHES.search("sha1(data)")


@pytest.mark.req("S-20")
def test_no_request_carries_bytes_but_a_group_in_chunks_and_digests() -> None:
    """A request that could read or write memory has an address and bytes; one that reaches the bench has its words."""
    requests = [cls for cls in MESSAGES.values() if DIRECTIONS[cls] is Direction.TO_IMPLANT]
    octets = {
        (cls.__name__, field.name) for cls in requests for field in FIELDS[cls] if field.kind.cddl.startswith("bstr")
    }
    assert octets == {("Stage", "digest"), ("Stage", "data"), ("Commit", "digest")}
    words = re.compile(r"peek|poke|memory|raw|debug|bench|(?<!de)fault(?!$)|dump|jump|eval|exec|address", re.I)
    assert not [cls.__name__ for cls in requests if words.search(cls.__name__)]
    assert not [f"{cls.__name__}.{it.name}" for cls in requests for it in FIELDS[cls] if words.search(it.name)]


@pytest.mark.req("S-20")
def test_the_link_s_side_of_the_implant_does_not_know_the_bench() -> None:
    listening = ("commands", "orders", "inquiries", "history", "links", "staging", "repetition")
    for name in (f"firmware_model/{room}.py" for room in listening):
        text = text_of(name)
        assert not re.search(r"firmware_model\.(bench|bench_door|faults|snapshot|bypasses)|import bench", text), name


def imported_by(tree: ast.Module) -> set[str]:
    """The top names that a file imports, wherever the import stands."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names
