"""Program, implant and impedance files: each field wrong once, every problem told, and exact round trips."""

from __future__ import annotations

import json
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from scs.domain.impedance_file import parse_impedance_file
from scs.domain.lead import Implant, PluggedLead, catalogue, find_lead
from scs.domain.program import ActiveRecharge, Tonic, replaced
from scs.domain.program_file import parse_implant_file, parse_program_file, program_schema
from scs.domain.program_text import write_implant_file, write_program_file
from scs.errors import BadFile, BadPrescription
from scs.wire.prescription import decode_implant, encode_document

HUGE = "1e1000000000000000000"
RIGHT: dict[str, Any] = {
    "format": "scs-program/1",
    "title": "Two contacts",
    "source": "a test",
    "notes": "every field is written",
    "profile": "reference",
    "implant": {"leads": [{"port": "A", "model": "medtronic-977a2", "level": "T8", "offset": "0 mm"}]},
    "group": {
        "name": "walk",
        "delivery": "interleaved",
        "programs": [
            {
                "name": "low back",
                "contacts": {"E3": "-60%", "E4": "-40%", "CASE": "+100%"},
                "amplitude": "5.2 mA",
                "pulse_width": "210 us",
                "interphase_gap": "100 us",
                "recharge": {"kind": "active", "ratio": 1},
                "waveform": {"kind": "burst", "rate": "40 Hz", "pulses": 5, "intra_rate": "500 Hz"},
                "ramp": "2 s",
                "cycling": {"on": "30 s", "off": "90 s"},
                "patient": {"lowest": "0 mA", "highest": "6 mA"},
                "closed_loop": {"target": "50 uV", "gain": "3 uA/uV"},
            }
        ],
    },
}
P = "group.programs[0]"
NAN = Decimal("NaN")

