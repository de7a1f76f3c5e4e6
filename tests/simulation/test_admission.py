"""VMs that the scheduler binds and a kubelet does not admit."""

from dataclasses import replace

from ove_capacity.model.kubelet import KubeletConfig, NodeKubelet
from ove_capacity.model.machine import machine_of
from ove_capacity.model.topology import Topology
from ove_capacity.model.vm import Cpu, Domain, Memory, VmiSpec
from ove_capacity.quantity import Quantity
from ove_capacity.sim.run import simulate
from ove_capacity.simtime import DAY_MS, MINUTE_MS
from tests.simulation.build import GIB, case, cluster, loss, node, times, workload

_KUBELET = NodeKubelet(
    machine_of(Topology(2, 10, 1), 64 * GIB),
    KubeletConfig(
        cpu_manager_policy="static",
        topology_manager_policy="single-numa-node",
        reserved_system_cpus="0",
    ),
)


def pinned(name, cpus=6, **fields):
    """VMs with CPUs of their own."""
    cpu = Cpu(cores=cpus, dedicated_cpu_placement=True)
    made = workload(name, **fields)
    spec = VmiSpec(Domain(cpu, Memory(guest=Quantity.of(2 * GIB))))
    return replace(made, vmi=replace(made.vmi, spec=spec))


def site(workers=1, **fields):
    """Nodes of two cells of 10 CPUs, less one: three VMs of six fit the sum, and two the cells."""
    made = [node(f"w{i + 1}", cpu=19, memory_gib=64, kubelet=_KUBELET) for i in range(workers)]
    labels = {"cpumanager": "true"}
    return cluster(nodes=[replace(n, labels={**n.labels, **labels}) for n in made], **fields)


def played(*plan, workers=1, until_ms=DAY_MS, **fields):
    clusters = (site(workers, **fields.pop("site", {})),)
    return simulate(case(*plan, clusters=clusters, **fields), until_ms=until_ms, check=True)


def test_a_vm_that_no_cell_has_room_for_comes_again_and_that_is_told():
    run = played(pinned("db", count=3))
    assert run.counts["production"]["running"] == 2
    (rejected,) = [row for row in run.events.rows() if row["kind"] == "vm-rejected"]
    assert (rejected["node"], rejected["time_ms"]) == ("w1", 0)
    assert rejected["detail"].startswith("TopologyAffinityError: Resources cannot be allocated")
    (looping,) = times(run, "vm-looping")
    assert 10 <= looping <= 15
    assert run.unplaced[0].reason.endswith("Topology locality, again and again")
    assert any("again and again to nodes whose kubelets" in each for each in run.warnings)


def test_it_starts_within_its_back_off_once_a_cell_is_free():
    first = pinned("first", lifetime="1h")
    run = played(first, pinned("beside"), pinned("second", at="1m"))
    (started,) = times(run, "vm-started", "vms/second-0")
    assert 3600 <= started <= 3600 + 300
    assert not run.unplaced


def test_a_vm_that_is_started_once_stays_down_when_it_is_not_admitted():
    run = played(pinned("db", count=2), pinned("tool", at="1m", run_strategy="Once"))
    assert run.counts["production"]["stopped"] == 1
    assert not times(run, "vm-looping")


def test_another_node_is_found_without_a_loop():
    """Six of six take two cells each of three nodes."""
    run = played(pinned("db", count=6), workers=3)
    assert run.counts["production"]["running"] == 6


def test_cells_of_a_lost_node_are_free_when_it_is_back():
    plan = (pinned("db", count=2), loss(at="1h", repair="1h"))
    run = played(*plan)
    assert times(run, "vm-started") == [0, 0, 7200, 7200]
    assert not times(run, "vm-rejected")


def test_waiting_for_a_cell_costs_nothing_while_nothing_changes():
    run = played(pinned("db", count=3), until_ms=90 * DAY_MS)
    assert len(times(run, "vm-looping")) == 1
    assert len(run.events) < 100


def test_the_same_seed_gives_the_same_bytes():
    plan = (pinned("db", count=6, lifetime="2h"), pinned("other", 7, count=6))
    first, second = (played(*plan, workers=2, until_ms=600 * MINUTE_MS) for _ in range(2))
    assert list(first.events.rows()) == list(second.events.rows())
