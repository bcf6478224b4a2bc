"""Proofs about the safety rules: every point enumerated with numpy, lemmas for all integers with z3.

Needs numpy and z3: `pip install 'scs[proof]'`.
"""