# (path of the field, what is written there, what the sentence shows of it, what the sentence advises)
WRONG: list[tuple[str, object, str, str]] = [
    ("format", "scs-program/2", '"scs-program/2"', "use scs-program/1"),
    ("format", 1, "1", "use scs-program/1"),
    ("title", "", '""', "write title ="),
    ("title", "x" * 401, "401 characters, above 400", "shorten it"),
    ("source", 7, "7", "write source ="),
    ("notes", "x" * 2001, "above 2000", "shorten it"),
    ("profile", "none", '"none"', "choose one of reference"),
    ("profile", 5, "5", "write profile ="),
    ("implant", "A", '"A"', "write a table [implant]"),
    ("implant.leads", "A", '"A"', "write leads ="),
    ("implant.leads", [], "empty", "write leads ="),
    ("implant.leads[0].port", "E", '"E"', "use A, B, C or D"),
    ("implant.leads[0].model", "medtronic-977", '"medtronic-977"', "choose one of"),
    ("implant.leads[0].level", "T13", '"T13"', "write a vertebra from C2 to L5"),
    ("implant.leads[0].offset", "3", '"3"', 'such as "3 mm"'),
    ("implant.leads[0].offset", "3 V", "V is no unit of length", "use one of mm"),
    ("group", [], "a list of 0", "write a table [group]"),
    ("group.name", "", '""', "write name ="),
    ("group.name", "x" * 25, "25 characters, above 24", "shorten it"),
    ("group.name", "a\nb", "does not fit", "use printable characters only"),
    ("group.delivery", "parallel", '"parallel"', "use interleaved or multiplexed"),
    ("group.programs", {}, "a table", "write a table [[group.programs]]"),
    ("group.programs", [], "empty", "write a table [[group.programs]]"),
    (f"{P}.name", True, "true", "write name ="),
    (f"{P}.contacts", "E3", '"E3"', 'write contacts = { E3 = "-100%"'),
    (f"{P}.contacts", {"E3": "-100%"}, "no anodes", "give at least one contact"),
    (f"{P}.contacts", {"E3": "-60%", "E4": "+100%"}, "sum to -60 %, not -100 %", "adjust them"),
    (f"{P}.contacts.E33", "-10%", '"E33"', "use E1 to E32, or CASE"),
    (f"{P}.contacts.e3", "-10%", '"e3"', "use E1 to E32, or CASE"),
    (f"{P}.contacts.E3", "-60", '"-60"', 'such as "60 %"'),
    (f"{P}.contacts.E3", -60, "-60", 'such as "60 %"'),
    (f"{P}.contacts.E3", "-160%", '"-160%"', "-100 % to 100 %"),
    (f"{P}.contacts.E3", "0%", '"0%"', "not 0"),
    (f"{P}.contacts.E3", "-60.05%", '"-60.05%"', "round it yourself"),
    (f"{P}.amplitude", "5.2", '"5.2"', 'such as "5.2 mA"'),
    (f"{P}.amplitude", 5, "5 has no unit", 'such as "5.2 mA"'),
    (f"{P}.amplitude", Decimal("5.2"), "5.2 has no unit", 'such as "5.2 mA"'),
    (f"{P}.amplitude", NAN, "NaN", 'such as "5.2 mA"'),
    (f"{P}.amplitude", "nan mA", '"nan mA"', 'such as "5.2 mA"'),
    (f"{P}.amplitude", True, "true is a truth value", 'such as "5.2 mA"'),
    (f"{P}.amplitude", "5.2 V", "V is no unit of current", "use one of mA"),
    (f"{P}.amplitude", "-1 mA", "-1 mA is below 0", "the least"),
    (f"{P}.amplitude", "1.0005 mA", '"1.0005 mA"', "round it yourself"),
    (f"{P}.pulse_width", "0 us", "0 us is below 1 us", "the least"),
    (f"{P}.pulse_width", "210", '"210"', 'such as "210 us"'),
    (f"{P}.interphase_gap", False, "false is a truth value", 'such as "210 us"'),
    (f"{P}.recharge", "active", '"active"', "write recharge ="),
    (f"{P}.recharge.kind", "driven", '"driven"', "use passive or active"),
    (f"{P}.recharge.ratio", 0, "0 is below 1", "raise it"),
    (f"{P}.recharge.ratio", 17, "17 is above 16", "lower it"),
    (f"{P}.recharge.ratio", True, "true", "write ratio = 1"),
    (f"{P}.recharge.ratio", Decimal("1.5"), "1.5", "write ratio = 1"),
    (f"{P}.waveform", 40, "40", "write waveform ="),
    (f"{P}.waveform.kind", "bursts", '"bursts"', "use tonic or burst or high-rate"),
    (f"{P}.waveform.rate", "40", '"40"', 'such as "40 Hz"'),
    (f"{P}.waveform.rate", "40 hz", "hz is no unit of rate", "use one of Hz"),
    (f"{P}.waveform.pulses", 1, "1 is below 2", "raise it"),
    (f"{P}.waveform.pulses", 8, "8 is above 7", "lower it"),
    (f"{P}.waveform.pulses", "5", '"5"', "write pulses = 5"),
    (f"{P}.waveform.intra_rate", 500, "500 has no unit", 'such as "40 Hz"'),
    (f"{P}.ramp", "2 sec", "sec is no unit of time", "use one of us"),
    (f"{P}.cycling", True, "true", "write cycling ="),
    (f"{P}.cycling.on", "0 s", "0 us is below 1 us", "the least"),
    (f"{P}.cycling.off", "x", '"x"', 'such as "210 us"'),
    (f"{P}.patient", [], "a list of 0", "write patient ="),
    (f"{P}.patient.lowest", None, "null has no unit", 'such as "5.2 mA"'),
    (f"{P}.patient.highest", "6", '"6"', 'such as "5.2 mA"'),
    (f"{P}.closed_loop", "on", '"on"', "write closed_loop ="),
    (f"{P}.closed_loop.target", "50 V", "V is no unit of potential", "use one of uV"),
    (f"{P}.closed_loop.gain", "3", '"3"', 'such as "3 uA/uV"'),
]
REQUIRED = [
    "format", "title", "source", "group", "implant.leads", "implant.leads[0].port", "implant.leads[0].model",
    "group.name", "group.programs", f"{P}.name", f"{P}.contacts", f"{P}.amplitude", f"{P}.pulse_width", f"{P}.recharge",
    f"{P}.recharge.kind", f"{P}.waveform", f"{P}.waveform.kind", f"{P}.waveform.rate", f"{P}.waveform.pulses",
    f"{P}.waveform.intra_rate", f"{P}.cycling.on", f"{P}.cycling.off", f"{P}.patient.lowest", f"{P}.patient.highest",
    f"{P}.closed_loop.target", f"{P}.closed_loop.gain",
]  # fmt: skip


