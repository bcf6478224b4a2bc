"""One implanted pulse generator: joins the parts and steps them through time.

`receive` only queues. `step` first acts on what was received, at the present instant and STOP before everything else,
and then does everything that is due, in time order. There is no other way in but the bench.
"""

from __future__ import annotations

import random

from firmware_model.blueprint import AS_DESIGNED, Blueprint
from firmware_model.commands import serve_frame
from firmware_model.compliance_minding import end_what_is_lost, mind_clipping
from firmware_model.context import Context
from firmware_model.day_minding import mind_day
from firmware_model.event_log import DETAIL_MAX
from firmware_model.impedance_minding import mind_measurement
from firmware_model.inquiries import end_write, status
from firmware_model.invariants import check_invariants
from firmware_model.links import Links
from firmware_model.magnet import Gesture
from firmware_model.modes import Event
from firmware_model.pace import Pace
from firmware_model.parts import DeviceConfig, Parts
from firmware_model.power.minding import demand, mind_battery, standing_demand
from firmware_model.power.supervisor import HELD_CHECK_US
from firmware_model.ramp_again import RampAgain
from firmware_model.repetition import Repetition
from firmware_model.soonest import soonest
from firmware_model.staging import StagingArea
from firmware_model.store import Memory
from firmware_model.vibration import Vibration
from scs.clock import Instant
from scs.domain.status import ChargerState, Fault, LogEntry, LogKind, Mode, ResetCause
from scs.errors import Refused, StoreError
from scs.wire.codec import encode_message
from scs.wire.framing import Frame, FrameType
from scs.wire.responses import LogNotice, Stopped

__all__ = ["Device", "DeviceConfig"]

_STOP, _REQUEST = FrameType.STOP, FrameType.REQUEST
"""Asked for at each frame: a name of this module is found sooner than a member of its enum."""
FOREVER_US = 1 << 63
"""Later than any instant: times on the wire are below."""


