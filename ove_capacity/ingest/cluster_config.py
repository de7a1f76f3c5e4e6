"""How a dump says its cluster is configured: kubelets, autoscaler, machines, scheduler, network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ove_capacity.ingest.autoscaling import AutoscalerFound, autoscaler_of
from ove_capacity.ingest.kubelet_config import KubeletFound, kubelet_of
from ove_capacity.ingest.sketch import Intake, Value
from ove_capacity.manifests.fields import Fields
from ove_capacity.manifests.selectors import label_selector_of
from ove_capacity.openshift.network import cluster_network

__all__ = ["ClusterConfig", "Reach"]

_PROFILES = ("LowNodeUtilization", "HighNodeUtilization", "NoScoring")
_SET_LABEL = "machine.openshift.io/cluster-api-machineset"
_POOL_LABEL = "pools.operator.machineconfiguration.openshift.io/"
_WORKER = "worker"
_MOST_MACHINES = 20_000


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a MachineAutoscaler goes."""

    name: str
    least: int
    most: int


@dataclass(slots=True)
class ClusterConfig:
    """Objects that configure a cluster, as they are found."""

    kubelets: list[KubeletFound] = field(default_factory=list)
    config_pools: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """MachineConfigPool -> labels, which KubeletConfigs select by."""
    autoscaler: AutoscalerFound | None = None
    reaches: dict[str, Reach] = field(default_factory=dict)
    """By machine set."""
    set_of_machine: dict[str, str] = field(default_factory=dict)
    node_of_machine: dict[str, str] = field(default_factory=dict)
    scheduler_profile: str = ""
    cluster_network: Mapping[str, Value] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def take(self, kind: str, fields: Fields, intake: Intake) -> bool:
        """Read an object that configures something; False for one that does not.

        A reader says whether the object is used; those that say no have told why, or will.
        """
        readers: Mapping[tuple[str, str], Callable[[Fields, Intake], bool]] = {
            ("machineconfiguration.openshift.io", "KubeletConfig"): self._kubelet,
            ("machineconfiguration.openshift.io", "MachineConfigPool"): self._config_pool,
            ("autoscaling.openshift.io", "ClusterAutoscaler"): self._cluster_autoscaler,
            ("autoscaling.openshift.io", "MachineAutoscaler"): self._machine_autoscaler,
            ("machine.openshift.io", "Machine"): self._machine,
            ("config.openshift.io", "Scheduler"): self._scheduler,
            ("config.openshift.io", "Network"): self._network,
        }
        reader = readers.get((fields.text("apiVersion").partition("/")[0], kind))
        if reader is None:
            return False
        key = (kind, fields.fields("metadata").required_text("name"))
        if key in self._seen:
            intake.set_aside(kind, "listed a second time")
        else:
            self._seen.add(key)
            if reader(fields, intake):
                intake.use(kind)
        return True

    def machine_on(self, node: str, machine: str) -> None:
        """A Node says which machine it runs on."""
        self.node_of_machine.setdefault(machine.rpartition("/")[2], node)

    def sets_of_nodes(self, machine_sets: Sequence[str]) -> dict[str, str]:
        """Node -> the machine set that made it; by name where no Machine says so."""
        found = {}
        for machine, node in self.node_of_machine.items():
            made = self.set_of_machine.get(machine) or max(
                (each for each in machine_sets if machine.startswith(f"{each}-")),
                key=len,
                default="",
            )
            if made:
                found[node] = made
        return found

    def kubelet_for(self, role: str) -> KubeletFound | None:
        """The KubeletConfig of a pool's machines: its own, else that of all workers."""
        for pool in dict.fromkeys((role, _WORKER)):
            labels = self.config_pools.get(pool, {_POOL_LABEL + pool: ""})
            own = [
                each for each in self.kubelets if each.selector and each.selector.matches(labels)
            ]
            if own:
                return max(own, key=lambda each: (each.created, each.name))
        return None

    def _kubelet(self, fields: Fields, _: Intake) -> bool:
        selector = label_selector_of(fields.fields("spec"), "machineConfigPoolSelector")
        self.kubelets.append(kubelet_of(fields, selector))
        return False  # which of them counts is not known before the last one

    def _config_pool(self, fields: Fields, _: Intake) -> bool:
        meta = fields.fields("metadata")
        self.config_pools[meta.text("name")] = meta.labels("labels")
        return True

    def _cluster_autoscaler(self, fields: Fields, intake: Intake) -> bool:
        name = fields.fields("metadata").text("name")
        if name != "default":
            intake.set_aside("ClusterAutoscaler", "not named default, so the operator ignores it")
            return False
        self.autoscaler = autoscaler_of(fields)
        return True

    def _machine_autoscaler(self, fields: Fields, intake: Intake) -> bool:
        spec, name = fields.fields("spec"), fields.fields("metadata").text("name")
        target = spec.fields("scaleTargetRef")
        least = spec.whole("minReplicas", least=0, most=_MOST_MACHINES)
        most = spec.whole("maxReplicas", least=0, most=_MOST_MACHINES)
        if target.text("kind") != "MachineSet" or not target.text("name") or least > most:
            intake.set_aside("MachineAutoscaler", "names no MachineSet, or fewer than it begins at")
            return False
        self.reaches[target.text("name")] = Reach(name, least, most)
        return False  # the same

    def _machine(self, fields: Fields, _: Intake) -> bool:
        meta = fields.fields("metadata")
        name, node = meta.text("name"), fields.fields("status").fields("nodeRef").text("name")
        owners = (
            each.text("name")
            for each in meta.each("ownerReferences")
            if each.text("kind") == "MachineSet"
        )
        made = next(owners, "") or meta.labels("labels").get(_SET_LABEL, "")
        if made:
            self.set_of_machine[name] = made
        if node:
            self.node_of_machine[name] = node
        return True

    def _scheduler(self, fields: Fields, intake: Intake) -> bool:
        profile = fields.fields("spec").text("profile")
        if profile and profile not in _PROFILES:
            intake.set_aside("Scheduler", "has a profile that is not known")
            return False
        self.scheduler_profile = profile
        return True

    def _network(self, fields: Fields, intake: Intake) -> bool:
        ranges = list(fields.fields("spec").each("clusterNetwork"))
        if len(ranges) != 1:
            intake.set_aside("Network", "names no pod network, or more than one range of it")
            return False
        cidr, prefix = ranges[0].text("cidr"), ranges[0].whole_or_none("hostPrefix")
        try:
            network = cluster_network(cidr, prefix)
        except ValueError as error:
            intake.set_aside("Network", str(error))
            return False
        self.cluster_network = {"cidr": network.cidr, "hostPrefix": network.host_prefix}
        return True
