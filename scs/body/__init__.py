"""What the electrodes meet: tissue, fibres and what they make of a pulse.

Models only, each with what it was fitted to and how well. They predict nobody and are never for clinical use. Numbers
here are floating point on purpose: nothing in this folder decides what may be delivered.
"""
