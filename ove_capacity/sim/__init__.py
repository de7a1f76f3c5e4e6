"""Time: SimPy processes that wait, call a rule, apply it through claim, and record it."""
