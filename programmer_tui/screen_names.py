"""Every screen by its name. Each is imported when it is first shown, so that the first paint comes soon."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen


def _connect() -> Screen[None]:
    from programmer_tui.screens.connect import ConnectScreen

    return ConnectScreen()


def _therapy() -> Screen[None]:
    from programmer_tui.screens.therapy import TherapyScreen

    return TherapyScreen()


def _editor() -> Screen[None]:
    from programmer_tui.screens.editor import EditorScreen

    return EditorScreen()


def _impedance() -> Screen[None]:
    from programmer_tui.screens.impedance import ImpedanceScreen

    return ImpedanceScreen()


def _log() -> Screen[None]:
    from programmer_tui.screens.log import LogScreen

    return LogScreen()


def _trace() -> Screen[None]:
    from programmer_tui.screens.trace import TraceScreen

    return TraceScreen()


def _more() -> Screen[None]:
    from programmer_tui.screens.more import MoreScreen

    return MoreScreen()


def _sessions() -> Screen[None]:
    from programmer_tui.screens.sessions import SessionsScreen

    return SessionsScreen()


def _battery() -> Screen[None]:
    from programmer_tui.screens.battery import BatteryScreen

    return BatteryScreen()


def _usage() -> Screen[None]:
    from programmer_tui.screens.usage import UsageScreen

    return UsageScreen()


def _posture() -> Screen[None]:
    from programmer_tui.screens.posture import PostureScreen

    return PostureScreen()


def _settings() -> Screen[None]:
    from programmer_tui.screens.settings import SettingsScreen

    return SettingsScreen()


def _patient() -> Screen[None]:
    from programmer_tui.screens.patient import PatientScreen

    return PatientScreen()


def _field() -> Screen[None]:
    from programmer_tui.screens.field import FieldScreen

    return FieldScreen()


def _groups() -> Screen[None]:
    from programmer_tui.screens.groups import GroupsScreen

    return GroupsScreen()


def _schedule() -> Screen[None]:
    from programmer_tui.screens.schedule import ScheduleScreen

    return ScheduleScreen()


def _access() -> Screen[None]:
    from programmer_tui.screens.access import AccessScreen

    return AccessScreen()


def _mri() -> Screen[None]:
    from programmer_tui.screens.mri import MriScreen

    return MriScreen()


def _faults() -> Screen[None]:
    from programmer_tui.screens.faults import FaultsScreen

    return FaultsScreen()


def _console() -> Screen[None]:
    from programmer_tui.screens.console import ConsoleScreen

    return ConsoleScreen()


def _help() -> Screen[None]:
    from programmer_tui.screens.help import HelpScreen

    return HelpScreen()


BY_NAME: dict[str, Callable[[], Screen[None]]] = {
    "connect": _connect,
    "therapy": _therapy,
    "editor": _editor,
    "impedance": _impedance,
    "log": _log,
    "trace": _trace,
    "more": _more,
    "sessions": _sessions,
    "battery": _battery,
    "usage": _usage,
    "posture": _posture,
    "groups": _groups,
    "schedule": _schedule,
    "mri": _mri,
    "field": _field,
    "access": _access,
    "patient": _patient,
    "settings": _settings,
    "console": _console,
    "faults": _faults,
    "help": _help,
}
