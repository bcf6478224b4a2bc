"""What the search over all states of an implant is made of: its world, what can happen, what must always be so."""
