"""`scs bench-control`: the hands of a person in a laboratory on a running emulator, never over the implant's link."""

from __future__ import annotations

import json
from argparse import Namespace, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER

EXAMPLES = """\
examples, for an emulator that was started with --bench /tmp/bench:
  scs bench-control /tmp/bench state
  scs bench-control /tmp/bench jump 3d
  scs bench-control /tmp/bench break lead-open contact=E3 for=10min
  scs bench-control /tmp/bench magnet for=3s
  scs bench-control /tmp/bench snapshot before.json
  scs bench-control /tmp/bench restore before.json"""
FIRST = {"jump": "time", "pose": "pose", "break": "kind", "mend": "kind", "magnet": "is"}
"""What a word without a name means, per order."""


def add_parser(subparsers: Any) -> None:
    """Add `bench-control` to the command line."""
    parser = subparsers.add_parser(
        "bench-control",
        help="break, mend, rewind and look into a running emulator",
        description=f"Give an order to the bench of a running emulator.\n\n{EXAMPLES}",
        formatter_class=RawDescriptionHelpFormatter,
        epilog=FOOTER,
    )
    parser.add_argument("path", metavar="PATH", help="the door: what was given to scs emulate --bench")
    parser.add_argument(
        "order",
        metavar="ORDER",
        help="state, ledger, jump, pose, magnet, pairing, explant, break, mend, kinds, faults, happened, snapshot or "
        "restore",
    )
    parser.add_argument("words", metavar="WORD", nargs="*", help="what it has to be told: name=value, or the value")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Give the order and print what came back."""
    from scs.cli.bench_socket import call_bench
    from scs.cli.given_files import read_text
    from scs.errors import BadPrescription

    asked, kept = _asked(arguments.order, arguments.words, read_text)
    answer = json.loads(call_bench(arguments.path, json.dumps(asked)))
    if not answer.pop("ok"):
        raise BadPrescription(answer["error"])
    if kept is not None:
        _keep(kept, answer.pop("snapshot"))
    if arguments.json:
        print(json.dumps(answer, indent=2))
    else:
        print("\n".join(_lines(answer)))
        print(FOOTER)
    return ExitCode.OK


def _asked(order: str, words: list[str], read_text: Any) -> tuple[dict[str, Any], str | None]:
    """The order as the door wants it, and the file that a snapshot goes to."""
    from scs.errors import BadPrescription

    asked: dict[str, Any] = {"do": order}
    if order in ("snapshot", "restore", "faults"):
        files = [word for word in words if not word.startswith("seed=")]
        if len(files) != 1:
            raise BadPrescription(f"{order}: name one file")
        if order == "snapshot":
            return asked, files[0]
        asked["snapshot" if order == "restore" else "script"] = read_text(files[0])
        words = [word for word in words if word.startswith("seed=")]
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            name, value = FIRST.get(order, ""), word
        if not name or name in asked:
            raise BadPrescription(f"{word!r}: write name=value, each name once")
        asked[name] = _value(value)
    return asked, None


def _value(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text


def _keep(path: str, text: str) -> None:
    from scs.errors import BadFile

    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadFile(path, (f"cannot be written: {error.strerror or error}; name another file",)) from error


def _lines(data: dict[str, Any], indent: str = "") -> list[str]:
    lines = []
    for name, value in data.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}", *_lines(value, indent + "  ")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [line for row in value for line in (*_lines(row, indent), "")]
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            lines.append(f"{indent}{name.replace('_', ' ')}  {shown}")
    return lines
