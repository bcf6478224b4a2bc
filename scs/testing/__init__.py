"""For whoever tests a stimulator: strategies, a state machine, a waveform monitor, conformance checks.

Never for clinical use. Needs Hypothesis and pytest: `pip install 'scs[testing]'`.
"""
