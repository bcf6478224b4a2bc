"""What the documents take from the code is what the code says now; `make docs` writes it again."""

from __future__ import annotations

import json

from firmware_model.modes import diagram
from programmer_tui.app import ProgrammerApp
from scs.domain.program_file import program_schema
from tests.support.sources import ROOT, text_of


def test_the_schema_of_program_files_is_the_one_that_is_read() -> None:
    assert json.loads(text_of("docs/program.schema.json")) == program_schema(), "run `make docs`"


def test_the_diagram_of_modes_is_the_table_that_runs() -> None:
    assert diagram() in text_of("docs/modes.md"), "run `make docs`"


def test_every_main_screen_has_its_picture() -> None:
    pictures = {picture.stem for picture in (ROOT / "docs" / "screens").glob("*.svg")}
    assert pictures == set(ProgrammerApp.SCREENS), "run `make docs`"
