"""An emulated implant that lives in real time in a thread of its own, and links to it that a test can silence.

For tests of the screens, which live in real time too. Whoever makes one closes it: use it as a context manager.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Mapping
from dataclasses import replace
from queue import Queue
from types import TracebackType
from typing import Any, Self

from firmware_model.device import Device, DeviceConfig
from firmware_model.host import Errand, Host
from firmware_model.store import Memory, RamMemory
from scs.clock import Duration, Instant, WallClock
from scs.domain.program import Group
from scs.errors import BadPrescription
from scs.programmer.client import Client
from scs.programmer.pairing_keys import SharedSecret
from scs.transport.base import Transport
from scs.transport.memory_listener import MemoryListener
from scs.wire.access import SECRET_SIZE
from scs.wire.terms import PairRole
from tests.support.implants import a_config

_FAREWELL_S = 5.0


class _Quiet:
    """The host's report; tests look at the implant itself."""

    is_live = False

    def event(self, text: str) -> None: ...

    def live(self, text: str) -> None: ...


class LiveImplant:
    """Two leads of eight contacts, the reference profile (or `config`), and `groups` in the first slots.

    With `roles` it talks in sealed channels only, and is paired for each of them; `secret_of` knows the keys.
    """

    def __init__(
        self,
        *groups: Group,
        memory: Memory | None = None,
        serial: str = "SCS-000001",
        seed: int = 1,
        roles: tuple[PairRole, ...] | None = None,
        config: DeviceConfig | None = None,
    ) -> None:
        clock = WallClock()
        self._listener = MemoryListener("emulated")
        config = replace(config or a_config(serial), is_sealed=roles is not None)
        self.device = Device(config, memory or RamMemory(), random.Random(seed), Instant(clock.now().us))
        for number, role in enumerate(roles or ()):
            self.device.parts.keys.add(role, bytes([number]) * SECRET_SIZE)
        self.serial = serial
        self._host = Host(self.device, self._listener, clock, _Quiet())
        self._thread = threading.Thread(target=self._host.run, name=f"implant {serial}")
        self.is_silent = False
        """While set, nothing crosses the link in either direction, and nobody is told."""
        self._groups = groups

    def connect(self) -> Transport:
        """Another link to this implant."""
        return _Valve(self, self._listener.connect())

    def order(self, asked: Mapping[str, object]) -> dict[str, Any]:
        """Have the bench of this implant do something, as `scs bench-control` would."""
        answers: Queue[str] = Queue()
        self._host.ask_bench(Errand(json.dumps(dict(asked)), answers.put))
        answer: dict[str, Any] = json.loads(answers.get(timeout=_FAREWELL_S))
        if not answer.pop("ok"):
            raise BadPrescription(answer["error"])
        return answer

    @property
    def delivered_ua(self) -> tuple[int, ...]:
        """What the electrodes get at this instant: nobody on the link has a say in it."""
        return tuple(self.device.parts.stimulator.delivered_ua)

    @property
    def is_delivering(self) -> bool:
        return any(self.delivered_ua)

    def __enter__(self) -> Self:
        self._thread.start()
        if self._groups:
            find_key = self._clinicians_key if self.device.parts.config.is_sealed else None
            with Client.open(self.connect(), find_key=find_key) as client:
                for slot, group in enumerate(self._groups):
                    client.write_group(slot, group)
        return self

    def secret_of(self, pair: int) -> SharedSecret:
        """What the programmer of this pair keeps."""
        key = self.device.parts.keys.find(pair)
        assert key is not None, f"there is no pair {pair}"
        return SharedSecret(key.pair, key.role, key.secret)

    def ask_bench(self, _door: str, order: Mapping[str, object]) -> dict[str, Any]:
        """An order to its bench, as from the door of an emulator; raises BadPrescription with what it said."""
        answers: Queue[str] = Queue()
        self._host.ask_bench(Errand(json.dumps(order), answers.put))
        answer: dict[str, Any] = json.loads(answers.get(timeout=_FAREWELL_S))
        if not answer.pop("ok"):
            raise BadPrescription(answer["error"])
        return answer

    def _clinicians_key(self, _serial: str) -> tuple[int, bytes]:
        shared = self.secret_of(1)
        return shared.pair, shared.secret

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._host.close()
        self._thread.join(_FAREWELL_S)


class _Valve(Transport):
    """A link that goes silent without closing, as when the wand is lifted off the patient."""

    def __init__(self, implant: LiveImplant, inner: Transport) -> None:
        self.name = inner.name
        self._implant = implant
        self._inner = inner

    def read(self, timeout: Duration) -> bytes:
        data = self._inner.read(timeout)
        return b"" if self._implant.is_silent else data

    def write(self, data: bytes) -> None:
        if not self._implant.is_silent:
            self._inner.write(data)

    def close(self) -> None:
        self._inner.close()

    def fileno(self) -> int | None:
        return self._inner.fileno()
