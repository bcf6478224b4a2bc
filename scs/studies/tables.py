"""The rows of a study as a file: CSV, or Parquet by pyarrow (extra `studies`). Units stand in the columns' names."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from scs.errors import BadFile
from scs.studies.work import Row

HONESTY = "a model fitted to another model, with assumed constants: it predicts nobody"
SUFFIXES = (".csv", ".parquet")


def check_table_path(path: str) -> None:
    """Say before the work begins what would fail after it; raises BadFile."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise BadFile(path, (f"ends in neither {' nor '.join(SUFFIXES)}; choose one of them",))
    if suffix == ".parquet" and find_spec("pyarrow") is None:
        raise BadFile(path, ('Parquet needs pyarrow; install it with: pip install "scs[studies]", or write .csv',))
    check_folder(path)


def check_folder(path: str) -> None:
    """Raises BadFile when there is no folder to write into."""
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise BadFile(path, (f"there is no folder {folder}; make it first",))


def write_table(path: str, rows: Sequence[Row]) -> None:
    """Write all rows, or none: a file of that name is replaced when the new one is whole. Raises BadFile."""
    target = Path(path)
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        if target.suffix.lower() == ".csv":
            _write_csv(unfinished, rows)
        else:
            _write_parquet(unfinished, rows)
        unfinished.replace(target)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise BadFile(path, (f"cannot be written: {error.strerror or error}; check the path",)) from error


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_parquet(path: Path, rows: Sequence[Row]) -> None:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({name: [row[name] for row in rows] for name in rows[0]})
    pyarrow.parquet.write_table(table.replace_schema_metadata({"note": HONESTY}), path)
