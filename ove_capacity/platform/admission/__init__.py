"""Kyverno: which objects the policies of a cluster admit."""

from __future__ import annotations

from ove_capacity.platform.admission.match import Request
from ove_capacity.platform.admission.overlay import Outcome
from ove_capacity.platform.admission.review import (
    Review,
    is_excepted,
    reviews,
    unasked_parts,
    unmodelled_parts,
)

__all__ = [
    "Outcome",
    "Request",
    "Review",
    "is_excepted",
    "reviews",
    "unasked_parts",
    "unmodelled_parts",
]
