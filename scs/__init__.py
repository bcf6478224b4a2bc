"""The shared language of the stimulator: what stimulation means and how it is said on a wire.

A software model, never for clinical use. Nothing heavy is imported here.
"""

__version__ = "0.1.0"
