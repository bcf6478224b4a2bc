"""Our programs on our implant: accepted, delivered as prescribed, off at once. Never for clinical use."""

from pathlib import Path

import pytest

PROGRAMS = sorted(Path(__file__).parent.glob("programs/*.toml"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_our_program(path, scs_try_program):
    scs_try_program(path)
