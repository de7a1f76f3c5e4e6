"""Whom terms and spread constraints speak of, in upstream's odd corners too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ove_capacity.kube.term import existing_term, incoming_term, spread_matcher
from ove_capacity.model.pod import PodAffinityTerm, SpreadConstraint
from ove_capacity.model.selector import EVERYTHING, LabelSelector, Requirement
from ove_capacity.testing.build import pod, selector

NAMESPACES = {"plain": {}, "dev": {"env": "dev"}, "prod": {"env": "prod"}}
EVERYWHERE = {"plain", "dev", "prod", "unheard-of"}


def _by(operator, *values):
    return LabelSelector((Requirement("env", operator, values),))


def _reached(matcher):
    return {name for name in EVERYWHERE if matcher.matches(pod("q", namespace=name), NAMESPACES)}


@pytest.mark.parametrize(
    ("chosen", "incoming", "existing"),
    [
        (None, {"plain"}, {"plain"}),
        (EVERYTHING, EVERYWHERE, EVERYWHERE),
        (_by("In", "dev"), {"dev"}, {"dev"}),
        (_by("Exists"), {"dev", "prod"}, {"dev", "prod"}),
        # What a namespace without labels satisfies lets in all of them, for the incoming pod only.
        (_by("DoesNotExist"), EVERYWHERE, {"plain", "unheard-of"}),
        (_by("NotIn", "dev"), EVERYWHERE, {"plain", "prod", "unheard-of"}),
    ],
)
def test_namespaces_that_a_term_reaches(chosen, incoming, existing):
    term = PodAffinityTerm("zone", EVERYTHING, namespace_selector=chosen)
    assert _reached(incoming_term(term, "plain", NAMESPACES)) == incoming
    assert _reached(existing_term(term, "plain")) == existing


def test_before_1_34_the_incoming_pod_reaches_namespaces_that_exist_and_no_others():
    term = PodAffinityTerm("zone", EVERYTHING, namespace_selector=_by("NotIn", "dev"))
    assert _reached(incoming_term(term, "plain", NAMESPACES, opens=False)) == {"plain", "prod"}


@pytest.mark.parametrize(
    ("given", "counts_like", "counts_unlike", "itself"),
    [
        (selector(app="a"), True, False, True),
        (selector(app="b"), False, False, False),
        (EVERYTHING, True, False, True),
        (None, False, False, False),
    ],
)
def test_label_keys_narrow_a_selector_and_never_stand_in_for_one(
    given, counts_like, counts_unlike, itself
):
    mine = replace(pod("p"), labels={"app": "a", "v": "1"})
    constraint = SpreadConstraint(1, "zone", True, given, match_label_keys=("v", "absent"))
    matcher, own = spread_matcher(constraint, mine)
    unlike = replace(mine, labels={"app": "a", "v": "2"})
    assert (matcher.matches(mine, {}), matcher.matches(unlike, {}), own) == (
        counts_like,
        counts_unlike,
        itself,
    )
