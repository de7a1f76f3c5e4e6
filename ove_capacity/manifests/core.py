"""core/v1, apps/v1 and policy/v1 objects -> nouns: Node, Pod, Service, ReplicaSet, PDB, Namespace.

Each function takes a `Document` or a plain dict as the API server would give it, reads what is
written and fills in nothing. Without *problems* it raises ScenarioError when anything is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.fields import Fields, Source, fields_of, warn_of_others
from ove_capacity.manifests.resizing import held_requests
from ove_capacity.manifests.selectors import affinity_of, label_selector_of, selector_of_labels
from ove_capacity.model.cluster import DisruptionBudget, Service
from ove_capacity.model.node import Node, NodeImage, Taint
from ove_capacity.model.pod import (
    Container,
    HostPort,
    OwnerReference,
    Pod,
    PodSpec,
    SpreadConstraint,
    Toleration,
)
from ove_capacity.model.resources import (
    AMOUNT_MAX,
    CPU,
    HUGEPAGES_PREFIX,
    amounts,
    page_bytes,
)
from ove_capacity.model.selector import EVERYTHING, LabelSelector
from ove_capacity.model.topology import CPUS_MAX
from ove_capacity.quantity import QuantityError

__all__ = [
    "disruption_budget_of",
    "namespace_of",
    "node_of",
    "pod_of",
    "service_of",
    "spread_constraints_of",
    "tolerations_of",
    "workload_selector_of",
]


_ROLE_PREFIX = "node-role.kubernetes.io/"
_NODE_SPEC = ("taints", "unschedulable")
_NODE_SPEC_HARMLESS = ("configSource", "externalID", "podCIDR", "podCIDRs", "providerID")
_SERVICE_HARMLESS = (
    "allocateLoadBalancerNodePorts",
    "clusterIP",
    "clusterIPs",
    "externalIPs",
    "externalName",
    "externalTrafficPolicy",
    "healthCheckNodePort",
    "internalTrafficPolicy",
    "ipFamilies",
    "ipFamilyPolicy",
    "loadBalancerClass",
    "loadBalancerIP",
    "loadBalancerSourceRanges",
    "ports",
    "publishNotReadyAddresses",
    "selector",
    "sessionAffinity",
    "sessionAffinityConfig",
    "trafficDistribution",
    "type",
)
_SELECTING_HARMLESS = (
    "minReadySeconds",
    "ordinals",
    "persistentVolumeClaimRetentionPolicy",
    "podManagementPolicy",
    "revisionHistoryLimit",
    "selector",
    "serviceName",
    "updateStrategy",
)
"""Of a ReplicaSet and its kin: how pods come and go, not what they ask for."""
_BUDGET = ("maxUnavailable", "minAvailable", "selector")
"""What ``status.disruptionsAllowed`` was worked out from."""
_AUTOSCALER = "cluster-autoscaler.kubernetes.io/"
_MIRROR = "kubernetes.io/config.mirror"
_POD_NOT_MODELLED = ("resourceClaims", "schedulingGates")
"""What else of a pod decides where it may run."""


def _begin(source: Source, problems: Problems | None) -> tuple[Fields, Problems]:
    log = Problems() if problems is None else problems
    return fields_of(source, log), log


def _finish(log: Problems, problems: Problems | None) -> None:
    if problems is None:
        log.raise_if_any()


def _pool_of(labels: Mapping[str, str]) -> str:
    """The machine config pool by role: master, else a custom role, else worker.

    Source: openshift/machine-config-operator pkg/helpers, GetPrimaryPoolForNode.
    """
    roles = [key.removeprefix(_ROLE_PREFIX) for key in labels if key.startswith(_ROLE_PREFIX)]
    if "master" in roles or "control-plane" in roles:
        return "master"
    custom = sorted(role for role in roles if role and role != "worker")
    if custom:
        return custom[0]
    return "worker" if "worker" in roles else ""


def _is_page(status: Fields, key: str, name: str) -> bool:
    try:
        page_bytes(name.removeprefix(HUGEPAGES_PREFIX))
    except QuantityError as error:
        status.error(str(error), key, name)
        return False
    return True


def _node_amounts(status: Fields, key: str) -> dict[str, int]:
    found = amounts(status.quantities(key))
    for name, amount in tuple(found.items()):
        if amount > (CPUS_MAX * 1000 if name == CPU else AMOUNT_MAX):
            status.error("is more than any machine has, and more than we can count", key, name)
        elif name.startswith(HUGEPAGES_PREFIX) and not _is_page(status, key, name):
            del found[name]
    return found


def node_of(source: Source, problems: Problems | None = None) -> Node:
    """A Node; when only capacity is there, it is allocatable too, as the API server defaults."""
    fields, log = _begin(source, problems)
    meta, spec, status = fields.fields("metadata"), fields.fields("spec"), fields.fields("status")
    warn_of_others(spec, _NODE_SPEC + _NODE_SPEC_HARMLESS)
    labels = meta.labels("labels")
    capacity = _node_amounts(status, "capacity")
    node = Node(
        name=meta.required_text("name"),
        capacity=capacity,
        allocatable=_node_amounts(status, "allocatable") or capacity,
        labels=labels,
        taints=tuple(
            Taint(each.required_text("key"), each.text("value"), each.text("effect"))
            for each in spec.each("taints")
        ),
        unschedulable=spec.flag("unschedulable"),
        images=tuple(
            NodeImage(each.texts("names"), each.whole("sizeBytes"))
            for each in status.each("images")
        ),
        pool=_pool_of(labels),
        annotations=meta.labels("annotations"),
    )
    _finish(log, problems)
    return node


def _host_ports(fields: Fields) -> tuple[HostPort, ...]:
    return tuple(
        HostPort(
            port=each.whole("hostPort"),
            protocol=each.text("protocol") or "TCP",
            ip=each.text("hostIP") or "0.0.0.0",
        )
        for each in fields.each("ports")
        if each.get("hostPort")
    )


def _containers(fields: Fields, key: str) -> tuple[Container, ...]:
    return tuple(
        Container(
            name=each.text("name"),
            requests=each.fields("resources").quantities("requests"),
            limits=each.fields("resources").quantities("limits"),
            image=each.text("image"),
            restart_always=each.text("restartPolicy") == "Always",
            host_ports=_host_ports(each),
        )
        for each in fields.each(key)
    )


def tolerations_of(fields: Fields, key: str = "tolerations") -> tuple[Toleration, ...]:
    """A list of core/v1 Tolerations."""
    return tuple(
        Toleration(
            key=each.text("key"),
            operator=each.text("operator"),
            value=each.text("value"),
            effect=each.text("effect"),
            seconds=each.whole_or_none("tolerationSeconds"),
        )
        for each in fields.each(key)
    )


def spread_constraints_of(
    fields: Fields, key: str = "topologySpreadConstraints"
) -> tuple[SpreadConstraint, ...]:
    """A list of core/v1 TopologySpreadConstraints."""
    return tuple(
        SpreadConstraint(
            max_skew=each.whole("maxSkew", least=1),
            topology_key=each.required_text("topologyKey"),
            hard=each.text("whenUnsatisfiable", "DoNotSchedule") == "DoNotSchedule",
            selector=label_selector_of(each, "labelSelector"),
            min_domains=each.whole_or_none("minDomains"),
            honor_node_affinity=each.text("nodeAffinityPolicy", "Honor") == "Honor",
            honor_node_taints=each.text("nodeTaintsPolicy", "Ignore") == "Honor",
            match_label_keys=each.texts("matchLabelKeys"),
        )
        for each in fields.each(key)
    )


def _pod_spec(spec: Fields) -> PodSpec:
    for key in _POD_NOT_MODELLED:
        if key in spec:
            spec.not_modelled(key)
    resources = spec.fields("resources")
    return PodSpec(
        containers=_containers(spec, "containers"),
        init_containers=_containers(spec, "initContainers"),
        overhead=spec.quantities("overhead"),
        pod_requests=resources.quantities("requests") if "requests" in resources else None,
        node_selector=spec.labels("nodeSelector"),
        affinity=affinity_of(spec.fields("affinity")),
        tolerations=tolerations_of(spec),
        spread=spread_constraints_of(spec),
        priority=spec.whole("priority"),
        preemption_never=spec.text("preemptionPolicy") == "Never",
        scheduler_name=spec.text("schedulerName"),
        node_name=spec.text("nodeName"),
        priority_class_name=spec.text("priorityClassName"),
        runtime_class_name=spec.text("runtimeClassName"),
        termination_grace_period_seconds=spec.whole("terminationGracePeriodSeconds", 30),
        empty_dir_media={
            volume.text("name"): volume.fields("emptyDir").text("medium")
            for volume in spec.each("volumes")
            if volume.fields("emptyDir").get("medium")
        },
        local_volumes=tuple(
            volume.text("name") for volume in spec.each("volumes") if _is_local(volume)
        ),
    )


def _is_local(volume: Fields) -> bool:
    """Whether a volume lies on the node's own disk."""
    in_memory = volume.fields("emptyDir").get("medium") == "Memory"
    return "hostPath" in volume or ("emptyDir" in volume and not in_memory)


