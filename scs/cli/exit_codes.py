"""What the exit code of every `scs` command means, and the one table from failures to codes."""

from __future__ import annotations

from enum import IntEnum

from scs import errors


class ExitCode(IntEnum):
    """A script may rely on these numbers; they never change their meaning."""

    OK = 0
    """Done, and nothing must be confirmed."""
    BLOCKED = 1
    """A program must be confirmed or is blocked; nothing was changed."""
    UNREADABLE = 2
    """A file, an option or a quantity cannot be read (argparse uses the same number)."""
    NO_ANSWER = 3
    """Nobody answered on the link."""
    REFUSED = 4
    """The implant answered, and refused."""
    LINK_LOST = 5
    """The link went away in the middle of a change; the message says what is in force."""
    WRONG_DEVICE = 6
    """Somebody answered who is not the implant that was asked for, or does not speak its protocol."""
    PORT_TROUBLE = 7
    """The port is missing, busy or was unplugged, or its address names none."""
    NOT_PAIRED = 8
    """The implant answered, and there is no key for it that it knows, or the pairing was not made."""
    INTERRUPTED = 130
    """Ctrl-C, as shells count it: 128 and the signal's number."""
    OUTPUT_CLOSED = 141
    """Whoever read the output left early, as in `scs leads | head -1`: 128 and SIGPIPE's number."""


_CODES: tuple[tuple[type[errors.ScsError], ExitCode], ...] = (
    (errors.Refused, ExitCode.REFUSED),
    (errors.NoAnswer, ExitCode.NO_ANSWER),
    (errors.LinkLost, ExitCode.LINK_LOST),
    (errors.WrongDevice, ExitCode.WRONG_DEVICE),
    (errors.NotPaired, ExitCode.NOT_PAIRED),
    (errors.ProtocolError, ExitCode.WRONG_DEVICE),
    (errors.TransportError, ExitCode.PORT_TROUBLE),
    (errors.Overtaken, ExitCode.INTERRUPTED),
    (errors.StoreError, ExitCode.UNREADABLE),
    (errors.RecordError, ExitCode.UNREADABLE),
    (errors.Unreadable, ExitCode.UNREADABLE),
)
"""The first row whose kind fits decides."""


def code_of(error: errors.ScsError) -> ExitCode:
    """The exit code for a failure."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    raise AssertionError(f"{type(error).__name__} has no exit code; give it a row")
