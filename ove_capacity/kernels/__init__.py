"""The compiled loops: one source, run compiled or as plain Python. Only this room knows numba."""
