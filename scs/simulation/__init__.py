"""A simulated world: real programmers, a real implant and a bad link in virtual time, and checkers that watch."""
