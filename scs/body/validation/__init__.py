"""The body against what is known: every figure with its target, its source and its label (`scs body validate`)."""
