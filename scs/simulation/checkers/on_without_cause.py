"""Therapy leaves only because somebody asked for it, as it was asked for, and ends with whatever ends it.

A cause begins when a Start reaches the implant and ends with a STOP that reaches it, a reset, a trip, or therapy being
off for any reason. While there is one, each pulse has to be a pulse of a group that its slot may hold, on that group's
contacts, of its width, and with at most the amplitude that was written or tried.
"""

from __future__ import annotations

from scs.domain.program import Group
from scs.domain.status import LogEntry, LogKind, Mode
from scs.simulation.observations import TEST_PROGRAM, Arrived, Checker, PulseLike, RunLike, Scene, Truth
from scs.wire.requests import Commit, SetAmplitude, Start

ENDS = (LogKind.POWER_ON, LogKind.EMERGENCY_STOP, LogKind.THERAPY_STOPPED, LogKind.INTERLOCK_TRIPPED)


class OnWithoutCause(Checker):
    """See above."""

    id = "on-without-cause"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._slots: set[int] = set()
        """Whose start has arrived since therapy was last off."""
        self._why_off = "it was made"
        self._possible: dict[int, list[Group]] = {}
        self._tried_ua: dict[int, int] = {}
        self._seen: dict[int, PulseLike] = {}
        self._said: set[str] = set()

    def on_arrived(self, arrived: Arrived) -> None:
        if not arrived.is_running:
            return
        match arrived.request:
            case None:
                self._end("STOP")
            case Start(_, slot):
                self._slots.add(slot)
                self._seen.clear()
            case Commit(_, slot, _, digest):
                group = self.scene.groups.get(digest)
                if group is not None and group not in self._possible.setdefault(slot, []):
                    self._possible[slot].append(group)
                self._seen.clear()
            case SetAmplitude(_, program, amplitude_ua):
                self._tried_ua[program] = max(amplitude_ua, self._tried_ua.get(program, 0))
                self._seen.clear()

    def on_entry(self, entry: LogEntry) -> None:
        if entry.kind in ENDS:
            self._end(entry.kind.name.lower().replace("_", " "))

    def on_truth(self, truth: Truth) -> None:
        if truth.mode is not Mode.THERAPY:
            self._end(f"mode {truth.mode.name}")

    def on_run(self, run: RunLike) -> None:
        if run.program == TEST_PROGRAM:
            return
        self.looked += 1
        if not self._slots:
            self._once(run.first_us, f"a pulse left, and nobody had asked for any since {self._why_off}")
            return
        if self._seen.get(id(run.pulse)) is not run.pulse:
            self._seen[id(run.pulse)] = run.pulse
            self._look_at(run)

    def _look_at(self, run: RunLike) -> None:
        pulse = run.pulse
        amplitude_ua = sum(ua for ua in pulse.currents_ua.values() if ua > 0)
        groups = [group for slot in sorted(self._slots) for group in self._possible.get(slot, [])]
        programs = [group.programs[run.program] for group in groups if run.program < len(group.programs)]
        fitting = [
            program
            for program in programs
            if program.pulse_width_us == pulse.width_us and _fits(dict(program.contacts.shares), pulse)
        ]
        if not fitting:
            drawn = ", ".join(f"{contact}: {ua}" for contact, ua in sorted(pulse.currents_ua.items()) if ua)
            said = f"program {run.program} delivered {{{drawn}}} for {pulse.width_us} us, which nobody has written"
            self._once(run.first_us, said)
            return
        most_ua = max(*(program.amplitude_ua for program in fitting), self._tried_ua.get(run.program, 0))
        if amplitude_ua > most_ua:
            self._once(
                run.first_us, f"program {run.program} delivered {amplitude_ua} uA, and {most_ua} uA were asked for"
            )

    def _end(self, why: str) -> None:
        if self._slots:
            self._why_off = why
        self._slots.clear()
        self._tried_ua.clear()
        self._seen.clear()

    def _once(self, at_us: int, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self.say(at_us, sentence)


def _fits(shares: dict[int, int], pulse: PulseLike) -> bool:
    """Each contact carries its share, with its sign, and the rest of a split of whole microamperes goes somewhere."""
    amplitude_ua = sum(ua for ua in pulse.currents_ua.values() if ua > 0)
    for contact in {*shares, *pulse.currents_ua}:
        ideal = shares.get(contact, 0) * amplitude_ua / 1_000
        if abs(pulse.currents_ua.get(contact, 0) - ideal) > len(shares):
            return False
    return True