def _moment_ms(fields: Fields, key: str) -> int | None:
    text = fields.text(key)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fields.error(f"must be a time like 2025-01-01T00:00:00Z (got {text!r})", key)
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def _annotations(meta: Fields) -> dict[str, str]:
    """Those that the autoscaler reads; others are free text, and often long."""
    found = meta.fields("annotations").value
    return {
        key: text
        for key, text in found.items()
        if isinstance(text, str) and (key.startswith(_AUTOSCALER) or key == _MIRROR)
    }


def _owner(meta: Fields) -> OwnerReference | None:
    """The owning controller."""
    for each in meta.each("ownerReferences"):
        if each.flag("controller"):
            return OwnerReference(each.text("kind"), each.text("name"))
    return None


def pod_of(source: Source, problems: Problems | None = None) -> Pod:
    """A Pod, as written: nothing is defaulted but the namespace."""
    fields, log = _begin(source, problems)
    meta, status = fields.fields("metadata"), fields.fields("status")
    spec = _pod_spec(fields.fields("spec"))
    pod = Pod(
        name=meta.required_text("name"),
        spec=spec,
        namespace=meta.text("namespace") or "default",
        labels=meta.labels("labels"),
        owner=_owner(meta),
        terminating="deletionTimestamp" in meta,
        start_ms=_moment_ms(status, "startTime"),
        nominated_node=status.text("nominatedNodeName"),
        allocated=held_requests(spec, status),
        annotations=_annotations(meta),
        created_ms=_moment_ms(meta, "creationTimestamp"),
        deleted_ms=_moment_ms(meta, "deletionTimestamp"),
    )
    _finish(log, problems)
    return pod


