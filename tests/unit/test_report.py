"""The report of a session says what was done, in words that hang on no colour, and warns on every page."""

from __future__ import annotations

import base64
import re
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlalchemy import create_engine, text

from scs.cli.main import main
from scs.cli.report_contents import WARNING
from scs.cli.report_lead import draw_leads, lead_svg
from scs.domain.lead import Implant, PluggedLead, catalogue
from tests.support.prescriptions import a_group, a_program
from tests.support.recorded_visit import a_recorded_visit

DAY = a_group(a_program(name="left <leg>", amplitude_ua=2_000))
STRONG = a_group(a_program(name="strong", amplitude_ua=10_500, pulse_width_us=300))


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    book = f"sqlite:///{tmp_path / 'records.sqlite'}"
    monkeypatch.setenv("SCS_RECORDS_URL", book)
    return book


def html_of(folder: Path, code: int = 0) -> str:
    path = folder / "report.html"
    assert main(["report", "last", "--html", str(path)]) == code
    return path.read_text(encoding="utf-8")


def pages_of(folder: Path) -> list[str]:
    """The text that each page of the PDF paints."""
    path = folder / "report.pdf"
    assert main(["report", "last", "--pdf", str(path)]) == 0
    streams = re.findall(rb"stream\r?\n(.*?)endstream", path.read_bytes(), re.DOTALL)
    painted = [zlib.decompress(base64.a85decode(data.strip().removesuffix(b"~>"))) for data in streams]
    return [data.decode("cp1252") for data in painted if b" Tj" in data]


def test_the_report_has_the_programs_verdicts_impedances_changes_and_outcomes(url: str, tmp_path: Path) -> None:
    a_recorded_visit(url, DAY, STRONG, outcome="walks to the shop again")
    said = html_of(tmp_path)
    for expected in (
        "SCS-000001", "left &lt;leg&gt;", "2 mA", "CONFIRM", "shannon", "Acknowledged for slot 1",
        "ohm", "whole group", "walks to the shop again", "STOP acknowledged: output zero", "<svg", WARNING,
    ):  # fmt: skip
        assert expected in said
    assert "<leg>" not in said


def test_the_pdf_says_on_every_page_that_it_is_not_for_clinical_use(url: str, tmp_path: Path) -> None:
    a_recorded_visit(url, DAY, STRONG, outcome="long " * 4_000)
    pages = pages_of(tmp_path)
    assert len(pages) > 3
    assert all(f"({WARNING})" in page for page in pages)
    assert "E3" in "".join(pages)


def test_a_letter_that_the_fonts_lack_does_not_stop_the_pdf(url: str, tmp_path: Path) -> None:
    a_recorded_visit(url, DAY, outcome="πόνος 3")
    assert "????? 3" in "".join(pages_of(tmp_path))


@pytest.mark.req("PR-09")
def test_a_record_that_was_changed_is_said_first_of_all(url: str, tmp_path: Path) -> None:
    a_recorded_visit(url, DAY)
    engine = create_engine(url)
    with engine.begin() as page:
        page.execute(text("update entries set at_us = at_us + 1 where sequence = 4"))
    engine.dispose()
    said = html_of(tmp_path, code=2)
    assert said.index("THE RECORD IS NOT WHOLE") < said.index("Outcomes")
    assert "session 1: line 4 was changed" in said


def test_a_session_in_which_nothing_was_done_has_a_report_too(url: str, tmp_path: Path) -> None:
    a_recorded_visit(url, measured=False)
    said = html_of(tmp_path)
    assert "No group was read or written in this session." in said
    assert "Nothing was measured in this session." in said
    assert pages_of(tmp_path)


def test_every_lead_of_the_catalogue_is_drawn_without_one_contact_upon_another() -> None:
    for lead in catalogue().values():
        ports = "ABCD"[: max(1, min(2, 32 // lead.count))]
        implant = Implant(leads=tuple(PluggedLead(port=port, lead=lead, level="T8") for port in ports))  # type: ignore[arg-type]
        drawing = draw_leads(implant, {1: -1000, 2: 1000}, {2: "open"})
        ElementTree.fromstring(lead_svg(drawing))
        assert len(drawing.boxes) == len(implant.contacts)
        for place, box in enumerate(drawing.boxes):
            assert box.x + box.width <= drawing.width
            assert box.y + box.height <= drawing.height
            for other in drawing.boxes[place + 1 :]:
                beside = box.x + box.width <= other.x or other.x + other.width <= box.x
                above = box.y + box.height <= other.y or other.y + other.height <= box.y
                assert beside or above, f"{lead.id}: {box.words} lies upon {other.words}"


def test_signs_shares_and_troubles_are_words_in_the_picture() -> None:
    lead = next(lead for lead in catalogue().values() if lead.count == 8)
    implant = Implant(leads=(PluggedLead(port="A", lead=lead),))
    words = [box.words for box in draw_leads(implant, {3: -600, 4: -400, 0: 1000}, {5: "OPEN"}).boxes]
    assert {"E3 -60 %", "E4 -40 %", "E5 OPEN", "case +100 %"} <= set(words)


def test_neither_file_named_is_said_with_what_to_do(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["report", "last"])
    assert ended.value.code == 2
    assert "name at least one of --html FILE and --pdf FILE" in capsys.readouterr().err
