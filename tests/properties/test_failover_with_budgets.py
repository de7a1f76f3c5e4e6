"""Failover counted again where VMs push out others, budgets guard some, and devices are few.

Workers are alike and crowded, so that whom a budget guards decides who stays without a node.
"""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations

import pytest

import ove_capacity as oc
from ove_capacity.model.vm import AttachedDevice
from tests.properties import test_failover_of_odd_clusters as odd

GPU = "example.com/gpu"


def drawn(seed):
    """As that of odd clusters; ``gpu``: whether a VM of the shape has one."""
    rng = random.Random(f"ranked-{seed}")
    node = {"cpu": 64, "memory": "64Gi", "devices": {GPU: rng.choice([1, 2, 4])}}
    pools = {"p0": {"count": rng.randint(3, 5), "role": "worker", "node": node}}
    ranks = rng.sample(range(1000), 5)
    shapes = [
        {
            "name": f"w{i}",
            "cpu": 1,
            "memory": rng.choice([3, 5, 8, 12, 16, 24]),
            "count": rng.randint(2, 9),
            "pinned": False,
            "pages": None,
            "antiAffinity": rng.choice([None, None, None, None, "hostname"]),
            "tier": False,
            "priority": ranks[i],
            "evictionStrategy": "None",
            "runStrategy": rng.choice(["Always", "Always", "Manual"]),
            "gpu": rng.random() < 0.25,
        }
        for i in range(5)
    ]
    return 16, True, pools, shapes


def with_devices(case, shapes):
    """The case whose VMs have their GPUs."""
    wanted = {shape["name"] for shape in shapes if shape["gpu"]}

    def fitted(workload):
        if workload.name not in wanted:
            return workload
        spec = workload.vmi.spec
        devices = replace(spec.domain.devices, gpus=(AttachedDevice("gpu", GPU),))
        spec = replace(spec, domain=replace(spec.domain, devices=devices))
        return replace(workload, vmi=replace(workload.vmi, spec=spec))

    workloads = tuple(fitted(each) for each in case.plan.workloads)
    return replace(case, plan=replace(case.plan, workloads=workloads))


def asked(minor, shape):
    """A GPU and the GiB that KubeVirt adds for what VFIO maps."""
    more = {GPU: 1, "memory": odd.GIB} if shape["gpu"] else {}
    plain = odd.asked(minor, shape)
    return {key: plain.get(key, 0) + more.get(key, 0) for key in plain | more}


@pytest.mark.parametrize("seed", range(60))
def test_who_is_pushed_out_is_who_plain_counting_says(seed, tmp_path):
    given = drawn(seed)
    file = tmp_path / "ranked.yaml"
    run, cluster, workers = odd.settled(
        given, seed, file, lambda case: with_devices(case, given[3]), asked
    )
    found = oc.failover(run, extras=False).clusters["a"]
    lost = {
        group: cluster.copy().lose(group)
        for size in (1, 2)
        for group in combinations(workers, size)
    }
    assert [odd.names(loss.not_returned) for loss in found.losses] == [lost[n,] for n in workers]
    for loss in found.pairs.tried.worst:
        names = [node.name for node in run.states["a"].nodes]
        assert odd.names(loss.not_returned) == lost[tuple(names.index(n) for n in loss.nodes)]
    assert found.pairs.tried.not_survived == sum(
        bool(missing) for group, missing in lost.items() if len(group) == 2
    )
