"""The wire-error campaign in bulk: one and two bits flipped anywhere in real frames, each followed by a good frame.

`python -m scs.testing.wire_errors --flips 3_000_000` prints how many there were, how many wrong frames were taken for
right ones and how many good frames behind were lost. Every damaged frame goes through the decoder that runs; numpy
only makes them. A frame has its own delimiters on both sides, so thousands can be handed over at a time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from scs.wire.framing import BODY_MAX, Decoder, Direction, Frame, FrameType, encode

GOOD = Frame(FrameType.STOP, 3, 4)
"""What stands behind each damaged frame: the one that must never be lost, and the shortest."""
BATCH = 250
"""Damaged frames that are handed over at a time: what fits the cache of a processor."""
ZEROS = (0.0, 0.3)
"""Shares of zero bytes in the bodies: zeros are what the stuffing moves [found: CRC-16 fails on 0.3]."""
BODY_BYTES = 52
"""With header and check, 64 bytes, as in the campaigns that this one is compared with."""


@dataclass(slots=True)
class Outcome:
    """What a campaign saw."""

    frames: int = 0
    singles: int = 0
    doubles: int = 0
    wrong: int = 0
    """Frames that were taken and never sent."""
    lost: int = 0
    """Good frames behind a damaged one that were not heard."""


def frames(seed: int, length: int = BODY_BYTES) -> Iterator[Frame]:
    """Frames without end; every other one has many zeros."""
    chance = Random(seed)
    number = 0
    while True:
        share = ZEROS[number % len(ZEROS)]
        body = bytes(0 if chance.random() < share else chance.randrange(1, 256) for _ in range(length))
        number += 1
        yield Frame(FrameType.REQUEST, chance.randrange(1, 65_536), number, body)


def flip_all(frame: Frame, outcome: Outcome, doubles_max: int | None = None) -> None:
    """Flip every bit and every two bits of a frame, delimiters included, or the first `doubles_max` pairs."""
    stream = np.frombuffer(encode(frame), np.uint8)
    bits = 8 * len(stream)
    outcome.frames += 1
    outcome.singles += bits
    _try(frame, stream, np.arange(bits)[:, None], outcome)
    first, second = np.triu_indices(bits, 1)
    pairs = np.stack((first, second), axis=1)[:doubles_max]
    outcome.doubles += len(pairs)
    _try(frame, stream, pairs, outcome)


def _try(sent: Frame, stream: np.ndarray, flips: np.ndarray, outcome: Outcome) -> None:
    """Hand over one stream for each row of bit numbers, a good frame behind each."""
    behind = np.frombuffer(encode(GOOD), np.uint8)
    whole = np.concatenate((stream, behind))
    for start in range(0, len(flips), BATCH):
        rows = flips[start : start + BATCH]
        damaged = np.tile(whole, (len(rows), 1))
        for column in rows.T:
            damaged[np.arange(len(rows)), column // 8] ^= (1 << column % 8).astype(np.uint8)
        received = Decoder(Direction.TO_IMPLANT).receive(damaged.tobytes())
        others = [frame for frame in received if frame != GOOD]
        outcome.lost += len(rows) - (len(received) - len(others))
        outcome.wrong += len(others) - others.count(sent)


def campaign(doubles: int, seed: int = 1, length: int = BODY_BYTES) -> Outcome:
    """At least so many two-bit errors, in frames of one length; of the last frame, as many as are missing."""
    outcome = Outcome()
    for frame in frames(seed, length):
        flip_all(frame, outcome, doubles - outcome.doubles)
        if outcome.doubles >= doubles:
            return outcome
    raise AssertionError("there are frames without end")


def summary(outcome: Outcome) -> str:
    """The counts in one line."""
    return (
        f"{outcome.frames:,} frames, {outcome.singles:,} one-bit and {outcome.doubles:,} two-bit errors: "
        f"{outcome.wrong:,} wrong frames taken, {outcome.lost:,} good frames lost"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run a campaign; 0 when no wrong frame was taken and no good one lost."""
    parser = argparse.ArgumentParser(prog="python -m scs.testing.wire_errors", description=__doc__)
    parser.add_argument("--flips", type=int, default=3_000_000, metavar="N", help="two-bit errors; 3000000")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="other frames; 1")
    parser.add_argument("--body", type=int, default=BODY_BYTES, metavar="BYTES", help=f"of each frame; {BODY_BYTES}")
    arguments = parser.parse_args(argv)
    if arguments.flips < 1 or not 0 <= arguments.body <= BODY_MAX:
        parser.error(f"--flips is at least 1, and --body from 0 to {BODY_MAX}")
    outcome = campaign(arguments.flips, arguments.seed, arguments.body)
    sys.stdout.write(summary(outcome) + "\n")
    return int(bool(outcome.wrong or outcome.lost))


if __name__ == "__main__":
    sys.exit(main())
