"""The edge where failures become words on standard error and an exit code. Nothing else prints a failure."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable

from scs.cli.exit_codes import ExitCode, code_of
from scs.errors import ScsError, printable


def guarded(run: Callable[[Namespace], int], arguments: Namespace) -> int:
    """Run a verb; say what failed on purpose and return its code. A mistake of ours still shows its traceback."""
    try:
        code = run(arguments)
        sys.stdout.flush()
        return code
    except ScsError as error:
        return report(error)
    except KeyboardInterrupt:
        print("scs: interrupted", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader is gone; the interpreter must not try to flush into the closed pipe once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OUTPUT_CLOSED


def report(error: ScsError) -> ExitCode:
    """Say on standard error what failed, one line a problem, and return the exit code for it."""
    for line in str(error).split("\n"):
        print(f"scs: {printable(line)}", file=sys.stderr)
    return code_of(error)
