"""A report as one HTML file that needs nothing from outside; the browser prints the warning on every page."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from scs.cli.report_contents import WARNING, Report
from scs.cli.report_lead import LeadDrawing, lead_svg


def report_html(report: Report) -> str:
    """The file's text. Names come from people and from implants, so everything but our own drawings is escaped."""
    rooms = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return rooms.get_template("report.html.j2").render(report=report, warning=WARNING, svg=_svg)


def _svg(drawing: LeadDrawing) -> Markup:
    return Markup(lead_svg(drawing))
