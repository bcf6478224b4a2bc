"""Pure meaning: units, leads, prescriptions, limits and verdicts. No bytes, no ports, no screens, no clock."""
