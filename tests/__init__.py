"""Tests, sorted by the question they answer (README.md beside this file)."""
