"""`scs charge` against twelve vectors computed independently, to four decimals."""

from __future__ import annotations

import json
import math

import pytest

from scs.cli.main import main

CYLINDER = ("11.969468mm2", math.pi * 1.27 * 3 / 100)
WIDE = ("12.723450mm2", math.pi * 1.35 * 3 / 100)
PADDLE = ("4mm2", 0.04)

# (id, mA, share, us, area, Q uC, D uC/cm2 and k as printed in the table of vectors)
VECTORS = [
    ("V1", "5", "100", 210, CYLINDER, 1.05, 8.772, 0.9643),
    ("V2", "10.5", "100", 300, CYLINDER, 3.15, 26.317, 1.9185),
    ("V3", "12.7", "100", 1000, CYLINDER, 12.7, 106.103, 3.1295),
    ("V4", "25.5", "100", 500, CYLINDER, 12.75, 106.521, 3.1329),
    ("V5", "25.5", "100", 1000, CYLINDER, 25.5, 213.042, 3.7350),
    ("V6", "3", "100", 30, CYLINDER, 0.09, 0.752, -1.1696),
    ("V7", "15", "100", 30, WIDE, 0.45, 3.537, 0.2018),
    ("V8", "0.6", "100", 1000, CYLINDER, 0.6, 5.013, 0.4782),
    ("V9", "4", "50", 400, CYLINDER, 0.8, 6.684, 0.7281),
    ("V10", "20", "35", 400, CYLINDER, 2.8, 23.393, 1.8162),
    ("V11", "5", "100", 210, PADDLE, 1.05, 26.25, 1.4403),
    ("V12", "10", "100", 500, PADDLE, 5.0, 125.0, 2.7959),
]


def _charge(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["charge", *words])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.rule("charge-density")
@pytest.mark.rule("shannon")
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector[0])
def test_a_vector_is_met_to_four_decimals(
    capsys: pytest.CaptureFixture[str],
    vector: tuple[str, str, str, int, tuple[str, float], float, float, float],
) -> None:
    _, milliamps, share, width_us, (area, area_cm2), charge, density, k = vector
    words = ("--amplitude", f"{milliamps}mA", "--width", f"{width_us}us", "--area", area, "--share", f"{share}%")
    code, out, _ = _charge(capsys, *words, "--json")
    assert code == 0
    said = json.loads(out)
    exact_charge = float(milliamps) * float(share) / 100 * width_us / 1000
    assert said["charge_uc"] == pytest.approx(charge, abs=5e-5)
    assert said["density_uc_per_cm2"] == pytest.approx(exact_charge / area_cm2, abs=1e-4)
    assert round(said["density_uc_per_cm2"], 3) == pytest.approx(density, abs=1e-9)
    assert said["shannon_k"] == pytest.approx(k, abs=1e-9)
    passes = {(row["policy"], row["rule"], row["tier"]): row["passes"] for row in said["limits"]}
    assert passes["default", "charge-density", "confirm"] is (density <= 30)
    assert passes["default", "charge-density", "block"] is (density <= 50)
    assert passes["default", "shannon", "notice"] is (k <= 1.5)
    assert passes["default", "shannon", "confirm"] is (k <= 1.85)


def test_no_charge_has_no_k(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--amplitude", "0mA", "--width", "210us", "--area", "4mm2")
    _, out, _ = _charge(capsys, *words, "--json")
    assert json.loads(out)["shannon_k"] is None
    _, out, _ = _charge(capsys, *words)
    assert "none, no charge flows" in out
    assert out.endswith("never for clinical use.\n")


def test_a_share_is_rounded_towards_more_charge(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--amplitude", "1uA", "--width", "1us", "--area", "1um2", "--share", "0.1%", "--json")
    _, out, _ = _charge(capsys, *words)
    assert json.loads(out)["density_uc_per_cm2"] == 100.0


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("--amplitude", "5", ("--amplitude", '"5"', 'such as "5.2 mA"')),
        ("--amplitude", "-5mA", ("--amplitude", '"-5mA"', "the least; raise it")),
        ("--amplitude", "nan mA", ("--amplitude", '"nan mA"', 'such as "5.2 mA"')),
        ("--amplitude", "999999A", ("--amplitude", '"999999A"', "the most; lower it")),
        ("--width", "210mA", ("--width", "mA is no unit of time", "us")),
        ("--area", "0mm2", ("--area", '"0mm2"', "the least; raise it")),
        ("--share", "101%", ("--share", '"101%"', "the most; lower it")),
    ],
)
def test_an_option_that_cannot_be_read_is_named(
    capsys: pytest.CaptureFixture[str], option: str, text: str, words: tuple[str, ...]
) -> None:
    options = {"--amplitude": "5mA", "--width": "210us", "--area": "4mm2", "--share": "100%"} | {option: text}
    code, out, err = _charge(capsys, *(f"{name}={value}" for name, value in options.items()))
    assert (code, out) == (2, "")
    assert all(word in err for word in words), err
