"""From which value on a rule speaks, and how loudly: rows of data (data/policies/*.toml)."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scs.domain.fields import FROM_TEXT, Prescription
from scs.domain.shipped import shipped
from scs.domain.verdict import Tier
from scs.errors import BadPrescription

POLICY_IDS = ("default", "strict")
Limit = Annotated[int, Field(gt=0)]


class Policy(Prescription):
    """Thresholds; a tier that is absent is never given."""

    id: str
    density_confirm_uc_per_cm2: Limit | None = None
    density_block_uc_per_cm2: Limit
    shannon_notice_k_milli: Limit | None = None
    shannon_confirm_k_milli: Limit | None = None
    shannon_block_k_milli: Limit | None = None
    dc_confirm_na: Limit | None = None
    dc_block_na: Limit
    compliance: Literal["confirm", "block"]

    @model_validator(mode="after")
    def _tiers_ascend(self) -> Policy:
        for lower, upper in (
            (self.density_confirm_uc_per_cm2, self.density_block_uc_per_cm2),
            (self.shannon_notice_k_milli, self.shannon_confirm_k_milli),
            (self.shannon_notice_k_milli, self.shannon_block_k_milli),
            (self.dc_confirm_na, self.dc_block_na),
        ):
            if lower is not None and upper is not None and lower >= upper:
                raise ValueError(f"a milder tier begins at {lower}, not below {upper}; lower it")
        return self

    @property
    def compliance_tier(self) -> Tier:
        return Tier[self.compliance.upper()]

    def density_tiers(self) -> tuple[tuple[Tier, int], ...]:
        """(tier, µC/cm²), the loudest first."""
        return _present((Tier.BLOCK, self.density_block_uc_per_cm2), (Tier.CONFIRM, self.density_confirm_uc_per_cm2))

    def shannon_tiers(self) -> tuple[tuple[Tier, int], ...]:
        """(tier, k in thousandths), the loudest first."""
        return _present(
            (Tier.BLOCK, self.shannon_block_k_milli),
            (Tier.CONFIRM, self.shannon_confirm_k_milli),
            (Tier.NOTICE, self.shannon_notice_k_milli),
        )

    def dc_tiers(self) -> tuple[tuple[Tier, int], ...]:
        """(tier, nA), the loudest first."""
        return _present((Tier.BLOCK, self.dc_block_na), (Tier.CONFIRM, self.dc_confirm_na))


def _present(*rows: tuple[Tier, int | None]) -> tuple[tuple[Tier, int], ...]:
    return tuple((tier, limit) for tier, limit in rows if limit is not None)


@cache
def find_policy(policy_id: str) -> Policy:
    """The shipped policy with this id; raise BadPrescription that lists the ids there are."""
    if policy_id not in POLICY_IDS:
        raise BadPrescription(f'no policy "{policy_id}"; choose one of {", ".join(POLICY_IDS)}')
    return Policy.model_validate(shipped(f"policies/{policy_id}.toml"), context=FROM_TEXT)
