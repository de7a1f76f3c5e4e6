"""Failover counted again where clusters are odd: pools unlike each other, taints, zones, cordons,
selectors, anti-affinity, priorities with preemption and budgets that it should not break, run
strategies; drains and spares with them.

Of the package only its front door and the settled places of the VMs are used.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from itertools import combinations, permutations

import pytest

import ove_capacity as oc
from ove_capacity.analysis.settle import settle
from ove_capacity.model.cluster import DisruptionBudget
from ove_capacity.model.selector import LabelSelector, Requirement
from tests.properties.test_first_principles import launcher

GIB = 1 << 30
ZONE = "topology.kubernetes.io/zone"
OFFSET = 1 << 31


def drawn(seed):
    """(minor release, whether CPUs can be pinned, pools, shapes of VMs)."""
    rng = random.Random(f"odd-{seed}")
    zones = rng.choice([[], ["z1", "z2"], ["z1", "z2", "z3"]])
    pools, left = {}, rng.randint(2, 5)
    while left:
        count = rng.randint(1, left)
        left -= count
        cpu, memory = rng.choice([(8, 32), (16, 64), (24, 90), (32, 128)])
        pool = {"count": count, "role": "worker", "node": {"cpu": cpu, "memory": f"{memory}Gi"}}
        if rng.random() < 0.4:
            pool["node"]["hugepages"] = {"1Gi": memory // 4}
        if rng.random() < 0.3:
            pool["labels"] = {"tier": "a"}
        if rng.random() < 0.15:
            pool["taints"] = [{"key": "dedicated"}]
        if zones and rng.random() < 0.85:
            pool["zones"] = zones
        pools[f"p{len(pools)}"] = pool
    if rng.random() < 0.5:
        pools["master"] = {"count": 3, "node": {"cpu": 8, "memory": "32Gi"}}
    # Priorities differ, because upstream does not say who of equals has to go.
    ranks = rng.sample(range(1000), 6) if rng.random() < 0.6 else [0] * 6
    shapes = [
        {
            "name": f"w{i}",
            "cpu": rng.choice([1, 2, 4, 8]),
            "memory": rng.choice([1, 2, 4, 7, 16, 30]),
            "count": rng.randint(0, 14),
            "pinned": rng.random() < 0.2,
            "pages": rng.choice([None, None, None, "1Gi"]),
            "antiAffinity": rng.choice([None, None, None, "hostname", "zone"]),
            "tier": rng.random() < 0.15,
            "priority": ranks[i],
            "evictionStrategy": rng.choice(["LiveMigrate", "LiveMigrate", "None"]),
            "runStrategy": rng.choice(["Always", "Always", "Always", "Manual", "Halted"]),
        }
        for i in range(rng.randint(1, 6))
    ]
    return rng.randint(15, 18), rng.random() < 0.8, pools, shapes


def budgets_of(seed):
    """(names of shapes that it guards, evictions that it allows) of each."""
    rng = random.Random(f"budgets-{seed}")
    names = [f"w{i}" for i in range(6)]
    return [
        (rng.sample(names, rng.randint(1, 3)), rng.choice([0, 0, 1, 2, 5]))
        for _ in range(rng.choice([0, 1, 2, 4]))
    ]


def guarding(budgets):
    """The same as objects."""
    return tuple(
        DisruptionBudget(
            f"b{i}",
            "default",
            LabelSelector((Requirement("app", "In", tuple(names)),)),
            allowed,
        )
        for i, (names, allowed) in enumerate(budgets)
    )


def written(minor, is_static, pools, shapes):
    """The scenario for it; JSON is YAML."""
    same = ("name", "cpu", "count", "priority", "evictionStrategy", "runStrategy")
    workloads = []
    for shape in shapes:
        one = {
            "cluster": "a",
            "memory": f"{shape['memory']}Gi",
            **{key: shape[key] for key in same},
            "labels": {"app": shape["name"]},
        }
        one |= {"dedicatedCpuPlacement": True} if shape["pinned"] else {}
        one |= {"hugepages": shape["pages"]} if shape["pages"] else {}
        one |= {"antiAffinity": shape["antiAffinity"]} if shape["antiAffinity"] else {}
        one |= {"nodeSelector": {"tier": "a"}} if shape["tier"] else {}
        workloads.append(one)
    kubelet = {"cpuManagerPolicy": "static"} if is_static else {}
    return {
        "apiVersion": "ove-capacity/v1",
        "name": "odd",
        "platform": {"openshift": f"4.{minor}"},
        "clusters": {"a": {"kubelet": kubelet, "pools": pools, "remediation": "nhc-snr"}},
        "workloads": workloads,
    }


class Vm:
    """Compared by identity."""

    def __init__(self, shape, asked, rank):
        self.shape, self.asked, self.rank = shape, asked, rank
        self.name, self.priority = shape["name"], shape["priority"]
        self.restarts = shape["runStrategy"] == "Always"


class Cluster:
    """Nodes as dicts, and the VMs on each."""

    def __init__(self, nodes, vms, is_static, budgets):
        self.nodes, self.vms, self.is_static = nodes, vms, is_static
        self.budgets = budgets
        self.closed = {n for n, node in enumerate(nodes) if node["closed"]}

    def copy(self, more=()):
        vms = [list(each) for each in self.vms] + [[] for _ in more]
        other = Cluster([*self.nodes, *more], vms, self.is_static, self.budgets)
        other.closed |= self.closed
        return other

    def may_ever(self, n, vm):
        node, shape = self.nodes[n], vm.shape
        labels_do = not shape["tier"] or node["labels"].get("tier") == "a"
        return (
            n not in self.closed and labels_do and (self.is_static or not shape["pinned"])
        )  # fmt: skip

    def takes(self, n, vm):
        asked, has = vm.asked, self.nodes[n]["has"]
        for key, more in asked.items():
            if more + sum(each.asked.get(key, 0) for each in self.vms[n]) > has.get(key, 0):
                return False
        near = [n] if vm.shape["antiAffinity"] == "hostname" else []
        zone = self.nodes[n]["labels"].get(ZONE)
        if vm.shape["antiAffinity"] == "zone" and zone:
            near = [m for m, node in enumerate(self.nodes) if node["labels"].get(ZONE) == zone]
        return not any(each.shape is vm.shape for m in near for each in self.vms[m])

    def score(self, n, vm):
        """LeastAllocated and BalancedAllocation."""
        node, parts = self.nodes[n], []
        for key in ("cpu", "memory"):
            used = node["platform"][key] + sum(each.asked[key] for each in self.vms[n])
            parts.append((used + vm.asked[key], node["has"][key] + node["platform"][key]))
        one, other = (min(1.0, wanted / has) for wanted, has in parts)
        least = sum((has - wanted) * 100 // has for wanted, has in parts) // 2
        return least + int((1 - abs(one - other) / 2) * 100)

    def place(self, vm):
        """(whether it found a node, who had to go for it)."""
        hopeful = [n for n in range(len(self.nodes)) if self.may_ever(n, vm)]
        able = [n for n in hopeful if self.takes(n, vm)]
        if able:
            self.vms[max(able, key=lambda n: (self.score(n, vm), -n))].append(vm)
            return True, []
        found = [(n, *going) for n in hopeful if (going := self.victims(n, vm))]
        if not found:
            return False, []
        n, gone, _ = min(found, key=_least_harm)
        self.vms[n] = [each for each in self.vms[n] if each not in gone] + [vm]
        return True, gone

    def victims(self, n, vm):
        """All less important ones, less those that may stay after all, and how many of them break a
        budget; None: it would not do.
        """
        before = self.vms[n]
        weaker = sorted((v for v in before if v.priority < vm.priority), key=lambda v: -v.priority)
        self.vms[n] = [each for each in before if each not in weaker]
        found = None
        if weaker and self.takes(n, vm):
            gone, broken = [], self.broken(weaker)
            for each in [*broken, *(v for v in weaker if v not in broken)]:
                self.vms[n].append(each)
                if not self.takes(n, vm):
                    gone.append(self.vms[n].pop())
            found = gone, sum(each in broken for each in gone)
        self.vms[n] = before
        return found

    def broken(self, vms):
        """Those whose eviction breaks a budget when all are asked for in this order."""
        left, broken = [allowed for _, allowed in self.budgets], []
        for vm in vms:
            asked = [i for i, (names, _) in enumerate(self.budgets) if vm.name in names]
            if any(left[i] < 1 for i in asked):
                broken.append(vm)
            for i in asked:
                left[i] -= 1
        return broken

    def bring(self, vms):
        """Names of those that find no node: the most important first, then the oldest."""
        missing = []
        while vms:
            displaced = []
            for vm in sorted(vms, key=lambda vm: (-vm.priority, vm.rank)):
                found, gone = self.place(vm)
                missing += [] if found else [vm.name]
                displaced += gone
            vms = [vm for vm in displaced if vm.restarts]
        return sorted(missing)

    def lose(self, group):
        down = [vm for n in group for vm in self.vms[n]]
        for n in group:
            self.vms[n] = []
        self.closed |= set(group)
        return self.bring([vm for vm in down if vm.restarts])

    def drain(self, n):
        """Names of those that do not move; a target counts while its source still does."""
        self.closed.add(n)
        stuck = []
        for vm in sorted(self.vms[n], key=lambda vm: (-vm.priority, vm.rank)):
            migrates = vm.shape["evictionStrategy"] == "LiveMigrate"
            if not migrates:
                self.vms[n].remove(vm)
                stuck += self.bring([vm]) if vm.restarts else []
                continue
            found, gone = self.place(vm)
            if found:
                self.vms[n].remove(vm)
            stuck += [] if found else [vm.name]
            stuck += self.bring([each for each in gone if each.restarts])
        return sorted(stuck)


def _least_harm(found):
    n, gone, broken = found
    ranks = [each.priority for each in gone]
    highest, total = max(ranks, default=-OFFSET), sum(each + OFFSET for each in ranks)
    return broken, highest, total, len(gone), n


def asked(minor, shape):
    """What the launcher pod requests, by resource."""
    named = {"1Gi": "hugepages-1Gi"}
    return {named.get(key, key): amount for key, amount in launcher(minor, shape).items()}


def settled(given, seed, file, changed=lambda case: case, asked=asked):
    """(the settled run, the same cluster by hand, its workers)."""
    minor, is_static, pools, shapes = given
    file.write_text(json.dumps(written(minor, is_static, pools, shapes)))
    case = changed(oc.load(file))
    (site,) = case.fleet.clusters
    budgets = budgets_of(seed)
    site = replace(site, disruption_budgets=guarding(budgets))
    case = replace(case, fleet=replace(case.fleet, clusters=(site,)))
    workers = [n for n, node in enumerate(site.nodes) if node.is_worker]
    if seed % 4 == 0:
        shut = site.nodes[workers[seed % len(workers)]].name
        nodes = tuple(replace(each, unschedulable=each.name == shut) for each in site.nodes)
        site = replace(site, nodes=nodes)
        case = replace(case, fleet=replace(case.fleet, clusters=(site,)))
    run = settle(case)
    index = {node.name: n for n, node in enumerate(site.nodes)}
    by_name, vms = {shape["name"]: shape for shape in shapes}, [[] for _ in site.nodes]
    for rank, record in enumerate(run.vms):
        shape = by_name[record.workload]
        if record.status == "running":
            vms[index[record.node]].append(Vm(shape, asked(minor, shape), rank))
    return run, Cluster([_by_hand(node) for node in site.nodes], vms, is_static, budgets), workers


def _by_hand(node):
    has = {key: n - node.platform.get(key, 0) for key, n in node.allocatable.items()}
    closed = node.unschedulable or bool(node.taints) or not node.is_worker
    return {"has": has, "platform": node.platform, "labels": node.labels, "closed": closed}


def names(not_returned):
    return sorted(each.vm.partition("/")[2].rpartition("-")[0] for each in not_returned)


@pytest.mark.parametrize("seed", range(40))
def test_an_odd_cluster_survives_what_plain_counting_says(seed, tmp_path):
    run, cluster, workers = settled(drawn(seed), seed, tmp_path / "odd.yaml")
    found = oc.failover(run, while_drained=1).clusters["a"]
    assert found.vms == sum(len(cluster.vms[n]) for n in workers)
    if not found.vms:
        return
    lost = {
        group: cluster.copy().lose(group)
        for size in range(1, len(workers) + 1)
        for group in combinations(workers, size)
    }
    fails_at = min((len(group) for group in lost if lost[group]), default=len(workers) + 1)
    assert found.survives_nodes == fails_at - 1
    assert [names(loss.not_returned) for loss in found.losses] == [lost[n,] for n in workers]
    matrix = found.pairs.matrix
    for (i, one), (j, other) in combinations(enumerate(workers), 2):
        assert matrix[i][j] == matrix[j][i] == len(lost[one, other])
    zones = {node["labels"].get(ZONE) for node in (cluster.nodes[n] for n in workers)}
    for zone, loss in zip(sorted(zones - {None}), found.domains, strict=True):
        group = tuple(n for n in workers if cluster.nodes[n]["labels"].get(ZONE) == zone)
        assert names(loss.not_returned) == lost[group]


@pytest.mark.parametrize("seed", range(40, 65))
def test_drains_second_losses_and_spares_of_odd_clusters_are_what_plain_counting_says(
    seed, tmp_path
):
    run, cluster, workers = settled(drawn(seed), seed, tmp_path / "odd.yaml")
    found = oc.failover(run, while_drained=1).clusters["a"]
    if not found.vms:
        return
    assert [names(drain.not_moved) for drain in found.drains] == [
        cluster.copy().drain(n) for n in workers
    ]
    drained = second = 0
    for one, other in permutations(workers, 2):
        left = cluster.copy()
        left.drain(one)
        drained += bool(left.lose([other]))
        left = cluster.copy()
        second += not left.lose([one]) and bool(left.lose([other]))
    assert found.while_drained.losses.not_survived == drained
    assert found.second_losses.not_survived == second

    def do(count, **less):
        like = next(n for n, node in enumerate(run.states["a"].nodes) if node.name == spare.like)
        node = {**cluster.nodes[like], "closed": bool(run.states["a"].nodes[like].taints)}
        node["has"] = {**node["has"], **less}
        return not any(cluster.copy([node] * count).lose([n]) for n in workers)

    spare = found.spare
    if spare is None:
        assert not any(cluster.copy().lose([n]) for n in workers)
        return
    assert not any(do(count) for count in range(1, spare.nodes or spare.tried_nodes + 1))
    if spare.nodes:
        assert do(spare.nodes)
    if spare.nodes == 1:
        assert do(1, cpu=spare.cpu_milli, memory=spare.memory_bytes)
        assert not do(1, memory=spare.memory_bytes - GIB)
        assert not do(1, cpu=spare.cpu_milli - 1000, memory=spare.memory_bytes)