def service_of(source: Source, problems: Problems | None = None) -> Service | None:
    """A Service; None when it selects nothing by label."""
    fields, log = _begin(source, problems)
    meta, spec = fields.fields("metadata"), fields.fields("spec")
    warn_of_others(spec, _SERVICE_HARMLESS)
    labels = spec.labels("selector")
    name, namespace = meta.required_text("name"), meta.text("namespace") or "default"
    _finish(log, problems)
    return Service(name, namespace, selector_of_labels(labels)) if labels else None


def workload_selector_of(source: Source, problems: Problems | None = None) -> Service:
    """Whom a ReplicaSet, StatefulSet or ReplicationController selects.

    A ReplicationController's selector is a bare mapping of labels, the others' a LabelSelector.
    """
    fields, log = _begin(source, problems)
    meta, spec = fields.fields("metadata"), fields.fields("spec")
    # One with a status was read off a cluster, where its pods are objects of their own.
    made = ("replicas", "template", "volumeClaimTemplates") if "status" in fields else ()
    warn_of_others(spec, _SELECTING_HARMLESS + made)
    kind = fields.text("kind") or "ReplicaSet"
    selector: LabelSelector | None
    if kind == "ReplicationController":
        selector = selector_of_labels(spec.labels("selector"))
    else:
        selector = label_selector_of(spec, "selector")
    found = Service(
        name=meta.required_text("name"),
        namespace=meta.text("namespace") or "default",
        selector=selector or EVERYTHING,
        kind=kind,
    )
    _finish(log, problems)
    return found


def disruption_budget_of(source: Source, problems: Problems | None = None) -> DisruptionBudget:
    """A PodDisruptionBudget."""
    fields, log = _begin(source, problems)
    meta, status = fields.fields("metadata"), fields.fields("status")
    spec = fields.fields("spec")
    warn_of_others(spec, _BUDGET if "status" in fields else ("selector",))
    budget = DisruptionBudget(
        name=meta.required_text("name"),
        namespace=meta.text("namespace") or "default",
        selector=label_selector_of(spec, "selector"),
        disruptions_allowed=status.whole("disruptionsAllowed"),
        disrupted_pods=tuple(status.fields("disruptedPods").value),
    )
    _finish(log, problems)
    return budget


def namespace_of(source: Source, problems: Problems | None = None) -> tuple[str, dict[str, str]]:
    """A Namespace: its name and its labels."""
    fields, log = _begin(source, problems)
    meta = fields.fields("metadata")
    found = meta.required_text("name"), meta.labels("labels")
    _finish(log, problems)
    return found
