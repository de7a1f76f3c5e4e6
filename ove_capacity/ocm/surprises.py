"""What a Placement that the API accepts does to its owner unexpectedly."""

from __future__ import annotations

from collections.abc import Iterator

from ove_capacity.model.managed_cluster import ManagedClusterSet
from ove_capacity.model.placement import Placement
from ove_capacity.ocm.cel import not_modelled
from ove_capacity.ocm.cluster_sets import set_error
from ove_capacity.ocm.groups import group_error
from ove_capacity.ocm.predicates import cluster_selector_error
from ove_capacity.ocm.prioritizers import PRIORITIZERS
from ove_capacity.ocm.tolerations import toleration_error
from ove_capacity.ocm.weights import weight_error, weights

__all__ = ["Surprise", "set_surprise", "surprises"]

Surprise = tuple[tuple[str | int, ...], str]
"""(path below ``spec``, what will happen)."""

_EMPTIED = "the controller calls the Placement misconfigured and empties its decisions"
_OPERATORS = ("", "Equal", "Exists")
_DELETED = "are deleted, while PlacementSatisfied stays true"


def surprises(placement: Placement) -> Iterator[Surprise]:
    """What will happen that its author may not mean, and which field brings it about.

    Source: ours: the sentences; each follows from the rule that its own module cites.
    """
    yield from _numbers(placement)
    for index, each in enumerate(placement.predicates):
        wrong = cluster_selector_error(each)
        if wrong:
            yield ("predicates", index), f"{wrong.splitlines()[0]}: {_EMPTIED}"
        for name in (name for cel in each.cel for name in not_modelled(cel)):
            yield ("predicates", index), f"CEL's {name} is not modelled; no cluster matches by it"
    yield from _tolerations(placement)
    yield from _prioritizers(placement)
    yield from _groups(placement)


def _numbers(placement: Placement) -> Iterator[Surprise]:
    number = placement.number_of_clusters
    if number is not None and number < 0:
        yield ("numberOfClusters",), "the controller crashes on a negative number, again and again"
    elif number == 0:
        yield ("numberOfClusters",), "no cluster is chosen, and the Placement is never satisfied"
    if placement.is_disabled:
        yield (), "it is being deleted or disabled: its decisions stay as they are"


def _tolerations(placement: Placement) -> Iterator[Surprise]:
    wrong = toleration_error(placement)
    if wrong:
        yield ("tolerations",), f"{wrong} As it is, {_EMPTIED}"
    for index, each in enumerate(placement.tolerations):
        path = ("tolerations", index)
        if each.operator not in _OPERATORS:
            yield (*path, "operator"), f"{each.operator!r} matches no taint"
        if each.seconds is not None and each.seconds <= 0:
            yield (*path, "tolerationSeconds"), "it is over when it begins: nothing is tolerated"
        elif each.seconds is not None and each.effect == "NoSelectIfNew":
            what = "it counts for NoSelectIfNew too, though the API says that it is ignored"
            yield (*path, "tolerationSeconds"), what


def _prioritizers(placement: Placement) -> Iterator[Surprise]:
    policy = "prioritizerPolicy"
    running = weights(placement)
    wrong = weight_error(placement, running)
    if wrong:
        field = "mode" if wrong.startswith("incorrect prioritizer policy") else "configurations"
        yield (policy, field), f"{wrong}: {_EMPTIED}"
    seen: set[object] = set()
    for index, each in enumerate(placement.prioritizers):
        path = (policy, "configurations", index)
        again = (each.name, each.add_on) in seen
        seen.add((each.name, each.add_on))
        if each.type == "BuiltIn" and each.add_on is not None and each.name in PRIORITIZERS:
            what = f"with an addOn, {each.name} counts beside any other {each.name}, not instead"
            yield path, what
        elif again and each.add_on is not None:
            yield path, f"{each.name} is listed twice, and each listing counts"
        elif again:
            yield path, f"{each.name} is listed twice, and only the last listing counts"
        if each.name == "Steady" and each.weight < 0:
            yield (*path, "weight"), "decisions never settle: what was chosen loses by being chosen"


def _groups(placement: Placement) -> Iterator[Surprise]:
    wrong = group_error(placement)
    if wrong:
        whose = f"but those of groups before it {_DELETED}"
        what = f"all PlacementDecisions {_DELETED if 'percentage' in wrong else whose}"
        yield ("decisionStrategy", "groupStrategy"), f"{wrong}: {what}"


def set_surprise(cluster_set: ManagedClusterSet) -> str:
    """What a set does to the Placements of the namespaces it is bound to; empty for nothing.

    Source: ours, as `surprises`.
    """
    wrong = set_error(cluster_set)
    stays = "the Placements it is bound for are not decided any more, what they have stays"
    return f"{wrong}: {stays}" if wrong else ""
