"""Every command that a document shows works as shown."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.documented import (
    BY_HAND,
    Block,
    blocks,
    blocks_in,
    missing_targets,
    play,
    unknown_words,
    unvouched,
)
from tests.support.sources import exists

documented = pytest.mark.parametrize("block", blocks(), ids=lambda block: block.name)

with_a_shell = pytest.mark.skipif(shutil.which("sh") is None or os.name == "nt", reason="there is no POSIX shell here")


@documented
def test_a_block_holds_commands_that_can_be_vouched_for(block: Block) -> None:
    assert block.mode in {"", BY_HAND}, f"“sh {block.mode}”: write sh, or sh {BY_HAND}"
    assert block.commands, "an empty block"
    for command in block.commands:
        if command.is_make:
            assert not missing_targets(command), f"{command.row}: no such target in the Makefile"
        elif block.mode != BY_HAND:
            assert not unvouched(command), (
                f"{command.row}: no test runs {', '.join(unvouched(command))};"
                f" mark the block sh {BY_HAND}, or add a harmless program to PEERS"
            )


@documented
@pytest.mark.slow
@with_a_shell
def test_a_block_runs_as_it_is_shown(block: Block, tmp_path: Path) -> None:
    if not exists("scs.cli.main"):
        pytest.skip("scs.cli.main does not exist")
    if block.mode == BY_HAND:
        for command in block.commands:
            unknown = unknown_words(command, tmp_path) if command.programs[0] == "scs" else []
            assert not unknown, f"{command.row}: scs does not know {', '.join(unknown)}"
        return
    if block.missing_programs:
        pytest.skip(f"not installed: {', '.join(block.missing_programs)}")
    broken = play(block, tmp_path)
    assert not broken, "\n".join(broken)


def test_blocks_are_read_as_a_reader_would() -> None:
    text = """
```sh
# a comment
scs emulate --link pty:./implant &
scs check examples/a.toml \\
    --policy strict | cat  # exit 1
```
```sh by-hand
.venv/bin/scs programmer --port COM3
```
```python
print("no shell")
```
"""
    run, by_hand = blocks_in("README.md", text)
    assert (run.name, run.mode, by_hand.mode) == ("README.md:2", "", BY_HAND)
    stays, checks = run.commands
    assert (stays.row, stays.is_background) == ("scs emulate --link pty:./implant", True)
    assert (checks.words[:3], checks.exit_code) == (["scs", "check", "examples/a.toml"], 1)
    assert checks.programs == ["scs", "cat"]
    assert by_hand.commands[0].programs == ["scs"]


@with_a_shell
def test_a_command_that_stays_is_met_by_the_next_and_ended(tmp_path: Path) -> None:
    (block,) = blocks_in("README.md", "```sh\ncat said.txt - < pipe &\ncat said.txt > copy.txt\n```\n")
    (tmp_path / "said.txt").write_text("ready\n")
    os.mkfifo(tmp_path / "pipe")
    with open(os.open(tmp_path / "pipe", os.O_RDWR), "wb"):
        assert play(block, tmp_path) == []
    assert (tmp_path / "copy.txt").read_text() == "ready\n"


@with_a_shell
def test_a_false_promise_is_noticed(tmp_path: Path) -> None:
    text = "```sh\nfalse\ntrue\nfalse # exit 1\n```\n```sh\nmake nonsense\nsudo true\n```\n"
    lies, unknown = blocks_in("README.md", text)
    assert len(play(lies, tmp_path)) == 1
    assert missing_targets(unknown.commands[0]) == ["nonsense"]
    assert unvouched(unknown.commands[1]) == ["sudo"]
