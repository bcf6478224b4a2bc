"""Parts that are wrong on purpose, by theme; `firmware_model/known_bad.py` is the table of the implants made of them.

None of this runs unless somebody asks for it by name, and the code of the real implant knows nothing of it. Never for
clinical use, and these least of all.
"""
