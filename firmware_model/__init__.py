"""The implanted pulse generator as a model: stepped by a clock that it is given, speaking bytes that it is handed."""
