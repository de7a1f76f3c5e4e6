"""What a ClusterAutoscaler and its like say, what is dropped of it, and what is refused."""

from __future__ import annotations

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.autoscaling import autoscaling_of
from ove_capacity.manifests.document import Problems
from ove_capacity.model.autoscaling import (
    Bounds,
    ClusterAutoscaler,
    MachineAutoscaler,
    MachineHealthCheck,
    MachineSet,
    ScaleDown,
    UnhealthyCondition,
)

GROUP = "autoscaling.openshift.io"
MINUTE_MS = 60_000


def autoscaler(name="default", **spec):
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "ClusterAutoscaler",
        "metadata": {"name": name},
        "spec": spec,
    }


def limits(**said):
    return autoscaler(resourceLimits=said)


def pool(least, most, **target):
    return {
        "apiVersion": f"{GROUP}/v1beta1",
        "kind": "MachineAutoscaler",
        "metadata": {"name": "w"},
        "spec": {
            "minReplicas": least,
            "maxReplicas": most,
            "scaleTargetRef": {"kind": "MachineSet", "name": "w", **target},
        },
    }


def health(**spec):
    return {"kind": "MachineHealthCheck", "metadata": {"name": "h"}, "spec": spec}


def read(manifest):
    """The noun, warnings and errors."""
    problems = Problems()
    found = autoscaling_of(manifest, problems)
    return found, [str(each) for each in problems.warnings], [str(e) for e in problems.errors]


def test_nothing_said_is_left_to_the_release():
    found, warnings, errors = read(autoscaler())
    assert found == ClusterAutoscaler()
    assert (warnings, errors) == ([], [])


def test_every_limit_and_timer_is_read():
    found, warnings, errors = read(
        autoscaler(
            podPriorityThreshold=-10,
            resourceLimits={
                "maxNodesTotal": 50,
                "cores": {"min": 16, "max": 1000},
                "memory": {"min": 64, "max": 4000},
                "gpus": [{"type": "nvidia.com/gpu", "min": 0, "max": 4}],
            },
            scaleUp={"newPodScaleUpDelay": "10s"},
            scaleDown={"enabled": True, "unneededTime": "60s", "utilizationThreshold": "0.4"},
            expanders=["LeastWaste", "Random"],
            maxNodeProvisionTime="30m",
        )
    )
    assert (warnings, errors) == ([], [])
    assert found == ClusterAutoscaler(
        max_nodes_total=50,
        cores=Bounds(16, 1000),
        memory_gib=Bounds(64, 4000),
        gpus=(("nvidia.com/gpu", 0, 4),),
        expanders=("LeastWaste", "Random"),
        scale_down=ScaleDown(unneeded_time_ms=MINUTE_MS, utilization_threshold=0.4),
        pod_priority_threshold=-10,
        new_pod_scale_up_delay_ms=10_000,
        max_node_provision_time_ms=30 * MINUTE_MS,
    )


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        (autoscaler(scaleDown={"uneededTime": "60s"}), "did you mean 'unneededTime'?"),
        (autoscaler(scaledown={}), "did you mean 'scaleDown'?"),
        (limits(maxNodeTotal=3), "did you mean 'maxNodesTotal'?"),
        (limits(memory={"maximum": 3}), "no such field"),
        (autoscaler("production"), "not named default, so the operator ignores it"),
        (limits(memory={"max": "4000Gi"}), "which wants whole GiB: read as 4,000"),
        (limits(memory={"max": "1048576Mi"}), "which wants whole GiB: read as 1,024"),
        (health(unhealthyConditions=[{"type": "R", "status": "x"}], timeout="1m"), "no such field"),
    ],
)
def test_what_is_dropped_or_read_otherwise_is_named(manifest, told):
    _, warnings, errors = read(manifest)
    assert errors == []
    assert len(warnings) == 1
    assert told in warnings[0]


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        (limits(cores={"min": 9, "max": 4}), "min (9) is above max (4)"),
        (limits(memory={"min": "64Gi", "max": 8}), "min (64) is above max (8)"),
        (limits(memory={"max": "many"}), "must be a whole number of GiB"),
        (limits(maxNodesTotal=-1), "maxNodesTotal"),
        (limits(maxNodesTotal=1 << 31), "maxNodesTotal"),
        (limits(gpus=[{"min": 0, "max": 1}]), "'type' is missing"),
        (autoscaler(expanders=["LeastWast"]), "LeastWaste"),
        (autoscaler(expanders=["Random", "Priority"]), "nothing may follow Random"),
        (autoscaler(scaleDown={"utilizationThreshold": 0.4}), "utilizationThreshold"),
        (autoscaler(scaleDown={"utilizationThreshold": "1.0"}), "must be between 0 and 1"),
        (autoscaler(scaleDown={"utilizationThreshold": "0." + "0" * 5000}), "must be between"),
        (autoscaler(scaleDown={"unneededTime": "sixty"}), "unneededTime"),
        (pool(5, 2), "minReplicas (5) is above maxReplicas (2)"),
        (pool(0, 0), "maxReplicas"),
        (pool(1, 2, kind="MachinePool"), "must be MachineSet"),
        (pool(1, 2, name=""), "name"),
        (health(), "'unhealthyConditions' is missing"),
        (
            health(unhealthyConditions=[{"type": "R", "status": "x"}], maxUnhealthy="some"),
            "must be a number or a percentage",
        ),
    ],
)
def test_what_nobody_accepts_is_an_error(manifest, told):
    _, _, errors = read(manifest)
    assert len(errors) == 1
    assert told in errors[0]
    with pytest.raises(ScenarioError):
        autoscaling_of(manifest)


def test_bounds_and_machines_are_read():
    assert read(pool(3, 20))[0] == MachineAutoscaler("w", "w", 3, 20)
    taint = {"key": "dedicated", "value": "vm", "effect": "NoSchedule"}
    machine = {"metadata": {"labels": {"a": "b"}}, "taints": [taint]}
    manifest = {
        "kind": "MachineSet",
        "metadata": {"name": "w", "annotations": {"machine.openshift.io/vCPU": "8"}},
        "spec": {"template": {"metadata": {"labels": {"role": "w"}}, "spec": machine}},
    }
    assert read(manifest)[0] == MachineSet(
        "w",
        labels={"a": "b"},
        taints=(("dedicated", "vm", "NoSchedule"),),
        annotations={"machine.openshift.io/vCPU": "8"},
        machine_labels={"role": "w"},
    )


@pytest.mark.parametrize(
    ("said", "startup_ms"),
    [
        ({}, 10 * MINUTE_MS),
        ({"nodeStartupTimeout": "20m"}, 20 * MINUTE_MS),
        ({"nodeStartupTimeout": "0"}, 0),
    ],
)
def test_a_health_check_waits_ten_minutes_unless_it_says_otherwise(said, startup_ms):
    conditions = [{"type": "Ready", "status": "False", "timeout": "300s"}]
    spec = {"selector": {"matchLabels": {"role": "w"}}, "unhealthyConditions": conditions, **said}
    assert read(health(maxUnhealthy="40%", **spec))[0] == MachineHealthCheck(
        "h",
        {"role": "w"},
        (UnhealthyCondition("Ready", "False", 5 * MINUTE_MS),),
        "40%",
        startup_ms,
    )
