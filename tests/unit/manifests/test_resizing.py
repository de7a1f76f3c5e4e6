"""What counts for a pod that is resized in place, by its status."""

from __future__ import annotations

import pytest

from ove_capacity.manifests.core import pod_of
from ove_capacity.model.pod_requests import effective_requests
from ove_capacity.quantity import Quantity

INFEASIBLE = {"conditions": [{"type": "PodResizePending", "reason": "Infeasible"}]}
DEFERRED = {"conditions": [{"type": "PodResizePending", "reason": "Deferred"}]}


def _amounts(cpu):
    return {"requests": {"cpu": cpu}}


def _counted(status, kind="containers", **container):
    """The CPU that counts for a pod whose one container asks for 2."""
    document = {
        "metadata": {"name": "p"},
        "spec": {kind: [{"name": "c", "resources": _amounts("2"), **container}]},
        "status": status,
    }
    return effective_requests(pod_of(document))["cpu"]


@pytest.mark.parametrize(
    ("given", "more", "cpus"),
    [
        ({"resources": _amounts("2")}, {}, "2"),
        ({"resources": _amounts("1")}, {}, "2"),
        ({"resources": _amounts("3")}, {}, "3"),
        ({"resources": _amounts("1"), "allocatedResources": {"cpu": "4"}}, {}, "4"),
        ({"resources": _amounts("1")}, DEFERRED, "2"),
        ({"resources": _amounts("1")}, INFEASIBLE, "1"),
        # Allocated or not: without resources in force the status is not looked at.
        ({"allocatedResources": {"cpu": "4"}}, INFEASIBLE, "2"),
        ({}, INFEASIBLE, "2"),
    ],
)
def test_the_most_counts_and_the_spec_only_while_it_is_feasible(given, more, cpus):
    status = {"containerStatuses": [{"name": "c", **given}], **more}
    assert _counted(status) == Quantity.parse(cpus)


@pytest.mark.parametrize(("restart", "cpus"), [("Always", "3"), ("", "2")])
def test_of_init_containers_only_those_that_go_on_running_are_resized(restart, cpus):
    status = {"initContainerStatuses": [{"name": "c", "resources": _amounts("3")}]}
    counted = _counted(status, "initContainers", restartPolicy=restart)
    assert counted == Quantity.parse(cpus)


def test_a_pod_whose_status_says_what_its_spec_says_is_not_resized():
    status = {"containerStatuses": [{"name": "c", "resources": _amounts("2")}]}
    spec = {"containers": [{"name": "c", "resources": _amounts("2")}]}
    pod = pod_of({"metadata": {"name": "p"}, "spec": spec, "status": status})
    assert pod.allocated == ()
