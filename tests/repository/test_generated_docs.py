"""What the documents take from the code is what the code says now; `make docs` writes it again."""

from __future__ import annotations

import json

from firmware_model.modes import document as modes_document
from firmware_model.regions import document as memory_document
from programmer_tui.app import ProgrammerApp
from programmer_tui.catalogue import document as keys_document
from scs.domain.program_file import program_schema
from scs.wire.dissector import dissector
from tests.support.sources import ROOT, text_of


def test_the_schema_of_program_files_is_the_one_that_is_read() -> None:
    assert json.loads(text_of("docs/program.schema.json")) == program_schema(), "run `make docs`"


def test_the_dissector_for_wireshark_is_made_from_the_messages_of_now() -> None:
    assert dissector() == text_of("docs/scs.lua"), "run `make docs`"


def test_the_document_of_modes_is_the_table_that_runs() -> None:
    assert modes_document() == text_of("docs/modes.md"), "run `make docs`"


def test_the_map_of_the_memory_is_the_one_that_is_written_by() -> None:
    assert memory_document() == text_of("docs/memory.md"), "run `make docs`"


def test_the_page_of_keys_is_the_table_of_actions() -> None:
    assert keys_document() == text_of("docs/keys.md"), "run `make docs`"


def test_every_main_screen_has_its_picture() -> None:
    pictures = {picture.stem for picture in (ROOT / "docs" / "screens").glob("*.svg")}
    # The walk through a pairing lies over whatever screen is shown, so the application has no name for it.
    assert pictures == {*ProgrammerApp.SCREENS, "pairing"}, "run `make docs`"
