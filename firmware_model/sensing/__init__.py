"""What the implant senses of the body it is in: how it lies and moves, and what a pulse evokes."""
