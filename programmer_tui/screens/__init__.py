"""One file a screen; a screen composes and asks, and decides nothing medical."""
