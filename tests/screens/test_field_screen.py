"""The field of a program on a screen: of what was read back, at other amplitudes that are only asked about."""

from __future__ import annotations

from scs.domain.program import ElectrodeConfig
from scs.wire.terms import PairRole
from tests.support.live_implant import LiveImplant
from tests.support.prescriptions import a_group, a_program
from tests.support.screen_story import Person, keys_of, story

TWO = a_group(
    a_program(name="left leg", contacts=ElectrodeConfig.of({3: -1000, 4: 1000}), amplitude_ua=4_000),
    a_program(name="low back", contacts=ElectrodeConfig.of({11: -1000, 12: 1000}), amplitude_ua=2_000),
)


def test_the_field_of_the_group_that_was_read_back_is_drawn_and_nothing_is_sent() -> None:
    async def tell(person: Person) -> None:
        await person.until(lambda: person.app.link.groups, "the groups")
        await person.press("f8")
        person.app.action_show("field")
        await person.until_seen("'left leg'", "4.00 mA", "supine", "fires here", "3-", "4+", "L|", "growth")
        await person.press("plus")
        await person.until_seen("4.10 mA", "ASKED ABOUT, nothing is sent")
        await person.press("equals_sign", "p")
        await person.until_seen("4.00 mA", "sitting", "as delivered, or else as set")
        await person.press("n")
        await person.until_seen("'low back'", "2.00 mA", "11-", "12+")
        assert not implant.is_delivering

    with LiveImplant(TWO, roles=(PairRole.CLINICIAN,)) as implant:
        story(tell, implant, keys=keys_of(implant))


def test_without_an_implant_the_field_screen_says_how_a_file_is_looked_at() -> None:
    async def tell(person: Person) -> None:
        await person.press("f8")
        person.app.action_show("field")
        await person.until_seen("No group was read back", "scs body field FILE")
        await person.press("plus", "g", "n", "p", "minus")
        await person.until_seen("No group was read back")

    story(tell)
