"""The test bench's door: what a person in a laboratory can do to an implant and a programmer cannot.

None of it is on the wire. Tests, demonstrations and training scenarios reach the implant's physics through it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from firmware_model.bypasses import find_bypass
from firmware_model.device import Device
from firmware_model.electrodes import Damage
from firmware_model.faults.memory import FallibleMemory
from firmware_model.output_monitor import OutputReading, net_dc_bound_na, output_readings, standing_bound_pc
from firmware_model.parts import Parts
from firmware_model.power.battery import CellState
from firmware_model.power.charging import PERFECT_PERMILLE
from firmware_model.sensing.ecap_channel import Defect
from firmware_model.tap import OnDeparture
from scs.body.quiet import POSES, Body, QuietBody
from scs.clock import Duration, Instant
from scs.domain.schedule import DAY_US
from scs.domain.status import ResetCause
from scs.errors import BadPrescription
from scs.wire.spoken import check_words


class Bench:
    """Hands on one implant."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._parts = device.parts

    @property
    def parts(self) -> Parts:
        """All of the implant, to look at."""
        return self._parts

    @property
    def memory(self) -> FallibleMemory:
        """The memory and what is wrong with it. Raises BadPrescription where the implant has one that cannot fail."""
        memory = self._device.memory
        if not isinstance(memory, FallibleMemory):
            raise BadPrescription("the memory of this implant cannot be damaged; give it a FallibleMemory")
        return memory

    @property
    def can_be_charged(self) -> bool:
        """Whether the implant has a coil."""
        return self._parts.battery.charging is not None

    def jump(self, duration: Duration) -> Instant:
        """Let time pass at once; everything that falls due in between happens."""
        self._device.step(self._device.now + duration)
        return self._device.now

    def break_lead(self, contact: int, damage: Damage = Damage.OPEN) -> None:
        """Damage one contact's conductor; the next pulse meets it."""
        self._parts.electrodes.damage(contact, damage)

    def mend_lead(self, contact: int) -> None:
        self._parts.electrodes.damage(contact, None)

    def bridge_leads(self, one: int, other: int) -> None:
        """Let the conductors of two contacts touch."""
        self._parts.electrodes.bridge(one, other)

    def part_leads(self, contact: int) -> None:
        """The conductor of a contact touches no other any more."""
        self._parts.electrodes.part(contact)

    def implant(self) -> None:
        """The leads are laid now: tissue grows around the contacts for weeks."""
        self._parts.electrodes.implant_at(self._device.now.us)

    def add_acute(self, contact: int, ohms: int, tau: Duration) -> None:
        """Air at a contact, or fluid (ohms below zero), that goes away with a time constant."""
        self._parts.electrodes.add_acute(contact, ohms, tau.us)

    def set_impedance(self, contact: int, ohms: int) -> None:
        """Give a contact another impedance against the case."""
        self._parts.electrodes.set_ohms(contact, ohms)

    def set_battery(self, permille: int) -> None:
        """Put the battery into a state of charge."""
        self._parts.battery.set_permille(permille)

    def offset_sense(self, contact: int, offset_ua: int) -> None:
        """Let the sense line of one contact show so much more than flows; 0 mends it."""
        self._parts.stimulator.offset_sense(contact, offset_ua)

    def lose_sense(self, *, is_lost: bool = True) -> None:
        """Let every sense line show nothing, whatever flows: the interlocks are blind until it is mended."""
        self._parts.stimulator.lose_sense(is_lost=is_lost)

    def cover_contact(self, contact: int, ohms: int | None) -> None:
        """Let something around a contact take it to another impedance; None takes that away again."""
        self._parts.electrodes.cover(contact, ohms)

    def wind_ticks(self, left: Duration) -> None:
        """Let the processor's 32-bit timers begin again after so much more time."""
        self._parts.watchdog.wind(self._parts.now_us, left.us)
        self._parts.magnet.wind(self._parts.now_us, max(1, left.us // 1_000))

    def turn_case(self, degrees: int) -> None:
        """Let the implant turn in its pocket, and its accelerometer with it."""
        self._parts.senses.turn_case(degrees)

    def damage_channel(self, defect: Defect) -> None:
        """Let the amplifier of the evoked potential be deaf or at its rail; NONE mends it."""
        self._parts.senses.channel.defect = defect

    def load_supply(self, leakage_ua: int) -> None:
        """Let a defect draw so much beside everything else; the voltage gives way with it. 0 takes it away."""
        assert leakage_ua >= 0, "a defect draws and gives nothing"
        self._parts.battery.leakage_ua = leakage_ua

    def set_cell_resistance(self, ohm: int) -> None:
        """Give the cell another resistance, as age and cold do."""
        assert ohm >= 0, "a resistance is not negative"
        self._parts.battery.cell.resistance_ohm = ohm

    def turn_clock(self, by: Duration) -> None:
        """Let the implant's clock be wrong by so much more, forward or, below zero, back; an unset one stays so."""
        now_us, clock = self._parts.now_us, self._parts.day.clock
        time_of_day_us = clock.time_of_day_us(now_us)
        if time_of_day_us is not None:
            clock.set((time_of_day_us + by.us) % DAY_US // 1_000_000, now_us)

    def drain(self) -> None:
        """Empty the cell, its reserve too: it is over-discharged."""
        self._parts.battery.set_permille(0)
        self._parts.battery.cell.reserve_pc = 0

    def retime(self, timer: Callable[[int], int]) -> None:
        """Let the pulse timer run at another speed: millihertz to microseconds."""
        self._parts.stimulator.retime(timer)

    def age_battery(self, capacity_permille: int) -> None:
        """Let the cell hold only this part of what a new one holds; what is beyond it is gone."""
        assert 0 < capacity_permille <= PERFECT_PERMILLE, "a cell ages and does not grow"
        battery = self._parts.battery
        capacity_pc = battery.plan.capacity_pc * capacity_permille // PERFECT_PERMILLE
        left_pc = min(battery.state.left_pc, capacity_pc)
        battery.restore(CellState(capacity_pc, left_pc, battery.state.reserve_pc))

    def place_charger(self, coupling_permille: int) -> None:
        """Lay a charger over the implant: 1000 is perfect coupling; 0 takes it away. A primary cell has no coil."""
        battery = self._parts.battery
        if battery.charging is None:
            raise BadPrescription("this implant has a primary cell and no coil; take a profile that is charged")
        battery.charging.place(coupling_permille, battery.cell, self._device.now.us)

    def magnet(self, *, is_near: bool) -> None:
        """Hold a magnet over the implant, or take it away."""
        if is_near:
            self._parts.magnet.bring(self._parts.now_us)
        else:
            self._parts.magnet.take_away()

    def explant(self) -> None:
        """Take the implant out: no key and no mark of an implanted one any more. Raises StoreError."""
        self._parts.keys.wipe()
        self._device.gate.close_all()

    @property
    def pairing_secret(self) -> bytes | None:
        """The secret that lies open beside the implant now, for whoever stands there; None without a window."""
        window = self._device.gate.window
        return window.secret if window is not None and window.is_open(self._parts.now_us) else None

    @property
    def pairing_words(self) -> str:
        """The words of the latest pairing, to be compared with those that the programmer shows; empty before one."""
        transcript = self._device.gate.check_transcript
        return check_words(transcript) if transcript else ""

    def reset(self, cause: ResetCause = ResetCause.BROWN_OUT) -> None:
        """Let the processor begin anew at once; a supply that sags below its limit does so."""
        self._device.restart(cause)

    def hang(self) -> None:
        """The firmware's main loop stands still from now on, until the watchdog bites."""
        self._parts.watchdog.hang(self._parts.now_us)

    def skip_task(self, task: str) -> None:
        """One task of the main loop (firmware_model.watchdog.TASKS) checks in no more."""
        self._parts.watchdog.skip(task, self._parts.now_us)

    def kick_watchdog(self) -> None:
        """Kick the watchdog out of turn, as a loop that runs wild does."""
        self._parts.watchdog.kick(self._parts.now_us)

    def flip_mode(self, bit: int) -> None:
        """Flip a bit of the mode in working memory."""
        self._parts.modes.flip(bit)

    def flip_therapy(self, word: int, bit: int) -> None:
        """Flip a bit of the active slot (word 0) or of a program's committed or target amplitude (words 1, 2, …).

        Raises BadPrescription where no program runs that has the word.
        """
        words = words_of_therapy(self._parts)
        if word >= words:
            raise BadPrescription(f"word {word}: there are {words} words now; choose one of 0 to {words - 1}")
        self._parts.therapy.flip(word, bit)

    def put_into(self, body: Body) -> None:
        """Put the implant into another body: its sensors read that one from now on."""
        self._parts.senses.put_into(body)

    def set_pose(self, pose: str) -> None:
        """Lay or stand the quiet body otherwise (one of scs.body.quiet.POSES)."""
        assert pose in POSES, f"{pose} is none of {', '.join(POSES)}"
        self.put_into(QuietBody(pose))

    def bypass_gate(self) -> None:
        """Judge nothing any more, so that only the interlocks stand between an order and the electrodes."""
        self.bypass("gate-open")

    def bypass(self, bypass_id: str) -> None:
        """Break one thing between an order and the electrodes, from the next pulse on (firmware_model.bypasses)."""
        find_bypass(bypass_id).apply(self._parts)

    def undo_bypass(self, bypass_id: str) -> None:
        """Mend what `bypass` broke, from the next pulse on."""
        find_bypass(bypass_id).undo(self._parts)

    def tap(self, on_departure: OnDeparture) -> None:
        """Show every pulse that leaves the electrodes from now on, one by one."""
        self._parts.stimulator.taps.add(on_departure)

    def untap(self, on_departure: OnDeparture) -> None:
        self._parts.stimulator.taps.remove(on_departure)

    @property
    def pulses(self) -> int:
        """Pulses delivered since power-on."""
        return self._parts.stimulator.ledger.pulses

    def output(self) -> tuple[OutputReading, ...]:
        """What the output does now: currents as asked for and as delivered, volts, and what is flagged."""
        return output_readings(self._parts.stimulator, self._parts.battery.plan)

    def net_dc_bound_na(self) -> Mapping[int, int]:
        """Per contact: at most so much direct current is left of driven recharges now, in nA."""
        return net_dc_bound_na(self._parts.stimulator)

    def standing_bound_pc(self) -> Mapping[int, int]:
        """Per contact: at most so much charge stands before each passive pulse in the long run, in pC."""
        bound: Counter[int] = Counter()
        for _, pulse, _ in self._parts.stimulator.delivering:
            bound.update(standing_bound_pc(pulse))
        return dict(bound)

    @property
    def test_pulses(self) -> int:
        """Test pulses of impedance measurements since power-on; they are in no other count."""
        return self._parts.stimulator.ledger.test_pulses

    @property
    def commanded_pc(self) -> int:
        """The charge of every leading phase since power-on as it was asked for, in pC."""
        return self._parts.stimulator.ledger.commanded_pc

    @property
    def delivered_pc(self) -> int:
        """The same as delivered; less than `commanded_pc` once the rail could not drive a pulse."""
        return self._parts.stimulator.ledger.delivered_pc

    def leading_pc(self) -> Mapping[int, int]:
        """Per contact: the signed charge of every leading phase since power-on, in pC."""
        return dict(self._parts.stimulator.ledger.leading_pc)

    def net_pc(self) -> Mapping[int, int]:
        """Per contact: what driven recharges have left since power-on, signed and exact, in pC."""
        return self._parts.stimulator.ledger.net_pc()

    def passive_bound_pc(self, contact: int) -> int:
        """At most this much has yet to flow back passively through `contact` now, in pC."""
        return self._parts.stimulator.ledger.passive_bound_pc(contact, self._device.now.us)


def words_of_therapy(parts: Parts) -> int:
    """How many words of working memory decide over the amplitudes now."""
    group = parts.therapy.group
    return 1 if group is None else 1 + 2 * len(group.programs)
