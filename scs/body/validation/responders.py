"""Cohorts against trials: how many lose half of their pain. All are driven in full, as those with implants were."""

from __future__ import annotations

from collections.abc import Mapping

from scs.body.pain import HOURS_PER_DAY, RESPONDS_FROM, Pain, sufferer

PATIENTS = range(1, 1_001)
DAYS_PER_MONTH = 30.4
ARMS = {
    "khz-back-18": ("fbss", "high-rate", 18, "low-back-middle"),
    "tonic-back-18": ("fbss", "tonic", 18, "low-back-middle"),
    "khz-leg-18": ("fbss", "high-rate", 18, "left-lower-leg"),
    "tonic-leg-18": ("fbss", "tonic", 18, "left-lower-leg"),
    "khz-back-3": ("fbss", "high-rate", 3, "low-back-middle"),
    "tonic-back-3": ("fbss", "tonic", 3, "low-back-middle"),
    "khz-pdn-6": ("pdn", "high-rate", 6, "left-foot"),
    "none-pdn-6": ("pdn", None, 6, "left-foot"),
    "tonic-pdn-6": ("pdn", "tonic", 6, "left-foot"),
    "tonic-promise": ("fbss", "tonic", 6, "low-back-middle"),
}
"""Figure to indication, mechanism (None: nothing is delivered), months and region."""


def values() -> Mapping[str, float]:
    """Percent of a thousand patients who respond, for each arm."""
    return {name: responders(*arm) for name, arm in ARMS.items()}


def responders(indication: str, mechanism: str | None, months: float, region: str) -> float:
    """Percent of PATIENTS whose pain in a region is halved after so many months."""
    count = 0
    for seed in PATIENTS:
        course = Pain(sufferer(indication, seed))
        drives = None if mechanism is None else dict.fromkeys(course.sufferer.baseline, 1.0)
        course.pass_time(months * DAYS_PER_MONTH * HOURS_PER_DAY, drives, mechanism or "tonic")
        count += course.relief(region) >= RESPONDS_FROM
    return 100 * count / len(PATIENTS)
