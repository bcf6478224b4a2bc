"""The record of what was done and seen in sessions: a book that finds its own changed and missing pages."""