def _steps(path: str) -> list[int | str]:
    parts = path.replace("[", ".#").replace("]", "").split(".")
    return [int(part[1:]) if part.startswith("#") else part for part in parts]


def _changed(path: str, value: object) -> dict[str, Any]:
    tree = deepcopy(RIGHT)
    *before, last = _steps(path)
    table: Any = tree
    for step in before:
        table = table[step]
    if value is _ABSENT:
        del table[last]
    else:
        table[last] = value
    return tree


_ABSENT = object()


def _json(tree: object) -> str:
    """JSON text; a Decimal is written as the bare number that a person would write."""

    def bare(value: object) -> str:
        assert isinstance(value, Decimal)
        return f"@{value}@"

    return json.dumps(tree, default=bare).replace('"@', "").replace('@"', "")


def _problems(text: str, path: str = "mine.json") -> tuple[str, ...]:
    with pytest.raises(BadFile) as caught:
        parse_program_file(path, text)
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}: ")
    return caught.value.problems


@pytest.mark.parametrize(("path", "value", "shown", "advice"), WRONG)
def test_a_wrong_field_is_named_with_its_value_and_what_to_do(
    path: str, value: object, shown: str, advice: str
) -> None:
    if isinstance(value, Decimal) and value.is_nan():
        text = _toml_with_nan()
        problems = _problems(text, "mine.toml")
    else:
        problems = _problems(_json(_changed(path, value)))
    about = [problem for problem in problems if problem.startswith(f"{path}:")]
    assert len(about) == 1, problems
    assert shown in about[0] or (shown == '""' and "empty" in about[0])
    assert advice in about[0]
    assert "\n" not in about[0]


def _toml_with_nan() -> str:
    written = write_program_file(parse_program_file("right.json", _json(RIGHT)))
    return written.replace('amplitude = "5.2 mA"', "amplitude = nan")


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_field_is_named_with_an_example(path: str) -> None:
    (problem,) = _problems(_json(_changed(path, _ABSENT)))
    assert problem.startswith(f"{path}: is missing; ")


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("titel", "title"),
        ("implant.lead", "leads"),
        ("implant.leads[0].modell", "model"),
        ("group.programms", "programs"),
        (f"{P}.amplitud", "amplitude"),
        (f"{P}.amplitude_ua", "amplitude"),
        (f"{P}.recharge.ratios", "ratio"),
        (f"{P}.waveform.intrarate", "intra_rate"),
        (f"{P}.patient.maximum", None),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest_known_one(path: str, meant: str | None) -> None:
    (problem,) = _problems(_json(_changed(path, "1")))
    assert problem.startswith(f"{path}: is unknown here; ")
    if meant is not None:
        assert f"did you mean {meant}?" in problem
    else:
        assert "use one of highest, lowest" in problem


def test_every_problem_is_told_at_once() -> None:
    tree = _changed(f"{P}.amplitude", 5)
    tree["group"]["programs"][0]["pulse_width"] = "x"
    tree["colour"] = "red"
    problems = _problems(_json(tree))
    assert [problem.split(":")[0] for problem in problems] == [f"{P}.amplitude", f"{P}.pulse_width", "colour"]


def test_relations_between_fields_are_told_with_their_values() -> None:
    tree = _changed(f"{P}.patient", {"lowest": "7 mA", "highest": "6 mA"})
    assert _problems(_json(tree)) == (f"{P}.patient: lowest, 7 mA, is above highest, 6 mA; swap them",)
    tree = _changed(f"{P}.waveform.intra_rate", "30 Hz")
    assert _problems(_json(tree)) == (f"{P}.waveform: intra_rate of 30 Hz is not above rate, 40 Hz; raise it",)


