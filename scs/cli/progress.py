"""A progress bar on a terminal, and silence everywhere else. rich is loaded only when there is something to draw."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scs.programmer.steps import Progress, ShowProgress


@contextmanager
def progress_bar(*, is_wanted: bool) -> Iterator[ShowProgress | None]:
    """Something to show progress with on standard error, or None where nobody watches."""
    if not is_wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars

    tasks: dict[str, Any] = {}
    with Bars(console=Console(stderr=True), transient=True) as bars:

        def show(progress: Progress) -> None:
            if progress.doing not in tasks:
                tasks[progress.doing] = bars.add_task(progress.doing, total=progress.total)
            bars.update(tasks[progress.doing], completed=progress.done, total=progress.total)

        yield show
