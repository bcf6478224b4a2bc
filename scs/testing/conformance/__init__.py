"""The conformance suite: every check as a test of pytest, and the runner behind it and behind `scs conformance`.

`pytest --pyargs scs.testing.conformance`, or `pytest --scs-target sim:` with no paths, runs it.
"""
