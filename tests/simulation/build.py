"""Small fleets, in few words."""

from ove_capacity.model.case import Case
from ove_capacity.model.cluster import Cluster, Fleet, Remediation
from ove_capacity.model.managed_cluster import HubObjects
from ove_capacity.model.node import Node
from ove_capacity.model.plan import Duration, NodeLoss, Plan, Workload
from ove_capacity.model.resources import KVM, TUN, VHOST_NET
from ove_capacity.model.vm import Domain, Memory, Resources, Vmi, VmiSpec
from ove_capacity.quantity import Quantity
from ove_capacity.releases import release
from ove_capacity.simtime import HOUR_MS, parse_duration

GIB = 1 << 30


def node(name, *, cpu=32, memory_gib=128, **fields):
    size = {
        "cpu": cpu * 1000,
        "memory": memory_gib * GIB,
        "pods": 250,
        "ephemeral-storage": 1 << 40,
    }
    size |= {KVM: 1000, TUN: 1000, VHOST_NET: 1000}
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/arch": "amd64",
        "node-role.kubernetes.io/worker": "",
        "kubevirt.io/schedulable": "true",
    }
    return Node(name, size, size, labels, pool="worker", **fields)


def cluster(name="production", workers=3, *, remediation="none", nodes=None, **fields):
    nodes = nodes or tuple(node(f"w{i + 1}") for i in range(workers))
    kind = Remediation(remediation)
    return Cluster(name, release("4.15"), tuple(nodes), remediation=kind, **fields)


def workload(name, *, memory_gib=32, at="0", lifetime=None, vmi_fields=None, **fields):
    memory = Memory(guest=Quantity.of(memory_gib * GIB))
    cpu = Resources({"cpu": Quantity.of(1)})
    spec = VmiSpec(Domain(memory=memory, resources=cpu), **(vmi_fields or {}))
    vmi = Vmi(name, "vms", spec, labels=fields.get("labels", {}))
    if not fields.get("placement"):
        fields.setdefault("cluster", "production")
    if isinstance(lifetime, str):
        lifetime = Duration("constant", parse_duration(lifetime))
    return Workload(name, vmi, at_ms=parse_duration(at), lifetime=lifetime, **fields)


def loss(node="w1", *, at="1h", repair=None, cluster="production", every=None):
    repair = repair and Duration("constant", parse_duration(repair))
    if every:
        return NodeLoss(cluster, repair, node=node, every=every)
    return NodeLoss(cluster, repair, node=node, at_ms=parse_duration(at))


def case(*plan, clusters=None, **fields):
    clusters = clusters or (cluster(),)
    fields.setdefault("seed", 7)
    placements = fields.pop("placements", ())
    arrivals = fields.pop("arrivals", ())
    workloads = tuple(each for each in plan if isinstance(each, Workload))
    losses = tuple(each for each in plan if isinstance(each, NodeLoss))
    fleet = Fleet(tuple(clusters), tuple(placements), HubObjects(binds_all=True))
    return Case("test", fleet, Plan(workloads, tuple(arrivals), losses), **fields)


def times(run, kind, name=None):
    """When events of a kind happened, in seconds."""
    return [
        row["time_ms"] / 1000
        for row in run.events.rows()
        if row["kind"] == kind and name in (None, row["name"])
    ]


HOURS = HOUR_MS
