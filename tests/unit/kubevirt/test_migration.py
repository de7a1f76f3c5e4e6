"""Targets of migrations."""

from dataclasses import replace

import pytest

from ove_capacity.kubevirt.migration import backoff_ms, target_pod
from ove_capacity.model.pod import Affinity, Pod, PodSpec
from ove_capacity.model.selector import NodeSelectorTerm, Requirement

ZONE = NodeSelectorTerm((Requirement("zone", "In", ("a",)),))


def launcher(labels, **affinity):
    return Pod("web", PodSpec(affinity=Affinity(**affinity)), "vms", labels)


def test_a_target_stands_on_no_node_that_has_a_pod_of_its_vm():
    pod = launcher({"kubevirt.io/created-by": "uid-1", "app": "web"})
    (term,) = target_pod(pod, "w1").spec.affinity.anti_required
    assert term.topology_key == "kubernetes.io/hostname"
    assert term.selector.matches({"kubevirt.io/created-by": "uid-1"})
    assert not term.selector.matches({"app": "web"})


@pytest.mark.parametrize(("before", "after"), [(None, 1), ((), 0), ((ZONE, ZONE), 2)])
def test_of_a_pod_that_does_not_say_whose_it_is_its_node_is_shut_out(before, after):
    terms = target_pod(launcher({}, node_required=before), "w1").spec.affinity.node_required
    away = Requirement("metadata.name", "NotIn", ("w1",))
    assert [each.match_fields for each in terms] == [(away,)] * after
    assert all(
        replace(each, match_fields=()) in (before or (NodeSelectorTerm(),)) for each in terms
    )


def test_who_fails_again_and_again_waits_longer_and_at_most_five_failures_are_remembered():
    waits = [backoff_ms(failures) // 1000 for failures in range(1, 8)]
    assert waits == [20, 40, 80, 160, 320, 320, 320]
