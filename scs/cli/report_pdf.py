"""A report as PDF (ReportLab), with the warning and the page number at the foot of every page."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as PdfTable

from scs.cli.report_contents import WARNING, Picture, Report, Section, Table
from scs.cli.report_lead import LeadDrawing

MARGIN = 15 * mm
WIDTH = A4[0] - 2 * MARGIN
_SAMPLES = getSampleStyleSheet()
TEXT = ParagraphStyle("text", parent=_SAMPLES["Normal"], fontSize=8.5, leading=11, splitLongWords=True)
HEAD = ParagraphStyle("head", parent=TEXT, fontName="Helvetica-Bold")
TITLE = ParagraphStyle("title", parent=_SAMPLES["Title"], fontSize=15, alignment=0, spaceAfter=4)
SECTION = ParagraphStyle("section", parent=_SAMPLES["Heading2"], fontSize=11, spaceBefore=10, spaceAfter=3)
LEAST_SHARE = 0.08
"""Of the width of a table for its narrowest column."""


def report_pdf(report: Report) -> bytes:
    """The file's bytes. The standard fonts know the letters of Western Europe; any other is printed as a question mark
    and stands as it is in the HTML report and in the record."""
    written = BytesIO()
    page = SimpleDocTemplate(
        written, pagesize=A4, title=_known(report.title), author="scs", subject=WARNING,
        leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN + 6 * mm,
    )  # fmt: skip

    def foot(canvas: Canvas, document: Any) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica-Bold", 8)
        canvas.drawString(MARGIN, MARGIN, WARNING)
        canvas.setFont("Helvetica", 7)
        canvas.drawString(MARGIN, MARGIN - 9, _known(report.foot))
        canvas.drawRightString(A4[0] - MARGIN, MARGIN, f"page {document.page}")
        canvas.restoreState()

    facts = Table(("", ""), report.facts)
    story: list[Flowable] = [Paragraph(_text(report.title), TITLE), _table(facts, is_headed=False)]
    for section in report.sections:
        story += _section(section)
    page.build(story, onFirstPage=foot, onLaterPages=foot)
    return written.getvalue()


def _section(section: Section) -> list[Flowable]:
    heading: list[Flowable] = [Paragraph(_text(section.title), SECTION)]
    heading += [Paragraph(_text(line), TEXT) for line in section.lines]
    if section.pictures:
        first, *others = section.pictures
        heading += _picture(first)
        return [KeepTogether(heading), *(KeepTogether(_picture(other)) for other in others)]
    if section.table is None:
        return [KeepTogether(heading)]
    if not section.table.rows:
        return [KeepTogether([*heading, Paragraph(_text(section.table.empty), TEXT)])]
    return [*heading, _table(section.table, is_headed=True)]


def _picture(picture: Picture) -> list[Flowable]:
    parts: list[Flowable] = [Paragraph(_text(picture.title), HEAD)]
    parts += [Paragraph(_text(line), TEXT) for line in picture.lines]
    if picture.drawing is not None:
        parts += [Spacer(1, 4), _Leads(picture.drawing)]
    return [*parts, Spacer(1, 6)]


class _Leads(Flowable):  # type: ignore[misc] # ReportLab ships no types
    """The drawing of the leads; ReportLab counts heights from below."""

    def __init__(self, drawing: LeadDrawing) -> None:
        super().__init__()
        self._drawing = drawing
        self._scale = min(1.0, WIDTH / drawing.width)

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:  # noqa: N803 - ReportLab's own names
        return self._drawing.width * self._scale, self._drawing.height * self._scale

    def draw(self) -> None:
        canvas, height = self.canv, self._drawing.height
        canvas.scale(self._scale, self._scale)
        canvas.setFont("Helvetica", 8)
        for heading in self._drawing.headings:
            canvas.drawString(heading.x, height - heading.y, _known(heading.words))
        canvas.setFont("Helvetica", 7)
        for box in self._drawing.boxes:
            below = height - box.y - box.height
            canvas.setFillColor(colors.HexColor(box.fill))
            canvas.roundRect(box.x, below, box.width, box.height, 2, fill=1)
            canvas.setFillColor(colors.HexColor(box.ink))
            canvas.drawCentredString(box.x + box.width / 2, below + box.height / 2 - 2.5, _known(box.words))


def _table(table: Table, *, is_headed: bool) -> PdfTable:
    """Columns share the width by how much stands in them."""
    rows = [table.headings, *table.rows] if is_headed else list(table.rows)
    longest = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    shares = [max(LEAST_SHARE, min(1.0, length / sum(longest))) for length in longest]
    widths = [WIDTH * share / sum(shares) for share in shares]
    cells = [
        [Paragraph(_text(cell), HEAD if is_headed and number == 0 else TEXT) for cell in row]
        for number, row in enumerate(rows)
    ]
    made = PdfTable(cells, colWidths=widths, repeatRows=int(is_headed), splitInRow=1)
    made.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey),
        ]
    )
    return made


def _known(text: str) -> str:
    """Only letters that the standard fonts have; a minus sign of its own becomes the plain one."""
    return text.replace("−", "-").encode("cp1252", "replace").decode("cp1252")


def _text(text: str) -> str:
    return escape(_known(text))
