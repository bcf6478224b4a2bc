"""The emulated implant as a target: in this process, over virtual time, on a test bench.

What the bench does is a table of actions with plain arguments, so that a recording can do it again. The firmware is
handed in, so that one that is broken on purpose stands where the good one stood.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from firmware_model.bench import Bench
from firmware_model.device import Device, DeviceConfig
from firmware_model.electrodes import Damage
from firmware_model.store import Memory, RamMemory
from scs.clock import Duration, Instant
from scs.domain.lead import Implant, PluggedLead, find_lead
from scs.domain.policy import find_policy
from scs.domain.profile import DeviceProfile, find_profile
from scs.errors import ScsError
from scs.testing.target import ImplantFell, Need, Target
from scs.wire.framing import Decoder
from scs.wire.trace import TraceEvent

if TYPE_CHECKING:
    from firmware_model.tap import Departure

Build = Callable[[DeviceConfig, Memory, random.Random, Instant], Device]

BEGINNING = Instant(0)
SERIAL = "SCS-CONFORM"
LEAD_PAIRS = (("medtronic-977a2", "abbott-lamitrode-s8"), ("medtronic-977a2",), ("medtronic-3487a",))
"""Two leads whose contacts have different areas, so that an area of the wrong lead shows; fewer where the device has
fewer contacts."""
_CRASHES = (
    ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, RuntimeError, ScsError,
    TypeError, ValueError,
)  # fmt: skip
"""What a firmware that fails ends with. To whoever is outside, hardware in that state is silent."""


class PowerGone(Exception):
    """The supply went away in the middle of a write."""


class CuttableMemory(RamMemory):
    """Memory whose supply goes away after so many more bytes were written."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(data)
        self.bytes_left: int | None = None
        self.written = 0
        """Bytes written since power-on, to aim a cut."""

    def write(self, offset: int, data: bytes) -> None:
        if self.bytes_left is not None and self.bytes_left < len(data):
            super().write(offset, data[: self.bytes_left])
            raise PowerGone
        if self.bytes_left is not None:
            self.bytes_left -= len(data)
        self.written += len(data)
        super().write(offset, data)


