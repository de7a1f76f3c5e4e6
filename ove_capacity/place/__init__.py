"""The relay: bring pods to nodes as the control plane would. One function, many questions."""

from __future__ import annotations

from ove_capacity.place.desk import place, unplaced
from ove_capacity.place.inquiry import Verdict, explain_pod, fitting
from ove_capacity.place.outcome import Displaced, Outcome, Placed, Refused, TurnedAway
from ove_capacity.place.standing import initial_state, scheduler_of

__all__ = [
    "Displaced",
    "Outcome",
    "Placed",
    "Refused",
    "TurnedAway",
    "Verdict",
    "explain_pod",
    "fitting",
    "initial_state",
    "place",
    "scheduler_of",
    "unplaced",
]