class Device:
    """An implant at power-on, therapy off. `rng` is the only chance there is; `start` is its clock's first instant.

    Keys and secrets are drawn from `rng` too, so that a run can be repeated; whoever serves people names another source
    (`gate.draw_from`).
    """

    def __init__(
        self,
        config: DeviceConfig,
        memory: Memory,
        rng: random.Random,
        start: Instant,
        blueprint: Blueprint = AS_DESIGNED,
    ) -> None:
        parts = blueprint.assemble(config, memory, rng, start)
        self._blueprint = blueprint
        self.memory = memory
        """What outlasts a loss of power; for the bench."""
        self.gate = blueprint.gatekeeper(rng.randbytes)
        """Who may talk; for the bench."""
        self._context = self._fresh_context(parts)
        self._rows = blueprint.rows
        self._clipped: tuple[int, ...] = ()
        self.vibration = Vibration()
        """How the patient notices who comes; for the bench."""
        self.pace = Pace("the implant")
        """How often it turned to what was due; for the bench."""
        parts.on_entry += [self._tell_watchers, self.vibration.tell]
        self._boot()

    @property
    def now(self) -> Instant:
        return Instant(self._context.parts.now_us)

    @property
    def parts(self) -> Parts:
        """For the bench and the host's live line; nothing on the wire reaches it."""
        return self._context.parts

    @property
    def inner_state(self) -> tuple[Links, StagingArea, tuple[int, ...]]:
        """What the implant is beside its parts, for a snapshot: sessions, what is staged, who was told of clipping."""
        return (self._context.links, self._context.staging, self._clipped)

    @inner_state.setter
    def inner_state(self, state: tuple[Links, StagingArea, tuple[int, ...]]) -> None:
        links, staging, self._clipped = state
        # Numbers of sealed messages never go back, so a channel does not outlast being put back in time.
        self.gate.close_all()
        self._context = Context(self._context.parts, links, staging, self.gate)

    def _fresh_context(self, parts: Parts) -> Context:
        """No session, nothing staged, no channel."""
        self.gate.close_all()
        return Context(parts, self._blueprint.links(), self._blueprint.staging(), self.gate)

    @property
    def links(self) -> Links:
        return self._context.links

    def receive(self, data: bytes, link: int = 0) -> None:
        """Queue bytes that arrived on a link; they are acted on by the next `step`."""
        self._context.links.queue(data, link)

    def take_output(self, link: int = 0) -> bytes:
        """What is to be sent on a link."""
        return self.gate.take_output(self._context.links, link)

    @property
    def with_output(self) -> tuple[int, ...]:
        """The links that something waits to be sent on."""
        return self.gate.with_output(self.links)

    def drop_link(self, link: int) -> None:
        """A link is gone. Leases run on: a programmer that comes back in time has lost nothing."""
        self.links.drop(link)
        self.gate.drop(link)

    def next_due(self) -> Instant | None:
        """When something is due even if nothing arrives; None when nothing ever will be."""
        due_us = self._due_us(FOREVER_US)
        return None if due_us is None else Instant(due_us)

    def next_word(self) -> Instant | None:
        """When it may have something to say, or does what others are told of: `next_due` but for the ticks of a ramp.

        For whoever lets time pass and listens: a step takes a whole ramp at less cost than each tick of it.
        """
        parts = self.parts
        if parts.supervisor.is_holding or parts.watchdog.is_hung or parts.therapy.ramp_peak_ua is None:
            return self.next_due()
        due_us = self._soonest_us(None, FOREVER_US)
        return None if due_us is None else Instant(due_us)

    def _due_us(self, by_us: int) -> int | None:
        """When something is due first; what is due only after `by_us` may be left out."""
        parts = self._context.parts
        if parts.supervisor.is_holding:
            return parts.now_us + HELD_CHECK_US
        if parts.watchdog.is_hung:
            # Only the hardware acts; one of the two is what ends this.
            hardware_us = self._hardware_due_us()
            assert hardware_us is not None, "a watchdog bites whoever is hung"
            return hardware_us
        return self._soonest_us(parts.therapy.next_due_us(), by_us)

    def _soonest_us(self, therapy_us: int | None, by_us: int) -> int | None:
        """What is due first: of therapy, of the battery, or of anything else; never in the past."""
        parts = self._context.parts
        now_us, battery, due_us = parts.now_us, parts.battery, self._others_due_us()
        if therapy_us is not None and (due_us is None or therapy_us < due_us):
            due_us = therapy_us
        if not battery.is_quiet(now_us, by_us, parts.stimulator.drive_ua):
            due_us = soonest(due_us, battery.next_us(now_us, demand(self._context)))
        return now_us if due_us is not None and due_us < now_us else due_us

    def _others_due_us(self) -> int | None:
        """When something is due that is neither therapy's nor the battery's: no cycle is counted across that."""
        context = self._context
        parts = context.parts
        now_us, impedance = parts.now_us, parts.impedance.next_due()
        return soonest(
            parts.watchdog.next_due_us(now_us),
            parts.magnet.next_due_us(now_us),
            impedance.us if impedance is not None else None,
            context.links.next_due_us(),
            self.gate.next_due_us(),
            parts.senses.next_due_us(),
            parts.day.next_due_us(parts.therapy, now_us),
            parts.electrodes.next_change_us(now_us),
            parts.compliance.next_due_us(),
            None if parts.power.is_dark else parts.scrubber.next_due_us(now_us),
        )

    def _hardware_due_us(self) -> int | None:
        """When the watchdog or the magnet act."""
        parts = self._context.parts
        return soonest(parts.watchdog.next_due_us(parts.now_us), parts.magnet.next_due_us(parts.now_us))

    def step(self, until: Instant) -> None:
        """Act on what was received, then let time pass until `until`, doing what falls due in order."""
        parts = self._context.parts
        assert until.us >= parts.now_us, "time does not run backwards"
        self._check_ram()
        if self._is_running():
            mind_battery(self._context)
            self._serve()
        parts.stimulator.meet()
        if self._is_running():
            self._clipped = mind_clipping(parts, self._clipped)
        self._mind_supply()
        if not parts.supervisor.is_holding and not parts.power.is_dark:
            parts.scrubber.look_ahead(parts.now_us, until.us)
        repetition: Repetition | None = None
        while (due_us := self._due_us(until.us)) is not None and due_us <= until.us:
            self.pace.turn(due_us)
            self._advance(Instant(due_us))
            if not parts.supervisor.is_holding:
                self._mind_hardware()
            if self._is_running():
                self._on_time()
            self._mind_supply()
            repetition = repetition or Repetition(self._context)
            repetition.skip(until.us, self._others_due_us)
            self._ramp_on(until)
        self._advance(until)
        if not parts.supervisor.is_holding:
            parts.usage.keep(is_running=parts.therapy.group is not None)
        self._check_invariants()

    def emergency_stop(self) -> None:
        """Output off in one step, whatever is going on; the pulse in flight finishes its recharge."""
        parts = self._context.parts
        was_running = parts.therapy.group is not None
        parts.therapy.halt()
        parts.impedance.abort()
        parts.modes.take(parts.blank_or(Event.STOP_BLANK, Event.STOP))
        if was_running:
            parts.log(LogKind.EMERGENCY_STOP, f"slot {parts.therapy.slot}")
        assert parts.stimulator.is_idle, "STOP leaves nothing that falls due"
        assert parts.modes.mode is not Mode.THERAPY, "STOP ends therapy"

    def restart(self, cause: ResetCause) -> None:
        """Begin anew with what the memory holds: output off, sessions and everything staged or measured forgotten.

        The hardware goes on as it is: electrodes, cell, interlocks, magnet, and what the latter have counted.
        """
        parts = self._context.parts
        parts.therapy.halt()
        parts.resets.note(cause, parts.now_us)
        if cause is ResetCause.BROWN_OUT:
            parts.day.clock.lose()
        parts.read_latch()
        self._blueprint.reassemble(parts)
        parts.watchdog.restart(parts.now_us)
        self._context = self._fresh_context(parts)
        self._clipped = ()
        self._boot()
        if parts.stimulator.tripped_us is not None and parts.store.image.fault is Fault.NONE:
            # The switches opened while nobody could write it down.
            self._on_trip()
        if parts.resets.is_storm(parts.now_us) and parts.modes.mode is not Mode.SAFE:
            parts.interlocks.fault = Fault.RESETS
            self._on_trip()
        self._check_invariants()

    # ------------------------------------------------------------------------------------------------- internals

    def _mind_hardware(self) -> None:
        """The magnet and the watchdog act whatever the firmware is doing."""
        parts = self._context.parts
        gesture = parts.magnet.take(parts.now_us)
        if gesture is Gesture.OFF:
            is_running = parts.therapy.group is not None
            self.gate.open_window(parts.now_us)
            self.emergency_stop()
            if is_running:
                parts.log(LogKind.EMERGENCY_STOP, "magnet")
        cause = ResetCause.MAGNET if gesture is Gesture.RESTART else parts.watchdog.bite(parts.now_us)
        if cause is not None:
            self.restart(cause)

    def _is_running(self) -> bool:
        """Whether there is a processor that does anything: it neither hangs nor is held for want of voltage."""
        parts = self._context.parts
        return not parts.watchdog.is_hung and not parts.supervisor.is_holding

    def _mind_supply(self) -> None:
        """The supervisor acts whatever the firmware is doing, and before the next pulse leaves.

        All load goes with the processor; it begins anew as soon as the voltage is back, and writes nothing before.
        """
        parts = self._context.parts
        if not parts.supervisor.is_holding and parts.battery.cannot_sag(parts.stimulator.drive_ua):
            return
        if parts.power.is_dark or not parts.supervisor.bites(demand(self._context)):
            return
        if parts.therapy.group is not None or parts.impedance.next_due() is not None or self._context.links.sessions:
            parts.therapy.halt()
            parts.impedance.abort()
            parts.modes.take(parts.blank_or(Event.STOP_BLANK, Event.STOP))
            self._context = self._fresh_context(parts)
        if parts.supervisor.releases(demand(self._context)):
            self.restart(ResetCause.BROWN_OUT)

    def _boot(self) -> None:
        parts = self._context.parts
        store = parts.store
        for repair in (*store.repairs, *parts.made.repairs, *parts.keys.repairs):
            parts.log(LogKind.MEMORY_REPAIRED, f"memory: {repair}")
        known = {entry.detail for entry in parts.event_log.after(0)}
        for broken in parts.event_log.broken:
            # A gap stays in the ring for a thousand entries; it is told once, not at every boot.
            if (said := f"log: {broken}"[:DETAIL_MAX]) not in known:
                parts.log(LogKind.MEMORY_REPAIRED, said)
        fault = store.image.fault if store.image.fault is not Fault.NONE else parts.interlocks.fault
        if fault is not Fault.NONE:
            parts.interlocks.fault = fault
        parts.impedance.recall(store.image.lead_faults)
        parts.settle()
        reset = parts.resets.cause
        why = "" if reset is ResetCause.POWER_ON else f" reset {reset.name.lower().replace('_', '-')}"
        parts.log(LogKind.POWER_ON, f"generation {store.image.generation} fault {fault.name.lower()}{why}")
        for slot in sorted(store.image.groups):
            try:
                parts.admit(parts.stored_group(slot), store.image.groups[slot].acknowledged)
            except Refused as refused:
                parts.log(LogKind.REQUEST_REFUSED, f"boot: slot {slot} {refused.reason} {' '.join(refused.rules)}")
        self._check_invariants()

    def _serve(self) -> None:
        """STOP first, then the rest in the order of arrival."""
        frames = self._take_frames()
        if not frames:
            return
        last_stop = -1
        for place, (link, frame) in enumerate(frames):
            if frame.type is _STOP:
                last_stop = place
                self._serve_stop(link, frame)
        for place, (link, frame) in enumerate(frames):
            if frame.type is _REQUEST:
                serve_frame(self._context, self._rows, link, frame, is_overtaken=place < last_stop)

    def _take_frames(self) -> list[tuple[int, Frame]]:
        """What arrived and may be acted on, in the order of arrival; nothing without power."""
        parts, links = self._context.parts, self._context.links
        arrived = links.take_frames()
        if parts.power.is_dark:
            self.gate.close_all()
            return []
        return self.gate.admit(parts, links, arrived) if arrived else arrived

    def _serve_stop(self, link: int, frame: Frame) -> None:
        self.emergency_stop()
        self._context.links.find(frame.session, link, self._context.parts.now_us)
        body = encode_message(Stopped(self._context.parts.now_us))
        self._context.links.send(link, Frame(FrameType.STOPPED, frame.session, frame.counter, body))

    def _check_ram(self) -> None:
        """Mode, slot and amplitudes are kept twice: when the copies differ nothing more is delivered (FW-20)."""
        parts = self._context.parts
        if parts.modes.is_intact and parts.therapy.is_intact:
            return
        # Which copy is right nobody knows, so both are given up: off, and latched.
        parts.modes.mode = Mode.SAFE
        parts.therapy.slot = 0
        if parts.interlocks.fault is Fault.NONE:
            parts.interlocks.fault = Fault.MEMORY
        self._on_trip()

    def _advance(self, until: Instant) -> None:
        """Let time pass, with every pulse in it, and count it."""
        self._check_ram()
        parts = self._context.parts
        if until.us != parts.now_us:
            from_us, delivering = parts.now_us, parts.therapy.is_delivering
            is_whole = self._let_leave(until)
            self._count(from_us, delivering)
            if not is_whole and self._is_running():
                # Firmware that stands still notices nothing: the switches are open, and it is told when it begins anew.
                self._on_trip()
        if not parts.supervisor.is_holding:
            mind_battery(self._context)

    def _let_leave(self, until: Instant) -> bool:
        """Let every pulse before `until` leave; False when the interlocks open the switches at one of them."""
        parts = self._context.parts
        closed = parts.stimulator.tripped_us is None
        delivered = parts.stimulator.advance(until) and parts.impedance.advance(until)
        parts.electrodes.at_us = parts.now_us = until.us
        return delivered or not closed

    def _count(self, from_us: int, delivering: tuple[bool, ...]) -> None:
        """Count the time since `from_us`, in which these programs had an amplitude."""
        parts = self._context.parts
        therapy, tripped_us = parts.therapy, parts.stimulator.tripped_us
        if therapy.group is not None:
            ran_us = parts.now_us - from_us if tripped_us is None else max(0, tripped_us - from_us)
            if any(delivering):
                parts.day.count(therapy, ran_us, from_us)
            parts.usage.count(therapy.slot, ran_us, delivering, parts.senses.posture)
        parts.battery.pass_time(from_us, parts.now_us, standing_demand(self._context))

    def _ramp_on(self, until: Instant) -> None:
        """Go on with a ramp to its end, or to where somebody else may have something to do.

        A ramp ticks often. Whoever has nothing due before its end, and the battery when it is far from every bound at
        the most that the ramp draws, are asked once and not at each tick.
        """
        parts = self._context.parts
        peak_ua = parts.therapy.ramp_peak_ua if self._is_running() and not parts.battery.is_dark else None
        if peak_ua is None or parts.battery.charger is not ChargerState.ABSENT or not parts.therapy.is_intact:
            return
        most = demand(self._context)._replace(drive_ua=peak_ua)
        quiet_pc = parts.battery.quiet_above_pc(most)
        if quiet_pc is None:
            return
        spare_us = (parts.battery.cell.left_pc - quiet_pc) // max(1, parts.battery.draw_ua(most))
        others_us = self._others_due_us()
        end_us = min(until.us, parts.now_us + spare_us - 1, until.us if others_us is None else others_us - 1)
        from_us, delivering, ramp = parts.now_us, parts.therapy.is_delivering, RampAgain(parts)
        is_whole = ramp.leap(end_us) or self._climb(end_us, ramp)
        self._count(from_us, delivering)
        if not is_whole:
            self._on_trip()

    def _climb(self, end_us: int, ramp: RampAgain) -> bool:
        """Deliver a ramp tick by tick until it ends or changes its kind, not beyond `end_us`; False after a trip."""
        parts, delivering = self._context.parts, self._context.parts.therapy.is_delivering
        while (due_us := parts.therapy.next_due_us()) is not None and due_us <= end_us:
            due = Instant(due_us)
            self.pace.turn(due_us)
            if not self._let_leave(due):
                return False
            parts.therapy.on_time(due)
            self._clipped = mind_clipping(parts, self._clipped)
            # Whoever begins or ceases to deliver is counted apart, and the first one begins the use of a dose. What
            # is lost on the way up has an end of its own.
            if parts.therapy.is_delivering != delivering or (self._clipped and parts.stimulator.lost):
                due_us = None
                break
        if due_us is None:
            ramp.keep()
        return True

    def _on_trip(self) -> None:
        """The interlocks or the comparators have opened the switches: latch the mode, and the fault in memory."""
        parts = self._context.parts
        parts.read_latch()
        fault = parts.interlocks.fault
        assert fault is not Fault.NONE, "the interlocks say why"
        parts.therapy.halt()
        parts.impedance.abort()
        parts.modes.take(Event.TRIP)
        try:
            parts.store.save_fault(fault)
        except StoreError:
            parts.log(LogKind.MEMORY_REPAIRED, "memory: the fault could not be kept")
        by = " by the comparator" if parts.over_current.is_latched else ""
        parts.log(LogKind.INTERLOCK_TRIPPED, fault.name.lower().replace("_", "-") + by)

    def _on_time(self) -> None:
        """Do what is due at this instant: leases before therapy, therapy before notices."""
        parts, links, now = self._context.parts, self._context.links, self.now
        lease_us = links.lease_ends_us()
        if lease_us is not None and lease_us <= now.us and end_write(self._context):
            parts.log(LogKind.LEASE_EXPIRED, "trial undone")
        self.gate.on_time(links, now.us)
        for session in links.silent(now.us):
            links.forget(session)
            parts.log(LogKind.SESSION_CLOSED, f"session {session.number} silent")
        senses_us = parts.senses.next_due_us()
        if senses_us is not None and senses_us <= now.us:
            parts.senses.on_time(now.us)
        parts.stimulator.meet()
        end_what_is_lost(parts)
        therapy_us = parts.therapy.next_due_us()
        if therapy_us is not None and therapy_us <= now.us and parts.therapy.on_time(now):
            parts.modes.take(Event.RAMPED_DOWN)
            parts.log(LogKind.THERAPY_STOPPED, f"slot {parts.therapy.slot}")
        mind_day(parts)
        self._clipped = mind_clipping(self._context.parts, self._clipped)
        if not parts.power.is_dark and (said := parts.scrubber.on_time(now.us)):
            parts.log(LogKind.MEMORY_REPAIRED, said)
        mind_measurement(parts)
        for session in links.watching():
            if session.notice_us <= now.us:
                session.notice_us += session.watch_us
                links.notify(session, status(self._context, session))

    def _tell_watchers(self, entry: LogEntry) -> None:
        links = self._context.links
        for session in links.watching():
            links.notify(session, LogNotice(entry.sequence, entry.at_us, entry.kind, entry.detail))

    def _check_invariants(self) -> None:
        check_invariants(self._context.parts)
