"""Fuzzing of everything that reads what others wrote: the wire, the sessions, the memory and every file format."""
