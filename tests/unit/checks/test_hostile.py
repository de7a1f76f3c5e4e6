"""Whatever a manifest holds, every rule ends in findings."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

import ove_capacity as oc
from ove_capacity.checks import run_rules
from ove_capacity.checks.schemas.tree import schema_of
from ove_capacity.releases import release
from ove_capacity.testing.manifests import subject

KINDS = (
    "argoproj.io/v1alpha1/ArgoCD",
    "autoscaling.openshift.io/v1/ClusterAutoscaler",
    "autoscaling.openshift.io/v1beta1/MachineAutoscaler",
    "cluster.open-cluster-management.io/v1/ManagedCluster",
    "cluster.open-cluster-management.io/v1beta1/Placement",
    "config.openshift.io/v1/Network",
    "hco.kubevirt.io/v1beta1/HyperConverged",
    "k8s.cni.cncf.io/v1/NetworkAttachmentDefinition",
    "kubevirt.io/v1/VirtualMachine",
    "kubevirt.io/v1/VirtualMachineInstance",
    "kyverno.io/v1/ClusterPolicy",
    "logging.openshift.io/v1/ClusterLogForwarder",
    "machine.openshift.io/v1beta1/MachineHealthCheck",
    "machine.openshift.io/v1beta1/MachineSet",
    "machineconfiguration.openshift.io/v1/KubeletConfig",
    "monitoring.coreos.com/v1/PrometheusRule",
    "networking.istio.io/v1beta1/DestinationRule",
    "networking.istio.io/v1beta1/VirtualService",
    "networking.k8s.io/v1/NetworkPolicy",
    "operator.open-cluster-management.io/v1/MultiClusterHub",
    "performance.openshift.io/v2/PerformanceProfile",
    "policy/v1/PodDisruptionBudget",
    "pool.kubevirt.io/v1alpha1/VirtualMachinePool",
    "sriovnetwork.openshift.io/v1/SriovNetworkNodePolicy",
    "velero.io/v1/Schedule",
    "/v1/ConfigMap",
    "/v1/Namespace",
    "/v1/PersistentVolumeClaim",
    "/v1/ResourceQuota",
    "/v1/Secret",
    "/v1/Service",
)
WORDS = (
    *("metadata", "labels", "spec", "template", "rules", "match", "any", "resources", "kinds"),
    *("validate", "pattern", "config", "domain", "devices", "nodeSelector", "groups", "expr"),
    *("hooks", "selector", "matchLabels", "scaleTargetRef", "minReplicas", "data", "profile"),
    *("predicates", "(name)", "=(x)", "<(y)", "X(z)", "^(w)", "VirtualMachine", "*", "?*"),
)
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    3.5,
    "",
    "64Gi",
    "{{x}}",
    "*",
    [],
    {},
    [[]],
    [{}],
    {"": None},
    10**30,
)


def _odd(chance: random.Random, depth: int = 0) -> Any:
    if depth > 4 or chance.random() < 0.3:
        return chance.choice(ODD)
    if chance.random() < 0.3:
        return [_odd(chance, depth + 1) for _ in range(chance.randint(0, 3))]
    return {chance.choice(WORDS): _odd(chance, depth + 1) for _ in range(chance.randint(0, 4))}


@pytest.mark.parametrize("kind", KINDS)
def test_no_rule_trips_over_what_an_object_holds(kind: str) -> None:
    chance = random.Random(kind)
    api, _, name = kind.strip("/").rpartition("/")
    objects = []
    for _ in range(25):
        odd = {key: _odd(chance) for key in chance.sample(WORDS[:12], 4)}
        objects.append({"apiVersion": api, "kind": name, "spec": _odd(chance), **odd})
    text = "---\n".join(json.dumps(each) + "\n" for each in objects)
    assert isinstance(run_rules(subject(text)).findings, tuple)


SCENARIO = """
apiVersion: ove-capacity/v1
name: odd
platform: {openshift: "4.15"}
clusters:
  one:
    manifests: [odd.yaml]
    vms: [vms.yaml]
    pools: {worker: {count: 2, node: {cpu: 8, memory: 32Gi}}}
workloads:
- {name: web, cluster: one, namespace: vms, cpu: 1, memory: 1Gi, count: 3}
"""
ODD_VM = ("affinity", "domain", "evictionStrategy", "networks", "nodeSelector", "volumes")


@pytest.mark.parametrize("seed", range(20))
def test_no_rule_trips_over_a_case_of_odd_objects(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    objects: list[dict[str, Any]] = []
    for kind in KINDS:
        api, _, name = kind.strip("/").rpartition("/")
        meta = {"name": f"o{len(objects)}", "namespace": "vms"}
        objects.append({"apiVersion": api, "kind": name, "metadata": meta, "spec": _odd(chance)})
    (tmp_path / "odd.yaml").write_text("---\n".join(json.dumps(each) + "\n" for each in objects))
    vms = []
    for index in range(5):
        spec = {"domain": {"devices": {}}, **{chance.choice(ODD_VM): _odd(chance, 3)}}
        meta = {"name": f"v{index}", "namespace": "vms"}
        vm = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "metadata": meta}
        vms.append({**vm, "spec": spec})
    (tmp_path / "vms.yaml").write_text("---\n".join(json.dumps(each) + "\n" for each in vms))
    (tmp_path / "s.yaml").write_text(SCENARIO)
    assert isinstance(oc.check(tmp_path / "s.yaml").findings, tuple)


@pytest.mark.parametrize("minor", range(14, 24))
def test_every_release_has_a_schema_of_a_vm(minor: int) -> None:
    found = schema_of("kubevirt.io/v1/VirtualMachine", release(f"4.{minor}"))
    assert found is not None
    assert found.release.startswith(f"v1.{minor - 14}.")
