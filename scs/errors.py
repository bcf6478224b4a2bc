"""Every failure that this project raises, sorted by whose fault it is.

ScsError
├── Unreadable (ValueError)            what a person or a file gave us cannot be read
│   ├── BadQuantity                    a text that should be a number with a unit
│   ├── BadPrescription                a program, group, lead or limit that holds nonsense
│   └── BadFile                        a file: says which file and which field
├── ProtocolError (ValueError)
│   ├── LocalProtocolError             we were about to say something wrong
│   └── RemoteProtocolError            the other side said something wrong
├── TransportError (OSError)           the wire's fault
│   ├── BadAddress (ValueError)        the text names no carrier
│   ├── PortNotFound
│   ├── PortBusy
│   └── LinkClosed                     the other end is gone
├── Refused                            the implant's considered answer: no
├── NoAnswer (TimeoutError)            nobody answered
├── LinkLost                           the link went away in the middle of a change
├── Overtaken                          STOP was pressed, so a request that could raise the output was dropped
├── WrongDevice                        somebody answered, but not the implant that was asked for
├── NotPaired                          the implant talks in sealed channels, and there is no key for it that it knows
├── StoreError                         the implant's memory cannot be read or written
└── RecordError                        the session records cannot be read or written

A message says what, how much, the limit and what to do.
"""

from __future__ import annotations


def printable(text: str) -> str:
    """The same text with everything escaped that a terminal would act on instead of showing it."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


class ScsError(Exception):
    """The root: catch this to catch everything that this project raises on purpose."""


class Unreadable(ScsError, ValueError):
    """Something given to us cannot be read as what it should be."""


class BadQuantity(Unreadable):
    """A text is no number with a unit that we know, or it is off its grid."""


class BadPrescription(Unreadable):
    """A value object cannot be made because the parts contradict each other."""


class BadFile(Unreadable):
    """A file cannot be read. `path` names it and `problems` holds one sentence a fault.

    What a file says may be repeated in a sentence; what cannot be printed is shown escaped, so no file moves a cursor.
    """

    def __init__(self, path: str, problems: tuple[str, ...]) -> None:
        self.path = path
        problems = self.problems = tuple(printable(problem) for problem in problems)
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))


class ProtocolError(ScsError, ValueError):
    """The rules of docs/protocol.md were broken."""


class LocalProtocolError(ProtocolError):
    """We were about to break the protocol: a mistake in this program."""


class RemoteProtocolError(ProtocolError):
    """The other side broke the protocol."""


class TransportError(ScsError, OSError):
    """A carrier of bytes failed."""


class BadAddress(TransportError, ValueError):
    """The text does not name a carrier of bytes."""


class PortNotFound(TransportError):
    """There is no such port, or nobody listens at that address."""


class PortBusy(TransportError):
    """The port exists and somebody else has it."""


class LinkClosed(TransportError):
    """The other end of the link is gone."""


class Refused(ScsError):
    """The implant heard the request and said no.

    `reason` is the word from docs/protocol.md (for example "blocked" or "not-writer") and `rules` names
    the safety rules that spoke, if any did.
    """

    def __init__(self, message: str, *, reason: str, rules: tuple[str, ...] = ()) -> None:
        self.reason = reason
        self.rules = rules
        super().__init__(message)


class NoAnswer(ScsError, TimeoutError):
    """A request was sent, and sent again, and nobody answered."""


class LinkLost(ScsError):
    """The link went away in the middle of a change; the message says what is in force now, as far as known."""


class Overtaken(ScsError):
    """STOP was pressed, so a request that could raise the output was dropped; output is zero once STOP is answered."""


class WrongDevice(ScsError):
    """An implant answered that is not the one that was asked for."""


class NotPaired(ScsError):
    """An implant answered, and this programmer has no key for it, or one that the implant does not know any more.

    `serial` is what it said of itself in the clear, empty when it said nothing; `has_key` tells which of the two it is.
    """

    def __init__(self, message: str, *, serial: str = "", has_key: bool = False) -> None:
        self.serial = serial
        self.has_key = has_key
        super().__init__(message)


class StoreError(ScsError):
    """The implant's non-volatile memory could not be read or written."""


class RecordError(ScsError):
    """The session records cannot be read or written. It never stops the control of therapy."""
