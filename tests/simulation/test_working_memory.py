"""One bit flips in working memory: the output is off before the next pulse, whatever the implant was doing."""

from __future__ import annotations

import pytest

from firmware_model.bench import Bench
from firmware_model.tap import Departure
from firmware_model.twice import WORD_BITS
from scs.clock import Duration
from scs.domain.status import Fault, Mode
from scs.wire.requests import ClearFault
from scs.wire.responses import Done
from tests.support.implants import a_device, a_group, a_program
from tests.support.speaker import Speaker, new_op_id

WORDS = 5
"""The slot, and of each of two programs the committed amplitude and the target."""


def delivering() -> tuple[Speaker, Bench]:
    speaker = Speaker(a_device())
    speaker.open()
    speaker.write(a_group(a_program(), a_program("P2", shares={1: -1_000, 2: 1_000})))
    speaker.start()
    speaker.keep_alive(Duration.of_s(3))
    return speaker, Bench(speaker.device)


def assert_latched_without_a_pulse(speaker: Speaker, bench: Bench) -> None:
    left: list[Departure] = []
    bench.tap(left.append)
    bench.jump(Duration.of_s(1))
    assert left == []
    parts = speaker.device.parts
    assert (parts.modes.mode, parts.interlocks.fault, parts.store.image.fault) == (
        Mode.SAFE,
        Fault.MEMORY,
        Fault.MEMORY,
    )
    assert parts.stimulator.is_idle


@pytest.mark.hazard("H18")
@pytest.mark.req("FW-20")
@pytest.mark.parametrize("word", range(WORDS))
@pytest.mark.parametrize("bit", range(WORD_BITS))
def test_a_flipped_bit_of_the_active_program_takes_the_output_away_before_the_next_pulse(word: int, bit: int) -> None:
    speaker, bench = delivering()
    bench.flip_therapy(word, bit)
    assert_latched_without_a_pulse(speaker, bench)


@pytest.mark.hazard("H18")
@pytest.mark.req("FW-20")
@pytest.mark.parametrize("bit", range(8))
def test_a_flipped_bit_of_the_mode_takes_the_output_away_and_can_be_cleared(bit: int) -> None:
    speaker, bench = delivering()
    bench.flip_mode(bit)
    assert_latched_without_a_pulse(speaker, bench)
    speaker.ask(ClearFault(new_op_id()), Done)
    speaker.start()
    assert speaker.keep_alive(Duration.of_s(3)).delivered_ua == (2_000, 2_000)


@pytest.mark.req("FW-20")
@pytest.mark.parametrize("bit", range(8))
def test_a_flipped_bit_of_the_mode_never_leads_an_implant_at_rest_into_another_mode(bit: int) -> None:
    speaker = Speaker(a_device())
    bench = Bench(speaker.device)
    bench.flip_mode(bit)
    bench.jump(Duration.of_s(1))
    assert speaker.device.parts.modes.mode is Mode.SAFE
