"""Does paged memory keep exactly what a plain one keeps?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firmware_model.paged_memory import PAGE, PagedMemory
from firmware_model.store import RamMemory

OFFSETS = st.one_of(st.integers(0, 4 * PAGE), st.sampled_from((PAGE - 1, PAGE, PAGE + 1, 2 * PAGE - 3)))
WRITES = st.lists(st.tuples(OFFSETS, st.binary(max_size=300) | st.integers(0, 9_000).map(bytes)), max_size=12)


@given(WRITES, OFFSETS, st.integers(0, 9_000))
def test_every_read_is_that_of_a_plain_memory(writes: list[tuple[int, bytes]], offset: int, length: int) -> None:
    paged, plain = PagedMemory(), RamMemory()
    for at, data in writes:
        paged.write(at, data)
        plain.write(at, data)
    paged.flush()
    assert paged.read(offset, length) == plain.read(offset, length)
