"""What the implant of a demonstration is given once it runs: a pair with this programmer, and a group to start.

The programmer pairs with it by itself: its bench holds the magnet.
"""

from __future__ import annotations

from programmer_tui.demonstration import Demonstration
from programmer_tui.pairs import HOLD, AskBench
from scs.clock import WallClock
from scs.domain.program import ActiveRecharge, ElectrodeConfig, Group, PatientLimits, Program, Tonic
from scs.errors import NotPaired
from scs.programmer.client import Client
from scs.programmer.pairing import SECRET_BYTES, NewPair, Pairing, pair
from scs.programmer.sealed_link import FindKey
from scs.transport.address import open_transport
from scs.wire.spoken import read_spoken
from scs.wire.terms import PairRole

GROUP = Group(
    name="Demonstration",
    programs=(
        Program(
            name="made up, nobody's",
            contacts=ElectrodeConfig.of({4: -1000, 3: 500, 5: 500}),
            amplitude_ua=2_000,
            pulse_width_us=210,
            recharge=ActiveRecharge(kind="active", ratio=1),
            waveform=Tonic(kind="tonic", rate_mhz=40_000),
            patient=PatientLimits(lowest_ua=0, highest_ua=4_000),
        ),
    ),
)
"""What it holds in slot 0: a guarded cathode at 40 Hz [project], so that a trainee who starts it sees something."""


def pair_with(shown: Demonstration, ask: AskBench) -> NewPair:
    """Let the bench hold the magnet, pair, and compare the words; raises ScsError when that cannot be done."""
    secret = read_spoken(str(ask(shown.bench, HOLD)["pairing"]), SECRET_BYTES)
    pairing = Pairing.of_people(secret, PairRole.CLINICIAN, shown.serial)
    with open_transport(shown.address) as transport:
        made = pair(transport, WallClock(), pairing)
    if ask(shown.bench, {"do": "pairing"}).get("words") != made.words:
        raise NotPaired(f"the demonstration {made.serial} shows other words than {made.words}; start it anew")
    return made


def give_group(shown: Demonstration, find_key: FindKey | None) -> None:
    """Write GROUP where nothing is held yet, so that there is something to start; raises ScsError."""
    with Client.open(open_transport(shown.address), find_key=find_key) as client:
        if not client.slots().occupied:
            client.write_group(0, GROUP)
