"""The shell commands that the documents show, read out of them and run as a reader would.

A block that starts with ```` ```sh ```` is run, line by line, in a fresh folder with a copy of
`examples/`. Authors just write commands:

- each line must end with exit code 0, or as its comment says: `# exit 1`; pipes and files work.
- a line that ends in ` &` stays in the background until the block ends; the next line waits for its
  first line of output, which says where it can be reached.
- `make …` must name targets that exist; installing is what `make` itself does in every check.
- a block that starts with ```` ```sh by-hand ```` needs a person or a device; of it, only the verbs
  and options of each `scs …` are compared with what the command itself says.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.support.sources import ROOT, files, text_of

BY_HAND = "by-hand"
PEERS = frozenset({"cat", "diff", "env", "socat", "true", "false"})
"""Programs that are not ours and that a document may have run; none of them changes the machine."""
COMMAND_LIMIT_S = 60
"""No documented command may keep a reader waiting longer."""

_BLOCK = re.compile(r"^```sh[ \t]*([\w-]*)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"#.*\bexit (\d+)")
_INSTALLING = re.compile(r"(\S*/)?(python3?|py|pip)( -m (venv|pip)\b| install\b)|git clone\b|cd\b|\.ci/run\b")
"""Steps that `make` and `.ci/run` take in every check of a clean checkout."""
_JOINTS = {"|", "&&", "||", ";"}


@dataclass(frozen=True)
class Command:
    """One line of a block; `exit_code` is what the document promises."""

    row: str
    exit_code: int = 0
    is_background: bool = False

    @property
    def words(self) -> list[str]:
        """The words as a shell splits them, the comment left out."""
        lexer = shlex.shlex(self.row, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        return list(lexer)

    @property
    def programs(self) -> list[str]:
        """The programs that the line starts, by their last name: .venv/bin/scs is scs."""
        words = self.words
        first = [word for before, word in zip(["|", *words], words, strict=False) if before in _JOINTS]
        return [word.rsplit("/", 1)[-1] for word in first]

    @property
    def is_installing(self) -> bool:
        return _INSTALLING.match(self.row) is not None

    @property
    def is_make(self) -> bool:
        return self.programs == ["make"]


@dataclass(frozen=True)
class Block:
    """One fenced block of a document."""

    document: str
    line: int
    mode: str
    commands: tuple[Command, ...]

    @property
    def name(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def missing_programs(self) -> list[str]:
        """Peers that the block runs and that this machine does not have."""
        return sorted(
            {
                program
                for command in self.commands
                for program in command.programs
                if program in PEERS and shutil.which(program) is None
            }
        )


def blocks() -> list[Block]:
    """Every shell block of every document."""
    documents = (name for name in files() if name.endswith(".md"))
    return [block for name in documents for block in blocks_in(name, text_of(name))]


def blocks_in(document: str, text: str) -> Iterator[Block]:
    """The shell blocks of one text."""
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        rows = re.sub(r"\\\n\s*", "", match[2]).splitlines()
        commands = tuple(_command(row.strip()) for row in rows if not re.match(r"\s*(#|$)", row))
        yield Block(document, line, match[1], commands)


def _command(row: str) -> Command:
    promised = _EXIT.search(row)
    is_background = row.endswith(" &")
    return Command(row.removesuffix("&").strip(), int(promised[1]) if promised else 0, is_background)


def unvouched(command: Command) -> list[str]:
    """Programs of this line that no test runs."""
    if command.is_installing or command.is_make:
        return []
    return [program for program in command.programs if program != "scs" and program not in PEERS]


def missing_targets(command: Command) -> list[str]:
    """Words after `make` that the Makefile does not know."""
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    return [word for word in command.words[1:] if "=" not in word and word not in targets]


def play(block: Block, folder: Path) -> list[str]:
    """Run a block in `folder`; one sentence for each command that did not keep its promise."""
    if (ROOT / "examples").is_dir():
        shutil.copytree(ROOT / "examples", folder / "examples")
    environment = _environment(folder)
    broken: list[str] = []
    with ExitStack() as background:
        for command in block.commands:
            if command.is_make or command.is_installing:
                continue
            if command.is_background:
                _start(command, folder, environment, background)
                continue
            run = _run(command, folder, environment)
            if run.returncode != command.exit_code:
                broken.append(
                    f"{command.row}: exit {run.returncode}, the document promises"
                    f" {command.exit_code}\n{run.stdout[-2000:]}{run.stderr[-2000:]}"
                )
    return broken


def unknown_words(command: Command, folder: Path) -> list[str]:
    """Verbs and options of an `scs` command that its own help does not mention."""
    environment = _environment(folder)
    words = command.words[1:]
    said = _run(Command("scs --help"), folder, environment).stdout
    depth = 0
    # Each verb that has a help of its own is one step deeper; the first word without one is a value.
    while depth < len(words) and not words[depth].startswith("-"):
        asked = Command(shlex.join(["scs", *words[: depth + 1], "--help"]))
        run = _run(asked, folder, environment)
        if run.returncode != 0:
            break
        said += run.stdout
        depth += 1
    is_verb_unknown = depth == 0 and bool(words) and not words[0].startswith("-")
    options = {word.split("=")[0] for word in words if word.startswith("--")}
    return words[:1] * is_verb_unknown + sorted(word for word in options if word not in said)


def _run(command: Command, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", _as_run(command)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_LIMIT_S,
        check=False,
    )


def _start(command: Command, folder: Path, environment: dict[str, str], background: ExitStack) -> None:
    """Start a command that stays, and wait until it has said its first line."""
    process = subprocess.Popen(
        ["sh", "-c", f"exec {_as_run(command)}"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    background.callback(_stop, process)
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first, f"{command.row} ended with {process.wait(COMMAND_LIMIT_S)} and said nothing"


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=COMMAND_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise


def _as_run(command: Command) -> str:
    """The line with `.venv/bin/scs` read as `scs`."""
    return re.sub(r"^\S*/scs\b", "scs", command.row)


def _environment(folder: Path) -> dict[str, str]:
    """An environment in which `scs` is this checkout's command, installed or not."""
    programs = folder / ".bin"
    programs.mkdir(exist_ok=True)
    start = "import sys; from scs.cli.main import main; sys.exit(main())"
    scs = programs / "scs"
    scs.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "{start}" "$@"\n')
    scs.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
    }
