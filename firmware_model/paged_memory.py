"""Memory that takes room only where something was written, so that a thousand implants fit into one process."""

from __future__ import annotations

PAGE = 4_096


class PagedMemory:
    """Reads as zeros where nothing was written, like any fresh memory, and is forgotten with the process."""

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def read(self, offset: int, length: int) -> bytes:
        first, last = offset // PAGE, (offset + length - 1) // PAGE
        if first == last:
            page = self._pages.get(first)
            at = offset - first * PAGE
            return bytes(length) if page is None else bytes(page[at : at + length])
        pages = b"".join(self._pages.get(number, _ZEROS) for number in range(first, last + 1))
        at = offset - first * PAGE
        return pages[at : at + length]

    def write(self, offset: int, data: bytes) -> None:
        while data:
            number, at = divmod(offset, PAGE)
            piece = data[: PAGE - at]
            if number in self._pages or any(piece):
                self._pages.setdefault(number, bytearray(PAGE))[at : at + len(piece)] = piece
            offset, data = offset + len(piece), data[len(piece) :]

    def flush(self) -> None:
        """There is nothing to wait for."""


_ZEROS = bytes(PAGE)