class SimulatedTarget(Target):
    """The emulated implant. It is made by the bench action `new`, which every check begins with."""

    name = "sim:"
    abilities = frozenset(Need)

    def __init__(
        self,
        profile: DeviceProfile | None = None,
        seed: int = 1,
        build: Build = Device,
        start: Instant = BEGINNING,
    ) -> None:
        """`start` is the target's time at the beginning; a replay begins when its trace did."""
        super().__init__()
        self.profile = profile or find_profile("reference")
        self._build, self._seed = build, seed
        self._config = DeviceConfig(SERIAL, self.profile, find_policy("default"), leads_for(self.profile))
        self._memory = CuttableMemory()
        self._device: Device | None = None
        self._now = start
        self._taps: list[Callable[[Departure], None]] = []
        self._actions: dict[str, Callable[..., None]] = {
            "new": self._new, "power-cycle": self._power_cycle, "cut-after": self._cut_after,
            "flip-memory": self._flip_memory, "break-lead": self._break_lead, "mend-lead": self._mend_lead,
            "set-impedance": self._set_impedance, "set-battery": self._set_battery,
            "place-charger": self._place_charger, "drain": self._drain, "load-supply": self._load_supply,
            "unplug": self._unplug, "bypass-gate": self._bypass_gate,
        }  # fmt: skip
        self.bench("new")

    @property
    def now_us(self) -> int:
        return self._now.us

    @property
    def is_on(self) -> bool:
        """Whether the implant has power; after a cut it has none until `power-cycle`."""
        return self._device is not None

    @property
    def bytes_written(self) -> int:
        """Bytes that the implant wrote into its memory since it was switched on."""
        return self._memory.written

    def let_pass(self, duration: Duration) -> None:
        self._now = self._now + duration
        self._run(lambda device: device.step(self._now))

    def _send(self, data: bytes, link: int) -> None:
        def serve(device: Device) -> None:
            device.receive(data, link)
            device.step(self._now)

        self._run(serve)

    def _receive(self, wait: Duration, link: int) -> bytes:
        return b"" if self._device is None else self._device.take_output(link)

    def close(self) -> None:
        self._device = None

    def _run(self, act: Callable[[Device], object]) -> None:
        if self._device is None:
            return
        try:
            act(self._device)
        except PowerGone:
            self._device = None
        except _CRASHES as error:
            self._device = None
            raise ImplantFell(f"the implant fell silent ({type(error).__name__}: {error})") from error

    # ------------------------------------------------------------------------------------------------ the bench

    def bench(self, action: str, **arguments: Any) -> None:
        if action == "new":
            self.begin_recording()
        self.record(TraceEvent(self.now_us, "bench", text=action, arguments=arguments))
        self._actions[action](**arguments)

    def tap(self, on_departure: Callable[[Departure], None]) -> None:
        self._taps.append(on_departure)
        if self._device is not None:
            Bench(self._device).tap(on_departure)

    def untap(self, on_departure: Callable[[Departure], None]) -> None:
        self._taps.remove(on_departure)
        if self._device is not None:
            Bench(self._device).untap(on_departure)

    def _new(self, policy: str = "default", leads: list[str] | None = None) -> None:
        """A new implant with empty memory; the taps of the one before are gone."""
        implant = implant_of(leads) if leads else leads_for(self.profile)
        self._config = DeviceConfig(SERIAL, self.profile, find_policy(policy), implant)
        self._memory = CuttableMemory()
        self._taps = []
        self._boot()

    def _power_cycle(self, policy: str | None = None, leads: list[str] | None = None) -> None:
        """Off and on again; perhaps with other leads plugged in, or judged by another policy, in between."""
        self._config = DeviceConfig(
            SERIAL,
            self.profile,
            find_policy(policy) if policy else self._config.policy,
            implant_of(leads) if leads else self._config.implant,
        )
        self._memory = CuttableMemory(bytes(self._memory.data))
        self._boot()

    def _boot(self) -> None:
        self._decoders: dict[int, Decoder] = {}
        try:
            self._device = self._build(self._config, self._memory, random.Random(self._seed), self._now)
        except _CRASHES as error:
            self._device = None
            raise ImplantFell(f"the implant did not start ({type(error).__name__}: {error})") from error
        for told in self._taps:
            Bench(self._device).tap(told)

    def _cut_after(self, written: int) -> None:
        """Let the supply go away when `written` more bytes have been written."""
        self._memory.bytes_left = written

    def _flip_memory(self, at: int, bit: int) -> None:
        self._memory.data[at] ^= 1 << bit

    def _break_lead(self, contact: int, damage: str = "open") -> None:
        self._run(lambda device: Bench(device).break_lead(contact, Damage(damage)))

    def _mend_lead(self, contact: int) -> None:
        self._run(lambda device: Bench(device).mend_lead(contact))

    def _set_impedance(self, contact: int, ohms: int) -> None:
        self._run(lambda device: Bench(device).set_impedance(contact, ohms))

    def _set_battery(self, permille: int) -> None:
        self._run(lambda device: Bench(device).set_battery(permille))

    def _place_charger(self, coupling_permille: int) -> None:
        self._run(lambda device: Bench(device).place_charger(coupling_permille))

    def _drain(self) -> None:
        self._run(lambda device: Bench(device).drain())

    def _load_supply(self, leakage_ua: int) -> None:
        self._run(lambda device: Bench(device).load_supply(leakage_ua))

    def _unplug(self, link: int = 0) -> None:
        self._decoders.pop(link, None)
        self._run(lambda device: device.drop_link(link))

    def _bypass_gate(self) -> None:
        self._run(lambda device: Bench(device).bypass_gate())


def implant_of(lead_ids: list[str]) -> Implant:
    """These leads of the catalogue in the ports A, B, …"""
    ports = zip(("A", "B", "C", "D"), lead_ids, strict=False)
    return Implant.model_validate(
        {"leads": tuple(PluggedLead.model_validate({"port": port, "lead": find_lead(lead)}) for port, lead in ports)}
    )


def leads_for(profile: DeviceProfile) -> Implant:
    """The first of LEAD_PAIRS that fits the device."""
    for lead_ids in LEAD_PAIRS:
        implant = implant_of(list(lead_ids))
        if len(lead_ids) <= profile.counts.ports and len(implant.contacts) <= profile.counts.contacts:
            return implant
    return implant_of([LEAD_PAIRS[-1][0]])
