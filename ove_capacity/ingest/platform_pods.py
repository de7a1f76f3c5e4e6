"""What the pods that run on each node ask for: the platform's share, measured instead of assumed.

VMs are no part of it: their launcher pods are counted apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ove_capacity.ingest.sketch import Intake
from ove_capacity.manifests.core import pod_of
from ove_capacity.manifests.fields import Fields
from ove_capacity.model.node import Node
from ove_capacity.model.pod_requests import effective_requests
from ove_capacity.model.resources import AMOUNT_MAX, CPU, MEMORY
from ove_capacity.quantity import NANO, Quantity
from ove_capacity.tables import Table

__all__ = ["NodeShare", "PlatformPods"]

_POD = "Pod"
_LAUNCHER = ("kubevirt.io", "virt-launcher")
_HANDLER = ("kubevirt.io", "virt-handler")
_OWN_PREFIXES = ("openshift-", "kube-")
_OWN = ("default", "openshift")
_ZERO = Quantity(0)


@dataclass(slots=True)
class NodeShare:
    """Requests of the running pods on one node."""

    cpu: Quantity = _ZERO
    """In cores, exact."""
    memory: Quantity = _ZERO
    """In bytes, exact."""
    pods: int = 0
    virtualization: bool = False
    """Whether virt-handler is among them."""


@dataclass(slots=True)
class PlatformPods:
    """Pods, added up as they are read: none of them is kept."""

    shares: dict[str, NodeShare] = field(default_factory=dict)
    """By node."""
    others: Counter[str] = field(default_factory=Counter)
    """Pods of namespaces that are not the platform's own, by namespace."""
    launchers: int = 0
    """Pods that run a VM."""
    _seen: set[str] = field(default_factory=set)

    def add(self, fields: Fields, intake: Intake) -> None:
        """Count one Pod, if it runs."""
        phase = fields.fields("status").text("phase") or "Unknown"
        if phase != "Running":
            intake.set_aside(_POD, f"not running but {phase}")
            return
        pod = pod_of(fields, fields.problems)
        key, node = f"{pod.namespace}/{pod.name}", pod.spec.node_name
        if key in self._seen:
            intake.set_aside(_POD, "listed a second time")
            return
        self._seen.add(key)
        label, launcher = _LAUNCHER
        if pod.labels.get(label) == launcher:
            self.launchers += 1
            intake.set_aside(_POD, "runs a VM: no platform overhead")
            return
        share = self.shares.setdefault(node, NodeShare())
        requests = effective_requests(pod)
        cpu, memory = (
            share.cpu + requests.get(CPU, _ZERO),
            share.memory + requests.get(MEMORY, _ZERO),
        )
        if max(cpu.milli, memory.value) > AMOUNT_MAX:
            intake.set_aside(_POD, "asks for more than any machine has")
            return
        share.cpu, share.memory = cpu, memory
        share.pods += 1
        label, handler = _HANDLER
        share.virtualization = share.virtualization or pod.labels.get(label) == handler
        if pod.namespace not in _OWN and not pod.namespace.startswith(_OWN_PREFIXES):
            self.others[pod.namespace] += 1

    def settle(self, nodes: Iterable[Node], intake: Intake) -> None:
        """Drop what runs on none of the nodes, and say how many pods count."""
        known = {node.name for node in nodes}
        for name in sorted(self.shares.keys() - known):
            lost = self.shares.pop(name)
            intake.set_aside(_POD, "its node is not among the nodes read", lost.pods)
        counted = sum(share.pods for share in self.shares.values())
        if counted:
            intake.use(_POD, counted)

    def table(self, nodes: Iterable[Node]) -> Table:
        """Node by node: what nobody else can use, of all that the machine has."""
        found = list(nodes)
        short = Counter(node.name.partition(".")[0] for node in found)
        rows = []
        for node in found:
            name = node.name.partition(".")[0]
            shown = name if short[name] == 1 else node.name
            if node.name in self.shares:
                rows.append((shown, *_row(node, self.shares[node.name])))
        columns = (
            *("node", "pool", "pods", "cores", "usable cores", "requested cores"),
            *("unusable CPU %", "GiB", "usable GiB", "requested GiB", "unusable memory %"),
        )
        note = (
            "usable: allocatable. Unusable: requests of running pods, and what the system keeps, "
            "as a share of the machine."
        )
        return Table("Platform pods, measured", columns, tuple(rows), (note,))


def _percent(part: float, whole: float) -> int:
    return round(100 * part / whole) if whole else 0


def _hundredths(nano: int) -> str:
    """Two digits after the point, exactly halves upwards."""
    whole, rest = divmod((nano * 100 + NANO // 2) // NANO, 100)
    return f"{whole}.{rest:02}"


def _row(node: Node, share: NodeShare) -> tuple[str | int | float, ...]:
    cores = node.capacity.get(CPU, 0) / 1000
    usable = node.allocatable.get(CPU, 0) / 1000
    gib, usable_gib = (each.get(MEMORY, 0) / 2**30 for each in (node.capacity, node.allocatable))
    asked, asked_gib = share.cpu.nano / NANO, share.memory.nano / NANO / 2**30
    return (
        *(node.pool, share.pods, f"{cores:g}", f"{usable:g}", _hundredths(share.cpu.nano)),
        *(_percent(cores - usable + asked, cores), f"{gib:.1f}", f"{usable_gib:.1f}"),
        *(f"{asked_gib:.2f}", _percent(gib - usable_gib + asked_gib, gib)),
    )
