"""Clusters that scale, in few words."""

from dataclasses import replace

from ove_capacity.kubevirt.node_labels import virtualization_labels
from ove_capacity.model.autoscaling import (
    Autoscaling,
    ClusterAutoscaler,
    MachineHealthCheck,
    MachineTimes,
    NodeGroup,
    UnhealthyCondition,
)
from ove_capacity.model.plan import Duration
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.simtime import MINUTE_MS, parse_duration
from tests.simulation.build import cluster, node


def autoscaler(**fields):
    return ClusterAutoscaler(**fields)


def takes(ready="4m", failure=0.0):
    return MachineTimes("cloud", Duration("constant", parse_duration(ready)), failure)


def check(timeout="10m", **fields):
    startup = parse_duration(timeout)
    gone = UnhealthyCondition("Ready", "Unknown", 5 * MINUTE_MS)
    return MachineHealthCheck("watch", {}, (gone,), node_startup_timeout_ms=startup, **fields)


def labelled(machine, release=None):
    """The machine with what the release's node labeller writes on it."""
    if release is None:
        return machine
    return replace(machine, labels=virtualization_labels(release.kubevirt_rules) | machine.labels)


def scaled(workers=3, *, least=1, most=5, times=None, checked=None, asked=None, **fields):
    """A cluster with one group, ``worker``, of all its nodes."""
    nodes = fields.pop("nodes", None) or tuple(node(f"w{i + 1}") for i in range(workers))
    if "release" in fields:
        nodes = tuple(labelled(each, fields["release"]) for each in nodes)
    machine = labelled(node("worker"), fields.get("release"))
    asked_for = Autoscaling(
        asked or autoscaler(),
        (NodeGroup("worker", least, most, template=fields.pop("template", None)),),
        {each.name: "worker" for each in nodes},
        {"worker": machine},
        {"worker": checked} if checked else {},
        times or takes(),
    )
    fields.setdefault("name", "production")
    fields.setdefault("kubevirt", KubeVirt(default_network_interface="masquerade"))
    own = fields.pop("release", None)
    made = cluster(nodes=nodes, **fields)
    return replace(made, autoscaling=asked_for, release=own or made.release)
