"""`scs charge`: charge per phase, charge density and Shannon's k on one contact, and which limits they pass.

Whole numbers decide, as in the rules; the decimals shown are rounded to four places. A share that makes no whole
picocoulomb is rounded up, so that nothing is understated.
"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from scs.cli.exit_codes import ExitCode
from scs.cli.table import FOOTER, Paint, columns

PLACES = Decimal("0.0001")


def add_parser(subparsers: Any) -> None:
    """Add `charge` to the command line."""
    parser = subparsers.add_parser(
        "charge",
        help="charge, density and Shannon's k of one phase on one contact",
        description="Say what one rectangular phase does to one contact: Q = I x width, D = Q / area, "
        "k = log10(Q x D), and which limits of the policies it passes.",
    )
    parser.add_argument("--amplitude", required=True, metavar="CURRENT", help='the whole current, such as "5mA"')
    parser.add_argument("--width", required=True, metavar="TIME", help='the width of the phase, such as "210us"')
    parser.add_argument("--area", required=True, metavar="AREA", help='the area of the contact, such as "11.97mm2"')
    parser.add_argument("--share", default="100%", metavar="SHARE", help="the contact's share; 100%% if not given")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


@dataclass(frozen=True, slots=True)
class Phase:
    """One rectangular phase on one contact, in whole units."""

    charge_pc: int
    area_um2: int

    @property
    def charge_uc(self) -> Decimal:
        return (Decimal(self.charge_pc) / 1_000_000).quantize(PLACES)

    @property
    def density_uc_per_cm2(self) -> Decimal:
        return (Decimal(100 * self.charge_pc) / self.area_um2).quantize(PLACES)

    @property
    def shannon_k(self) -> Decimal | None:
        """log10(Q · D) with Q in µC and D in µC/cm²; nothing flows at no charge, so there is no k."""
        if self.charge_pc == 0:
            return None
        # Q µC · D µC/cm² = Q² pC² / A µm² / 10⁴.
        return ((Decimal(self.charge_pc) ** 2 / self.area_um2).log10() - 4).quantize(PLACES)


def run(arguments: Namespace) -> int:
    """Print the phase and its limits."""
    phase = _phase(arguments)
    limits = list(_limits(phase))
    if arguments.json:
        import json

        k = phase.shannon_k
        numbers = {
            "charge_uc": float(phase.charge_uc),
            "density_uc_per_cm2": float(phase.density_uc_per_cm2),
            "shannon_k": None if k is None else float(k),
        }
        print(json.dumps({**numbers, "limits": limits}, indent=2))
    else:
        print(_text(phase, limits))
    return ExitCode.OK


def _phase(arguments: Namespace) -> Phase:
    from scs.domain.units import AREA, CURRENT, SHARE, TIME

    amplitude_ua = _quantity(arguments.amplitude, CURRENT, "--amplitude", 0, 10_000_000)
    width_us = _quantity(arguments.width, TIME, "--width", 0, 3_600_000_000)
    area_um2 = _quantity(arguments.area, AREA, "--area", 1, 1_000_000_000_000)
    permille = _quantity(arguments.share, SHARE, "--share", 0, 1000)
    return Phase(-(-amplitude_ua * permille * width_us // 1000), area_um2)


def _quantity(text: str, unit: Any, option: str, lowest: int, highest: int) -> int:
    from scs.domain.units import format_quantity, parse_quantity
    from scs.errors import BadQuantity

    try:
        value = parse_quantity(text, unit)
    except BadQuantity as error:
        raise BadQuantity(f"{option}: {error}") from error
    if value < lowest:
        raise BadQuantity(f'{option}: "{text}" is below {format_quantity(lowest, unit)}, the least; raise it')
    if value > highest:
        raise BadQuantity(f'{option}: "{text}" is above {format_quantity(highest, unit)}, the most; lower it')
    return value


def _limits(phase: Phase) -> Any:
    from scs.domain.charge import density_exceeds, shannon_exceeds
    from scs.domain.policy import POLICY_IDS, find_policy

    for policy_id in POLICY_IDS:
        policy = find_policy(policy_id)
        for tier, limit in reversed(policy.density_tiers()):
            passes = not density_exceeds(phase.charge_pc, phase.area_um2, limit)
            yield _limit(policy_id, "charge-density", tier.name, limit, "uC/cm2", passes)
        for tier, k_milli in reversed(policy.shannon_tiers()):
            passes = not shannon_exceeds(phase.charge_pc, phase.area_um2, k_milli)
            yield _limit(policy_id, "shannon", tier.name, k_milli / 1000, "k", passes)


def _limit(policy: str, rule: str, tier: str, limit: float, unit: str, passes: bool) -> dict[str, Any]:
    return {"policy": policy, "rule": rule, "tier": tier.lower(), "limit": limit, "unit": unit, "passes": passes}


def _text(phase: Phase, limits: list[dict[str, Any]]) -> str:

    paint = Paint()
    k = phase.shannon_k
    rows = [
        [row["policy"], row["rule"], row["tier"], f"{row['limit']:g} {row['unit']}", "yes" if row["passes"] else "NO"]
        for row in limits
    ]
    return "\n".join(
        [
            f"charge         {phase.charge_uc} uC per phase",
            f"density        {phase.density_uc_per_cm2} uC/cm2",
            f"Shannon's k    {'none, no charge flows' if k is None else k}",
            "",
            *columns(("policy", "rule", "tier", "limit", "passes"), rows, paint),
            "",
            FOOTER,
        ]
    )
