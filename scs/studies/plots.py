"""Pictures of a study, as SVG. The one file that knows matplotlib (extra `studies`)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scs.errors import BadFile
from scs.studies.tables import HONESTY, check_folder
from scs.studies.work import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOT_DELIVERED, UNFELT, FELT, PAINFUL = range(4)
KINDS = ("not delivered", "not felt", "felt", "hurts")
MARKS = ("x", ".", "o", "^")
"""Kinds differ by mark and not by colour alone."""


def check_plot_path(path: str) -> None:
    """Say before the work begins what would fail after it; raises BadFile."""
    if Path(path).suffix.lower() != ".svg":
        raise BadFile(path, ("does not end in .svg; plots are written as SVG",))
    if find_spec("matplotlib") is None:
        raise BadFile(path, ('a plot needs matplotlib; install it with: pip install "scs[studies]"',))
    check_folder(path)


def sweep_plot(path: str, rows: Sequence[Row]) -> None:
    """Amplitude over width: what is not delivered, not felt, felt, and what hurts, of the first patient and posture."""
    first = rows[0]
    shown = [row for row in rows if all(row[name] == first[name] for name in ("patient", "posture", "rate_mhz"))]
    figure, axes = _figure()
    for kind, (name, mark) in enumerate(zip(KINDS, MARKS, strict=True)):
        own = [row for row in shown if _kind(row) == kind]
        axes.plot(
            [int(row["width_us"]) for row in own],
            [int(row["amplitude_ua"]) / 1_000 for row in own],
            mark,
            label=name,
            markersize=4,
        )
    axes.set(xlabel="pulse width (us)", ylabel="amplitude (mA)")
    axes.set_title(f"patient {first['patient']}, {first['posture']}, {int(first['rate_mhz']) / 1_000:g} Hz")
    _write(path, figure, axes)


def cohort_plot(path: str, rows: Sequence[Row]) -> None:
    """Each arm's patients by how much of their pain is gone, from the least to the most."""
    figure, axes = _figure()
    lines = ("-", "--", "-.", ":")
    for index, arm in enumerate(dict.fromkeys(str(row["arm"]) for row in rows)):
        relief = sorted(100 * float(row["relief"]) for row in rows if row["arm"] == arm)
        parts = [100 * (place + 1) / len(relief) for place in range(len(relief))]
        axes.plot(parts, relief, lines[index % len(lines)], label=arm, drawstyle="steps-mid")
    axes.axhline(50, linewidth=0.8, color="black")
    axes.set(xlabel="patients (%)", ylabel="pain that is gone (%)")
    axes.set_title("who is above the line responds")
    _write(path, figure, axes)


def _kind(row: Row) -> int:
    if not row["delivered_ua"]:
        return NOT_DELIVERED
    return PAINFUL if row["is_painful"] else FELT if float(row["strength"]) > 0 else UNFELT


def _figure() -> tuple[Figure, Any]:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    FigureCanvasSVG(figure)
    return figure, figure.subplots()


def _write(path: str, figure: Figure, axes: Any) -> None:
    import matplotlib as mpl

    axes.legend(loc="best", fontsize=8)
    figure.supxlabel(f"{HONESTY}; never for clinical use", fontsize=7)
    try:
        # A fixed salt and no date: the same study gives the same bytes.
        with mpl.rc_context({"svg.hashsalt": "scs"}):
            figure.savefig(path, format="svg", metadata={"Date": None})
    except OSError as error:
        raise BadFile(path, (f"cannot be written: {error.strerror or error}; check the path",)) from error
