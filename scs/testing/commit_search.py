"""Exactly once over any loss: every way that a commit can go, searched over the code that runs.

`python -m scs.testing.commit_search` prints how many states there are for each implant: ours, ours with one layer
less, and those that are wrong, with the shortest way to where they break their promise.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from functools import partial

from firmware_model.blueprint import Blueprint
from firmware_model.device import Device, DeviceConfig
from firmware_model.store import Memory
from scs.clock import Instant
from scs.errors import BadPrescription
from scs.testing.commits.implant_side import Implants
from scs.testing.commits.programmer_side import Visits
from scs.testing.commits.seals import KeyRing, SealedMaker, a_sealed_config
from scs.testing.commits.search import Bounds, Found, Search
from scs.testing.commits.variants import VARIANTS, Variant, find_variant
from scs.testing.states.world import COMMITTED_UA, HIGH_UA, Maker, a_config, a_group

CHANGES = (a_group("first", COMMITTED_UA), a_group("second", HIGH_UA))
"""What is written, one after the other, into one slot: the second must find the first, or nothing, or be refused."""


def search(variant: Variant, bounds: Bounds, changes: int = len(CHANGES), *, is_sealed: bool = False) -> Found:
    """Search one implant with the first so many changes, in the clear or in channels."""
    ring = KeyRing() if is_sealed else None
    build = partial(_build, variant.blueprint)
    maker = Maker(build, a_config()) if ring is None else SealedMaker(build, a_sealed_config(), ring)
    implants = Implants(maker, every_byte=bounds.every_byte)
    return Search(Visits(CHANGES[:changes], is_sealed=is_sealed), implants, bounds, ring).run()


def _build(blueprint: Blueprint, config: DeviceConfig, memory: Memory, rng: random.Random, start: Instant) -> Device:
    return Device(config, memory, rng, start, blueprint)


def lines(variant: Variant, found: Found) -> Iterator[str]:
    """What was found, and whether it is what had to be found."""
    verdict = "WRONG" if found.violation else "holds"
    as_expected = "" if (not found.violation) == variant.holds else "  NOT AS IT SHOULD BE"
    yield f"{verdict}  {variant.name:<18} {variant.words}{as_expected}"
    yield (
        f"       {found.states:,} states, {found.transitions:,} transitions; {found.visits:,} states of the programmer "
        f"({found.client_runs:,} runs), {found.implants:,} of the implant ({found.firmware_runs:,} runs)"
    )
    for said, ways in sorted(found.ends.items()):
        yield f"       {ways:>9,} ends at which was said: {', '.join(said) or 'nothing, and somebody was connected'}"
    if found.violation:
        yield f"       {found.violation}:"
        for step, words in enumerate(found.way, 1):
            yield f"       {step:>3}. {words}"


def main(argv: Sequence[str] | None = None) -> int:
    """Search and print; 0 when every variant is found to be what it is."""
    parser = argparse.ArgumentParser(prog="python -m scs.testing.commit_search", description=__doc__)
    parser.add_argument("--variant", action="append", default=[], metavar="NAME", help="one of them; all if not given")
    parser.add_argument("--troubles", type=int, default=1, help="frames lost, repeated, overtaken or late; 1")
    parser.add_argument("--cuts", type=int, default=1, help="losses of power; 1")
    parser.add_argument("--changes", type=int, choices=(0, 1, 2), default=2, help="groups that are written; 2")
    parser.add_argument("--sealed", action="store_true", help="in channels, as in a person, and not in the clear")
    parser.add_argument("--every-byte", action="store_true", help="cut each write at every byte")
    arguments = parser.parse_args(argv)
    bounds = Bounds(arguments.troubles, arguments.cuts, arguments.every_byte)
    try:
        variants = tuple(map(find_variant, arguments.variant)) or VARIANTS
    except BadPrescription as error:
        parser.error(str(error))
    is_ok = True
    places = "every byte of a write" if bounds.every_byte else "three places of a write"
    sys.stdout.write(
        f"every way there is within {bounds.troubles} troubles of the link and {bounds.cuts} cuts, in {places}, "
        f"of {arguments.changes} changes, {'sealed' if arguments.sealed else 'in the clear'}\n"
    )
    for variant in variants:
        found = search(variant, bounds, arguments.changes, is_sealed=arguments.sealed)
        is_ok = is_ok and (not found.violation) == variant.holds
        sys.stdout.write("\n".join(lines(variant, found)) + "\n")
        sys.stdout.flush()
    return 0 if is_ok else 1


if __name__ == "__main__":
    sys.exit(main())
