"""The relay: bring pods to nodes as the control plane would. One function, many questions."""

from __future__ import annotations

from ove_capacity.place.compiling import compile_kernels
from ove_capacity.place.desk import place, runs_at_once, tie_draws, unplaced
from ove_capacity.place.inquiry import Verdict, explain_pod, filled, filled_up, fitting, takers
from ove_capacity.place.outcome import Displaced, Outcome, Placed, Refused, TurnedAway
from ove_capacity.place.standing import carried_over, change_nodes, initial_state, scheduler_of

__all__ = [
    "Displaced",
    "Outcome",
    "Placed",
    "Refused",
    "TurnedAway",
    "Verdict",
    "carried_over",
    "change_nodes",
    "compile_kernels",
    "explain_pod",
    "filled",
    "filled_up",
    "fitting",
    "initial_state",
    "place",
    "runs_at_once",
    "scheduler_of",
    "takers",
    "tie_draws",
    "unplaced",
]
