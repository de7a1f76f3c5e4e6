"""One question about a cluster, answered: yes or no, what decides it, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ove_capacity.model.assumption import Assumption, Evidence

__all__ = ["GIVEN", "NONE_KNOWN", "Answer", "Finding", "Question", "weakest"]

GIVEN = "given"
"""Evidence of an answer that rests on nothing but the input."""
NONE_KNOWN = "none known"


class Question(StrEnum):
    """What a board asks of each cluster, in this order."""

    FITS = "fits"
    N_PLUS_1 = "n_plus_1"
    WHILE_DRAINING = "n_plus_1_while_draining"
    GUIDELINE = "guideline"
    STORAGE = "storage"
    LIMITS = "limits"
    AS_APPLIED = "as_applied"


class Answer(StrEnum):
    """How it is answered."""

    YES = "yes"
    NO = "NO"
    DEPENDS = "depends"
    """On how one counts."""
    UNKNOWN = "unknown"
    """The input does not say enough, or it was not tried."""
    NOTHING = "-"
    """There is nothing to ask about."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question about one cluster."""

    question: Question
    answer: Answer
    detail: str = ""
    """The numbers behind it, in a few words."""
    binding: str = ""
    """What decides it: a resource, a budget, a rule in upstream's words."""
    change: str = ""
    """The smallest change known that turns a NO into a yes; empty: none is needed."""
    evidence: str = GIVEN
    """The weakest class among the numbers it rests on: measured, documented or assumed."""

    @property
    def is_plain(self) -> bool:
        """Whether it is a yes without a but, or there is nothing to ask about."""
        return self.answer is Answer.NOTHING or (self.answer is Answer.YES and not self.binding)

    @property
    def sentence(self) -> str:
        """``NO; 9 of 9 losses …. What binds: cpu. Cheapest change known: 1 more machine …``."""
        if self.answer is Answer.YES:
            return f"yes, but {self.binding}."
        told = f"{self.answer}; {self.detail}."
        if self.binding:
            told += f" What binds: {self.binding}."
        if self.change == NONE_KNOWN:
            return f"{told} No change is known that would help."
        return f"{told} Cheapest change known: {self.change}." if self.change else told

    def to_dict(self) -> dict[str, str]:
        """For JSON output."""
        return {
            "answer": str(self.answer),
            "detail": self.detail,
            "binding": self.binding,
            "change": self.change,
            "evidence": self.evidence,
        }


_PLACING = ("node.", "platform.", "virtualization.", "kubelet.", "profile.", "admission")
_RESTS_ON = {
    Question.FITS: _PLACING,
    Question.N_PLUS_1: _PLACING,
    Question.WHILE_DRAINING: _PLACING,
    Question.GUIDELINE: ("node.system_reserved", "node.eviction_hard", "platform.", "profile."),
    Question.STORAGE: ("storage.", "profile.storage"),
    Question.LIMITS: ("network.", "node.max_pods", "profile."),
    Question.AS_APPLIED: ("admission", "hub."),
}
"""Question -> beginnings of the names of the numbers that matter for it."""


def weakest(
    question: Question,
    cluster: str,
    assumptions: Iterable[Assumption],
    *besides: Evidence,
) -> str:
    """The weakest class among the numbers that were not in the input and matter for a question.

    *besides*: classes of what the question itself brings along.
    """
    order: Sequence[Evidence] = (Evidence.MEASURED, Evidence.DOCUMENTED, Evidence.ASSUMED)
    found = [
        each.evidence
        for each in assumptions
        if each.name.startswith(_RESTS_ON[question]) and _touches(each, cluster)
    ]
    return str(max((*found, *besides), key=order.index, default=GIVEN))


def _touches(assumption: Assumption, cluster: str) -> bool:
    named = [part.strip() for part in assumption.applies_to.split(",")]
    return not assumption.applies_to or cluster in named
