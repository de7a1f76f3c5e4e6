"""Whatever a manifest holds, every rule ends in findings."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from ove_capacity.checks import run_rules
from ove_capacity.checks.schemas.tree import schema_of
from ove_capacity.releases import release
from ove_capacity.testing.manifests import subject

KINDS = (
    "autoscaling.openshift.io/v1/ClusterAutoscaler",
    "autoscaling.openshift.io/v1beta1/MachineAutoscaler",
    "cluster.open-cluster-management.io/v1beta1/Placement",
    "hco.kubevirt.io/v1beta1/HyperConverged",
    "k8s.cni.cncf.io/v1/NetworkAttachmentDefinition",
    "kubevirt.io/v1/VirtualMachine",
    "kyverno.io/v1/ClusterPolicy",
    "machine.openshift.io/v1beta1/MachineHealthCheck",
    "machine.openshift.io/v1beta1/MachineSet",
    "monitoring.coreos.com/v1/PrometheusRule",
    "velero.io/v1/Schedule",
    "/v1/ConfigMap",
    "/v1/Namespace",
    "/v1/ResourceQuota",
)
WORDS = (
    *("metadata", "labels", "spec", "template", "rules", "match", "any", "resources", "kinds"),
    *("validate", "pattern", "config", "domain", "devices", "nodeSelector", "groups", "expr"),
    *("hooks", "selector", "matchLabels", "scaleTargetRef", "minReplicas", "data", "profile"),
    *("predicates", "(name)", "=(x)", "<(y)", "X(z)", "^(w)", "VirtualMachine", "*", "?*"),
)
ODD = (None, True, -1, 0, 3.5, "", "64Gi", "{{x}}", "*", [], {}, [[]], [{}], {"": None}, 10**30)


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


@pytest.mark.parametrize("minor", range(14, 24))
def test_every_release_has_a_schema_of_a_vm(minor: int) -> None:
    found = schema_of("kubevirt.io/v1/VirtualMachine", release(f"4.{minor}"))
    assert found is not None
    assert found.release.startswith(f"v1.{minor - 14}.")
