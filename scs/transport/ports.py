"""Which serial ports this machine has, for a screen that asks where to connect."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A port that can be opened by its `device`; `description` is the adapter's own name for itself."""

    device: str
    description: str
    hardware: str


def serial_ports() -> tuple[SerialPort, ...]:
    """The serial ports of this machine, sorted by device, adapters before lines that describe themselves as nothing."""
    from serial.tools import list_ports

    found = [SerialPort(port.device, _said(port.description), _said(port.hwid)) for port in list_ports.comports()]
    return tuple(sorted(found, key=lambda port: (not port.description, port.device)))


def _said(text: str | None) -> str:
    """pyserial writes "n/a" where the system says nothing."""
    return "" if text is None or text == "n/a" else text