def test_too_many_programs_are_refused() -> None:
    program = RIGHT["group"]["programs"][0]
    five = [{**program, "name": f"p{index}"} for index in range(5)]
    (problem,) = _problems(_json(_changed("group.programs", five)))
    assert problem == "group.programs: holds 5 entries, above 4; remove some"


def test_two_programs_of_one_name_are_refused() -> None:
    program = RIGHT["group"]["programs"][0]
    (problem,) = _problems(_json(_changed("group.programs", [program, program])))
    assert problem.startswith("group: two programs share a name (low back, low back)")


def test_a_multiplexed_group_of_one_is_refused() -> None:
    (problem,) = _problems(_json(_changed("group.delivery", "multiplexed")))
    assert "needs a base and at least one prime" in problem


def test_two_leads_in_one_port_are_refused() -> None:
    lead = RIGHT["implant"]["leads"][0]
    (problem,) = _problems(_json(_changed("implant.leads", [lead, lead])))
    assert problem.startswith("implant.leads: two leads are plugged into one port (A, A)")


def test_more_contacts_than_any_implant_has_are_refused() -> None:
    leads = [{"port": port, "model": "boston-infinion-16"} for port in "ABC"]
    (problem,) = _problems(_json(_changed("implant.leads", leads)))
    assert problem.startswith("implant.leads: 48 contacts are more than 32")


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("a.toml", 'contacts = { E3 = "-50%", E3 = "-50%" }', "line 1: E3 stands twice in one table; remove one"),
        ("a.toml", 'title = "a"\ntitle = "b"', "line 2: title stands twice in one table; remove one"),
        ("a.json", '{"a": {"E3": "-50%", "E3": "-50%"}}', "E3 stands twice in one table; remove one"),
        ("a.json", '{"amplitude": NaN}', "NaN is no quantity; write a number with a unit as text"),
        ("a.json", '{"amplitude": -Infinity}', "-Infinity is no quantity; write a number with a unit as text"),
        ("a.toml", "title = \n", "line 1 is no TOML: Invalid value; correct it there"),
        ("a.json", "[]", "holds a list of 0 at the top; write a table, as in examples/"),
        (
            "a.toml",
            f"x = {HUGE}",
            "1e1000000000000000000 is no number that can be held; no quantity needs it",
        ),
        (
            "a.json",
            f'{{"x": {HUGE}}}',
            "1e1000000000000000000 is no number that can be held; no quantity needs it",
        ),
        ("a.json", "[" * 100_000, "is nested too deeply to be read; no file of ours needs more than five levels"),
        ("a.toml", f"x = {'9' * 5000}", "holds a number with thousands of digits; no quantity needs them"),
        (
            "a.toml",
            '"\\u001b[2J" = 1',
            "\\x1b[2J: is unknown here; remove it, or use one of " + ", ".join(sorted(RIGHT)),
        ),
        ("a.toml", " " * 1_000_001, "holds 1000001 characters, above 1000000; this is no file of ours"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(path: str, text: str, problem: str) -> None:
    assert _problems(text, path)[-1] == problem


def test_a_file_is_read_to_exact_integers() -> None:
    read = parse_program_file("right.json", _json(RIGHT))
    program = read.group.programs[0]
    assert (program.amplitude_ua, program.pulse_width_us, program.interphase_gap_us) == (5_200, 210, 100)
    assert program.contacts.shares == ((0, 1000), (3, -600), (4, -400))
    assert read.implant is not None
    assert read.implant.leads[0].lead is find_lead("medtronic-977a2")


def test_a_written_file_reads_back_to_the_same_value() -> None:
    first = parse_program_file("right.json", _json(RIGHT))
    odd = replaced(
        first.group.programs[0],
        name='µ "x" \\ é\u2028',
        amplitude_ua=1,
        pulse_width_us=1_234_567,
        recharge=ActiveRecharge(kind="active", ratio=3),
        waveform=Tonic(kind="tonic", rate_mhz=33_333),
        ramp_us=90_000_000,
        cycling=None,
        patient=None,
    )
    group = replaced(first.group, programs=(first.group.programs[0], odd))
    both = type(first)(
        title='a "quoted" \x7f title', source="s", group=group, implant=first.implant, profile_id="evoke", notes=None
    )
    for program in (first, both):
        assert parse_program_file("again.toml", write_program_file(program)) == program


def test_an_implant_file_holds_the_leads_alone_and_reads_back() -> None:
    implant = Implant(
        leads=(
            PluggedLead(port="A", lead=find_lead("boston-linear-st"), level="T10", offset_um=-1_500),
            PluggedLead(port="C", lead=find_lead("medtronic-39565")),
        )
    )
    assert parse_implant_file("implant.toml", write_implant_file(implant)) == implant
    with pytest.raises(BadFile, match="implant: is missing"):
        parse_implant_file("implant.toml", "")


@pytest.mark.parametrize("name", catalogue())
def test_a_lead_that_an_implant_told_of_is_written_under_its_name(name: str) -> None:
    told = decode_implant(encode_document(Implant(leads=(PluggedLead(port="A", lead=find_lead(name)),))))
    assert parse_implant_file("implant.toml", write_implant_file(told)).leads[0].lead == find_lead(name)


def test_a_lead_that_differs_from_the_catalogue_is_not_written_under_its_name() -> None:
    lead = find_lead("boston-linear-st").model_copy(update={"name": "another"})
    with pytest.raises(BadPrescription, match="differs from the one in the catalogue"):
        write_implant_file(Implant(leads=(PluggedLead(port="A", lead=lead),)))


def test_the_schema_accepts_the_names_that_a_file_uses() -> None:
    schema = program_schema()
    program = schema["$defs"]["Program"]
    assert set(program["properties"]) == set(RIGHT["group"]["programs"][0])
    assert set(schema["properties"]) == set(RIGHT)
    assert schema["additionalProperties"] is False
    assert program["properties"]["amplitude"]["type"] == "string"
    assert json.loads(json.dumps(schema)) == schema


def test_impedances_are_read_from_lines_and_from_the_list_that_a_measurement_prints() -> None:
    assert parse_impedance_file("z.toml", 'E1 = "620 ohm"\nE8 = "1.2 kohm"').ohms == {1: 620, 8: 1_200}
    listed = {
        "contacts": [
            {"contact": "E1", "ohms": 620, "state": "ok"},
            {"contact": "E2", "ohms": 20_000, "state": "open"},
            {"contact": "E3", "ohms": None, "state": "unknown"},
        ],
        "battery": "not looked at",
    }
    assert parse_impedance_file("z.json", json.dumps(listed)).ohms == {1: 620, 2: 20_000}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"E1": 620}', 'E1: 620 is no resistance with a unit; write such as "620 ohm"'),
        ('{"E1": "620 mA"}', 'E1: "620 mA": mA is no unit of resistance; use one of ohm, Ω, kohm, kΩ'),
        ('{"E0": "620 ohm"}', 'E0: "E0" names no contact; use E1 to E32, or CASE'),
        ('{"E1": "-5 ohm"}', 'E1: "-5 ohm" is outside 0 ohm to 10000000 ohm; correct it'),
        ('{"CASE": "5 ohm"}', "CASE: the case is what the contacts are measured against; remove it"),
        ("{}", 'holds no impedance; write a line such as E1 = "620 ohm"'),
        (
            '{"contacts": [{"contact": "E1", "ohms": true, "state": "ok"}]}',
            'contacts[0]: true is no resistance with a unit; write such as "620 ohm"',
        ),
        (
            '{"contacts": [{"contact": "E1", "ohms": 5, "state": "fine"}]}',
            'contacts[0].state: "fine" is no resistance; write a number and a unit, such as "620 ohm"',
        ),
        (
            '{"contacts": [{"contact": "E1", "ohms": 5}, {"contact": "E1", "ohms": 6}]}',
            "contacts[1]: E1 stands twice; remove one",
        ),
    ],
)
def test_an_impedance_that_is_wrong_is_named(text: str, problem: str) -> None:
    with pytest.raises(BadFile) as caught:
        parse_impedance_file("z.json", text)
    assert caught.value.problems == (problem,)
