"""Small clusters counted again by hand: nodes, launcher pods and scores written down a second time.

Nothing of the package but its front door is used here; what is copied from it proves nothing.
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter

import pytest

import ove_capacity as oc
from ove_capacity.report.json import simulate_document

GIB, MIB = 1 << 30, 1 << 20
PLATFORM = {"cpu": 521, "memory": (2165 + 360) * MIB, "pods": 23}
"""The ledger's platform pods of a worker with virtualization."""
SIZES = [(8, 32), (16, 64), (24, 90), (32, 128), (64, 256), (96, 512)]
PAGE = {"1Gi": GIB, "2Mi": 2 * MIB}


def drawn(seed):
    """(minor release, minor release created on, machine, VM shapes)."""
    rng = random.Random(seed)
    minor = rng.randint(15, 23)
    born = rng.choice([minor, rng.randint(14, minor)])
    cpu, memory = rng.choice(SIZES)
    machine = {"count": rng.randint(1, 4), "cpu": cpu, "memory": memory}
    machine["static"] = rng.random() < 0.5
    machine["max_pods"] = rng.choice([250, 250, 40])
    machine["pages"] = rng.choice([{}, {"1Gi": memory // 4}, {"2Mi": memory * 64}])
    shapes = []
    for i in range(rng.randint(1, 4)):
        pages = rng.choice([None, *machine["pages"]])
        shapes.append(
            {
                "name": f"w{i}",
                "cpu": rng.choice([1, 2, 3, 4, 8, 12]),
                "memory": rng.choice([1, 2, 4, 7, 16, 30]),
                "count": rng.randint(0, 14),
                "pinned": rng.random() < 0.25,
                "pages": pages,
                "apart": rng.random() < 0.2,
            }
        )
    for shape in shapes:
        shape["disk"] = rng.choice([0, 10, 60, 200])
    machine["raw"], machine["copies"] = rng.choice([300, 2_000, 90_000]), rng.choice([1, 2, 3])
    return minor, born, machine, shapes


def written(minor, born, machine, shapes):
    """The scenario for it; JSON is YAML."""
    node = {"cpu": machine["cpu"], "memory": f"{machine['memory']}Gi"}
    kubelet = {"maxPods": machine["max_pods"]}
    kubelet |= {"cpuManagerPolicy": "static"} if machine["static"] else {}
    pool = {"count": machine["count"], "node": node | {"hugepages": machine["pages"]}}
    workloads = []
    for shape in shapes:
        one = {"cluster": "a", **{key: shape[key] for key in ("name", "cpu", "count")}}
        one |= {"memory": f"{shape['memory']}Gi", "dedicatedCpuPlacement": shape["pinned"]}
        one |= {"hugepages": shape["pages"]} if shape["pages"] else {}
        one |= {"antiAffinity": "hostname"} if shape["apart"] else {}
        one |= {"disks": f"{shape['disk']}Gi"} if shape["disk"] else {}
        workloads.append(one)
    storage = {"odf": {"raw": f"{machine['raw']}Gi", "replicas": machine["copies"]}}
    return {
        "apiVersion": "ove-capacity/v1",
        "name": "small",
        "platform": {"openshift": f"4.{minor}", "createdOn": f"4.{born}"},
        "clusters": {"a": {"kubelet": kubelet, "pools": {"worker": pool}, "storage": storage}},
        "workloads": workloads,
    }


def allocatable(born, machine):
    """Auto-sizing is on where the cluster was born with 4.21 or later."""
    above = machine["memory"] - 8
    cpu, gib = 0.5, 1
    if born >= 21:
        cpu = max(0.5, round(0.06 + 0.012 * (machine["cpu"] - 1) + 1e-9, 2))
        gib = int((1 + 0.06 * above if above <= 120 else 7.72 + 0.02 * (above - 112)) + 0.5)
    pages = {size: count * PAGE[size] for size, count in machine["pages"].items()}
    memory = (machine["memory"] - gib) * GIB - 100 * MIB - sum(pages.values())
    cpu = math.ceil(round((machine["cpu"] - cpu) * 1000, 6))
    return {"cpu": cpu, "memory": memory, "pods": machine["max_pods"], **pages}


def launcher(minor, shape):
    """What the launcher pod requests, by the published formula of that KubeVirt."""
    kubevirt, guest = minor - 14, shape["memory"] * GIB
    fixed = 155 + (25 if kubevirt >= 5 else 20) + (40 if kubevirt >= 4 else 35)
    mib = fixed + 8 * shape["cpu"] + 8 + (32 if kubevirt >= 6 else 16) + 100 * shape["pinned"]
    overhead = mib * MIB + (0 if kubevirt >= 6 else math.ceil(guest / 1000) * 1000 // 512)
    log_cpu, log_memory = (15, 60_000_000) if shape["pinned"] else (5, 35_000_000)
    logs = minor >= 19
    asked = {"pods": 1, "memory": overhead + logs * log_memory}
    asked[shape["pages"] or "memory"] = asked.get(shape["pages"] or "memory", 0) + guest
    asked["cpu"] = shape["cpu"] * (1000 if shape["pinned"] else 100) + logs * log_cpu
    return asked


class Cluster:
    """Nodes as dicts, VMs as names."""

    def __init__(self, minor, born, machine):
        self.has, self.static = allocatable(born, machine), machine["static"]
        self.scores_gain = minor >= 23  # Kubernetes 1.36
        self.used = [dict(PLATFORM) for _ in range(machine["count"])]
        self.vms = [[] for _ in self.used]

    def takes(self, n, shape, asked):
        if (shape["pinned"] and not self.static) or (
            shape["apart"] and any(each is shape for each, _ in self.vms[n])
        ):
            return False
        used = self.used[n]
        return all(used.get(key, 0) + more <= self.has.get(key, 0) for key, more in asked.items())

    def score(self, n, asked):
        """LeastAllocated and BalancedAllocation."""
        pairs = [(self.used[n][key] + asked[key], self.has[key]) for key in ("cpu", "memory")]
        least = sum((has - wanted) * 100 // has for wanted, has in pairs) // 2
        balance = self.balance(pairs)
        if self.scores_gain:
            before = self.balance([(self.used[n][key], self.has[key]) for key in ("cpu", "memory")])
            balance = 50 + (50 + balance - before) // 2
        return least + balance

    @staticmethod
    def balance(pairs):
        """100 less half the distance of the used shares, in percent."""
        one, other = (min(1.0, wanted / has) for wanted, has in pairs)
        return int((1 - abs(one - other) / 2) * 100)

    def place(self, shape, asked):
        nodes = [n for n in range(len(self.used)) if self.takes(n, shape, asked)]
        if not nodes:
            return False
        best = max(nodes, key=lambda n: (self.score(n, asked), -n))
        for key, more in asked.items():
            self.used[best][key] = self.used[best].get(key, 0) + more
        self.vms[best].append((shape, asked))
        return True

    def copy(self, without=None):
        other = object.__new__(Cluster)
        other.has, other.static, other.scores_gain = self.has, self.static, self.scores_gain
        left = [n for n in range(len(self.used)) if n != without]
        other.used, other.vms = [dict(self.used[n]) for n in left], [[*self.vms[n]] for n in left]
        return other

    def fits(self, shape, asked):
        trial, count = self.copy(), 0
        while trial.place(shape, asked):
            count += 1
        return count

    def lacks(self, asked):
        """What runs out on most nodes; of equals the fuller, then the first by name."""
        short = Counter(
            key
            for used in self.used
            for key, more in asked.items()
            if used.get(key, 0) + more > self.has.get(key, 0)
        )

        def fullness(key):
            has = self.has.get(key, 0)
            return sum(used.get(key, 0) for used in self.used) / (len(self.used) * has or math.inf)

        names = {size: f"hugepages-{size}" for size in PAGE}
        return min(
            short, key=lambda key: (-short[key], -fullness(key), names.get(key, key)), default=None
        )

    def survives(self, n, age):
        """Whether all VMs of one node find another; the oldest first."""
        trial = self.copy(without=n)
        gone = sorted(self.vms[n], key=lambda each: age[each[0]["name"]])
        return all(trial.place(*each) for each in gone)


def allowed(machine, shapes, shape):
    """VMs of a shape that the disks leave room for: 75 % of what is raw, by the copies."""
    held = sum(each["count"] * each["disk"] for each in shapes)
    left = machine["raw"] * GIB * 75 // (100 * machine["copies"]) - held * GIB
    return max(0, left // (shape["disk"] * GIB)) if shape["disk"] else math.inf


def steps(minor, born, machine, cluster):
    """From capacity to what is free: (millicores, bytes, bytes of them in hugepages)."""
    nodes, guests = machine["count"], [shape for vms in cluster.vms for shape, _ in vms]
    asked = [each for vms in cluster.vms for _, each in vms]
    pages = nodes * sum(count * PAGE[size] for size, count in machine["pages"].items())
    cpu = {
        "capacity": nodes * machine["cpu"] * 1000,
        "system_reserved": nodes * (machine["cpu"] * 1000 - cluster.has["cpu"]),
        "platform_pods": nodes * 511,
        "virtualization": nodes * 10,
        "guest_requests": sum(
            shape["cpu"] * (1000 if shape["pinned"] else 100) for shape in guests
        ),
    }
    cpu["launcher_overhead"] = sum(each["cpu"] for each in asked) - cpu["guest_requests"]
    usable = nodes * (cluster.has["memory"] + 100 * MIB) + pages
    memory = {
        "capacity": nodes * machine["memory"] * GIB,
        "system_reserved": nodes * machine["memory"] * GIB - usable,
        "eviction_threshold": nodes * 100 * MIB,
        "platform_pods": nodes * 2165 * MIB,
        "virtualization": nodes * 360 * MIB,
        "guest_requests": sum(shape["memory"] * GIB for shape in guests),
    }
    whole = sum(each.get(key, 0) for each in asked for key in ("memory", *PAGE))
    memory["launcher_overhead"] = whole - memory["guest_requests"]
    paged = sum(shape["memory"] * GIB for shape in guests if shape["pages"])
    memory["hugepages_idle"] = pages - paged
    for each in (cpu, memory):
        each["free"] = each["capacity"] - sum(n for name, n in each.items() if name != "capacity")
    idle = {"capacity": pages, "guest_requests": paged, "hugepages_idle": pages - paged}
    return {name: (cpu.get(name, 0), memory[name], idle.get(name, 0)) for name in memory}


def expected(minor, born, machine, shapes):
    cluster, placed, wanted = Cluster(minor, born, machine), 0, 0
    for shape in shapes:
        wanted += shape["count"]
        placed += sum(cluster.place(shape, launcher(minor, shape)) for _ in range(shape["count"]))
    pages = sum(machine["pages"][size] * PAGE[size] for size in machine["pages"])
    has, age = cluster.has, {shape["name"]: i for i, shape in enumerate(shapes)}
    shares = (
        1 - (has["cpu"] - PLATFORM["cpu"]) / (machine["cpu"] * 1000),
        1 - (has["memory"] + pages - PLATFORM["memory"]) / (machine["memory"] * GIB),
    )
    asked = [each for vms in cluster.vms for _, each in vms]
    survived = all(cluster.survives(n, age) for n in range(machine["count"]))
    return {
        "running": placed,
        "pending": wanted - placed,
        "by_node": [len(vms) for vms in cluster.vms],
        "asked": {
            "cpu_milli": sum(each["cpu"] for each in asked),
            "memory_bytes": sum(
                sum(each.get(key, 0) for key in ("memory", *PAGE)) for each in asked
            ),
        },
        "fits": {
            shape["name"]: min(
                cluster.fits(shape, launcher(minor, shape)), allowed(machine, shapes, shape)
            )
            for shape in shapes
        },
        "overhead_percent": pytest.approx(100 * max(shares), abs=0.006),
        "survives_nodes": int(survived),
    }


@pytest.mark.parametrize("seed", range(40))
def test_a_small_cluster_is_counted_alike_by_hand(seed, tmp_path):
    given = drawn(seed)
    file = tmp_path / "small.yaml"
    file.write_text(json.dumps(written(*given)))
    document = simulate_document(oc.simulate(oc.load(file), until="1m", check=True))
    found = document["clusters"]["a"]
    nodes = Counter(row["node"] for row in document["events"] if row["kind"] == "vm-started")
    assert expected(*given) == {
        "running": found["vms"]["running"],
        "pending": found["vms"]["pending"],
        "by_node": [nodes[f"a-worker-{n}"] for n in range(given[2]["count"])],
        "asked": found["headroom"]["vms"],
        "fits": {each["shape"]: each["count"] for each in found["headroom"]["fits"]},
        "overhead_percent": found["headroom"]["overhead_percent"],
        "survives_nodes": min(1, found["failover"]["survives_nodes"]),
    }


def placed(minor, born, machine, shapes):
    """The cluster with the listed VMs on it."""
    cluster = Cluster(minor, born, machine)
    for shape in shapes:
        for _ in range(shape["count"]):
            cluster.place(shape, launcher(minor, shape))
    return cluster


@pytest.mark.parametrize("seed", range(40))
def test_the_steps_from_capacity_to_what_is_free_are_the_same_by_hand(seed, tmp_path):
    given = drawn(seed)
    file = tmp_path / "small.yaml"
    file.write_text(json.dumps(written(*given)))
    room = oc.headroom(oc.load(file)).clusters["a"]
    found = {
        step.name: (step.cpu_milli, step.memory_bytes, step.hugepages_bytes)
        for step in (room.waterfall.capacity, *room.waterfall.steps)
        if step.name != "reserved_measured"
    }
    minor, born, machine, _ = given
    none = {"services": (0, 0, 0)}  # nothing manages a fleet here
    assert found == none | steps(minor, born, machine, placed(*given))
    assert room.pools["worker"].steps == room.waterfall.steps


def climbed(minor, cluster, shapes):
    """What binds in order, and how many VMs were added before: cpu, memory, pages and pods only."""
    rungs, count, live = [], 0, list(shapes)
    given = dict.fromkeys(range(len(live)), 0)
    while live and len(rungs) < 9:
        total = sum(shape["count"] for shape in live)
        number = sum(given.values()) + 1
        i = max(given, key=lambda i: (live[i]["count"] * number - given[i] * total, -i))
        asked = launcher(minor, live[i])
        if cluster.place(live[i], asked):
            count += 1
            given[i] += 1
            continue
        pinned_in_vain = live[i]["pinned"] and not cluster.static
        lacking = None if pinned_in_vain else cluster.lacks(asked)
        rungs.append((count, f"hugepages-{lacking}" if lacking in PAGE else lacking or "rule"))
        if lacking == "pods":
            break
        if lacking:
            cluster.has[lacking] = 1 << 50
        else:
            del live[i]
            given = dict.fromkeys(range(len(live)), 0)
    return rungs


@pytest.mark.parametrize("seed", range(25))
def test_the_ladder_is_climbed_alike_by_hand(seed, tmp_path):
    minor, born, machine, shapes = drawn(seed)
    shapes = [{**shape, "count": shape["count"] + 1} for shape in shapes]
    file = tmp_path / "small.yaml"
    file.write_text(json.dumps(written(minor, born, machine, shapes)))
    mix = {shape["name"]: shape["count"] for shape in shapes}
    rungs = oc.ladder(oc.load(file), mix=mix).clusters["a"].rungs
    told = [
        (rung.vms, "rule" if rung.kind == "rule" else rung.constraint)
        for rung in rungs
        if rung.kind in ("node", "rule")
    ]
    counted = climbed(minor, placed(minor, born, machine, shapes), shapes)
    assert told[: len(counted)] == counted
