"""`scs leads`: the lead catalogue, with computed areas and where each lead's sizes come from."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, columns


def add_parser(subparsers: Any) -> None:
    """Add `leads` to the command line."""
    parser = subparsers.add_parser(
        "leads",
        help="list the lead catalogue with its sources",
        description="List the lead catalogue: contacts, the area of each computed from its shape, span and source.",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print the catalogue."""
    from scs.domain.lead import catalogue

    leads = list(catalogue().values())
    if arguments.json:
        import json

        rows = [
            {
                "id": lead.id,
                "name": lead.name,
                "form": lead.form,
                "contacts": lead.count,
                "area_um2": lead.area_um2,
                "published_area_um2": lead.published_area_um2,
                "span_um": lead.span_um,
                "source": lead.source,
            }
            for lead in leads
        ]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return ExitCode.OK
    headings = ("id", "contacts", "mm2", "span mm", "source")
    cells = [
        [lead.id, str(lead.count), f"{lead.area_um2 / 1e6:.2f}", f"{lead.span_um / 1e3:g}", lead.source]
        for lead in leads
    ]
    print("\n".join([*columns(headings, cells, Paint()), "", FOOTER]))
    return ExitCode.OK
