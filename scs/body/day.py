"""A day of a modelled patient: how long in which posture."""

from __future__ import annotations

from scs.body.anatomy import Posture

HOURS_PER_DAY = 24
DAY = (
    (Posture.SITTING, 7.0),
    (Posture.STANDING, 5.0),
    (Posture.WALKING, 3.0),
    (Posture.RECLINING, 1.0),
    (Posture.SUPINE, 8.0),
)
"""Hours of a day in each posture [A]."""
assert sum(hours for _, hours in DAY) == HOURS_PER_DAY, "a day has 24 hours"
