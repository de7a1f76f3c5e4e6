"""What a scenario says of kubelets, and which of it no kubelet would start with."""

import pytest

from ove_capacity.errors import ScenarioError

_HEAD = """\
apiVersion: ove-capacity/v1
name: pinned
platform: {openshift: "4.20"}
clusters:
  production:
    pools: {worker: {count: 1, node: NODE}}
    kubelet: {KUBELET}
"""
_BARE = "{sockets: 2, cores: 16, threads: 2, memory: 256Gi}"
_MACHINE = _BARE.replace("}", ", hugepages: {1Gi: 128}}")
_CPUS = 'cpuManagerPolicy: static, reservedSystemCPUs: "0,32"'
_MEMORY = "memoryManagerPolicy: Static, reservedMemory: [{numaNode: 0, limits: {memory: 1124Mi}}]"


@pytest.fixture
def kubelet(scenario):
    def made(said, node=_MACHINE):
        case = scenario(small=_HEAD.replace("NODE", node).replace("KUBELET", said))
        return case.fleet.clusters[0].nodes[0].kubelet, case

    return made


def test_machine_and_policies_reach_the_node(kubelet):
    said = f"{_CPUS}, {_MEMORY}, topologyManagerPolicy: restricted, topologyManagerScope: pod"
    found, _ = kubelet(said + ', cpuManagerPolicyOptions: {full-pcpus-only: "true"}')
    assert [len(cell.cores) for cell in found.machine.cells] == [16, 16]
    assert [dict(cell.hugepages) for cell in found.machine.cells] == [{"1Gi": 64}] * 2
    assert found.config.topology_manager_scope == "pod"
    assert found.config.cpu_manager_policy_options == {"full-pcpus-only": "true"}
    assert found.kept == {"cpu": 2000, "memory": 1124 << 20}


@pytest.mark.parametrize("said", ["", "maxPods: 500", "cpuManagerPolicy: none"])
def test_who_asks_for_no_policy_has_no_kubelet_to_ask(kubelet, said):
    assert kubelet(said)[0] is None


@pytest.mark.parametrize(
    ("said", "path", "words"),
    [
        (
            'cpuManagerPolicy: static, reservedSystemCPUs: "0,99"',
            "kubelet.reservedSystemCPUs",
            "reserved-cpus: 0,99 is not a subset of online-cpus: 0-63",
        ),
        (
            f"{_CPUS}, cpuManagerPolicyOptions: {{full-cores: 'true'}}",
            "kubelet.cpuManagerPolicyOptions",
            'unknown CPU Manager Policy option: "full-cores"',
        ),
        (
            f"{_CPUS}, topologyManagerPolicy: single-numa-node, "
            "cpuManagerPolicyOptions: {align-by-socket: 'true'}",
            "kubelet.cpuManagerPolicyOptions",
            "Topolgy manager single-numa-node policy is incompatible",
        ),
        (
            "memoryManagerPolicy: Static",
            "kubelet",
            'the total amount "0" of type "memory" is not equal to the value "1124Mi"',
        ),
        (
            "memoryManagerPolicy: Static, reservedMemory: [{numaNode: 0, limits: {memory: 1Gi}}]",
            "kubelet.reservedMemory",
            'the total amount "1Gi" of type "memory" is not equal to the value "1124Mi"',
        ),
        (
            "memoryManagerPolicy: Static, reservedMemory: [{numaNode: 2, limits: {memory: 1Gi}}]",
            "kubelet.reservedMemory",
            "references a NUMA node 2 that does not exist",
        ),
    ],
)
def test_a_kubelet_that_would_not_start_is_an_error_in_its_words(kubelet, said, path, words):
    with pytest.raises(ScenarioError) as refused:
        kubelet(said)
    (told,) = str(refused.value).splitlines()
    assert f"clusters.production.{path} — the kubelets of worker would not start: " in told
    assert words in told


@pytest.mark.parametrize(
    ("openshift", "option", "is_alpha"),
    [
        ("4.18", "full-pcpus-only", False),
        ("4.18", "distribute-cpus-across-numa", True),
        ("4.20", "distribute-cpus-across-numa", False),
        ("4.20", "prefer-align-cpus-by-uncorecache", True),
        ("4.21", "prefer-align-cpus-by-uncorecache", False),
        ("4.22", "align-by-socket", True),
    ],
)
def test_options_behind_a_gate_count_with_a_warning(scenario, openshift, option, is_alpha):
    said = f'{_CPUS}, cpuManagerPolicyOptions: {{{option}: "true"}}'
    head = _HEAD.replace("NODE", _MACHINE).replace("KUBELET", said).replace("4.20", openshift)
    told = [each for each in scenario(small=head).warnings if "is alpha" in each]
    assert ["CPUManagerPolicyAlphaOptions" in each and option in each for each in told] == (
        [True] if is_alpha else []
    )


def test_processors_that_nobody_describes_are_assumed_and_told(kubelet):
    found, case = kubelet(_CPUS, "{cpu: 64, memory: 256Gi}")
    assert [len(cell.cores) for cell in found.machine.cells] == [16, 16]
    assert any("2 sockets x 16 cores x 2 threads are assumed" in each for each in case.warnings)
    assert [each.value for each in case.assumptions if each.name.startswith("node.topology")]


def test_sockets_alone_say_how_many_cells(kubelet):
    found, _ = kubelet("cpuManagerPolicy: static", "{cpu: 64, memory: 256Gi, sockets: 4}")
    assert len(found.machine.cells) == 4


def test_devices_sit_at_their_cells_and_count_for_the_node(kubelet):
    node = _MACHINE.replace("memory", "devicesByCell: {nvidia.com/A100: [0, 2]}, memory")
    found, case = kubelet(_CPUS, node)
    assert dict(found.machine.devices["nvidia.com/A100"]) == {0: 0, 1: 2}
    assert case.fleet.clusters[0].nodes[0].allocatable["nvidia.com/A100"] == 2
    with pytest.raises(ScenarioError, match="speaks of 3 cells, and there are 2"):
        kubelet(_CPUS, node.replace("[0, 2]", "[0, 2, 2]"))


def test_cells_may_differ_in_memory_and_pages(kubelet):
    uneven = "cells: [{memory: 60Gi, hugepages: {1Gi: 8}}, {memory: 68Gi}]"
    node = _MACHINE.replace("memory", f"{uneven}, memory").replace("128}", "8}")
    found, _ = kubelet(_CPUS, node)
    assert [cell.memory_bytes >> 30 for cell in found.machine.cells] == [60, 68]
    assert [dict(cell.hugepages) for cell in found.machine.cells] == [{"1Gi": 8}, {"1Gi": 0}]
    with pytest.raises(ScenarioError, match="have 9 pages of 1Gi, and the machine 8"):
        kubelet(_CPUS, node.replace("8}}", "9}}", 1))
    with pytest.raises(ScenarioError, match="are 1, and the machine has 2"):
        kubelet(_CPUS, node.replace(", {memory: 68Gi}", ""))


def test_cells_beyond_the_processors_have_memory_only(kubelet):
    cells = "cells: [{memory: 64Gi}, {memory: 64Gi}, {memory: 128Gi, hugepages: {1Gi: 64}}]"
    node = _MACHINE.replace("memory", f"{cells}, memory").replace("128}", "64}")
    found, _ = kubelet(f"{_CPUS}, {_MEMORY}", node)
    assert [len(cell.cores) for cell in found.machine.cells] == [16, 16, 0]
    assert found.machine.cells[2].hugepages == {"1Gi": 64}
    assert found.machine.cells[2].distances == (20, 20, 10)
    found, _ = kubelet(_CPUS, node.replace("{memory: 128Gi, h", "{memory: 0}, {memory: 128Gi, h"))
    assert [cell.memory_bytes >> 30 for cell in found.machine.cells] == [64, 64, 0, 128]


def test_caches_and_distances_are_said_in_a_line_each(kubelet):
    node = _MACHINE.replace("memory", "cachesPerCell: 4, distances: [[10, 32], [32, 10]], memory")
    found, _ = kubelet(_CPUS, node)
    assert [core.uncore for core in found.machine.cells[1].cores] == [4] * 4 + [5] * 4 + [6] * 4 + [
        7
    ] * 4
    assert [cell.distances for cell in found.machine.cells] == [(10, 32), (32, 10)]
    with pytest.raises(ScenarioError, match="must divide the 16 cores of a cell"):
        kubelet(_CPUS, node.replace("cachesPerCell: 4", "cachesPerCell: 3"))
    with pytest.raises(ScenarioError, match="are 2 rows of 1 and 2, and the machine has 2 cells"):
        kubelet(_CPUS, node.replace("[32, 10]", "[32]"))


_PROFILE = """\
apiVersion: performance.openshift.io/v2
kind: PerformanceProfile
metadata: {name: manual}
spec:
  cpu: {reserved: "0", isolated: 1-63}
  numa: {topologyPolicy: single-numa-node}
  nodeSelector: {node-role.kubernetes.io/worker: ""}
"""
_RENDERED = """\
apiVersion: machineconfiguration.openshift.io/v1
kind: KubeletConfig
metadata: {name: performance-manual}
spec:
  machineConfigPoolSelector: {matchLabels: {machineconfiguration.openshift.io/role: worker}}
  kubeletConfig:
    cpuManagerPolicy: static
    cpuManagerPolicyOptions: {full-pcpus-only: "true"}
    evictionHard: {imagefs.available: 15%, memory.available: 100Mi}
    kubeReserved: {memory: 500Mi}
    memoryManagerPolicy: Static
    reservedMemory: [{numaNode: 0, limits: {memory: 1100Mi}}]
    reservedSystemCPUs: "0"
    systemReserved: {memory: 500Mi}
    topologyManagerPolicy: single-numa-node
"""


@pytest.fixture
def by_objects(scenario):
    def made(*objects, kubelet="", machine=_MACHINE):
        head = _HEAD.replace("NODE", machine).replace("KUBELET", kubelet)
        head += "    manifests: [m.yaml]\n"
        case = scenario(small=head, files={"m.yaml": "---\n".join(objects)})
        return case.fleet.clusters[0].nodes[0].kubelet, case

    return made


def test_a_performance_profile_is_what_its_operator_makes_of_it(by_objects):
    """The KubeletConfig is one that the Node Tuning Operator rendered, less its other fields."""
    config = by_objects(_PROFILE)[0].config
    assert config == by_objects(_RENDERED)[0].config == by_objects(_RENDERED, _PROFILE)[0].config
    assert (config.topology_manager_policy, config.reserved_system_cpus) == (
        "single-numa-node",
        "0",
    )


_PAGES = """\
  hugepages:
    defaultHugepagesSize: 1G
    pages: [{size: 1G, count: 4}, {size: 2M, count: 512}]
"""


def test_pages_that_a_performance_profile_reserves_at_boot_are_its_workers(by_objects):
    _, case = by_objects(_PROFILE + _PAGES, machine=_BARE)
    node = case.fleet.clusters[0].nodes[0]
    bare = by_objects(_PROFILE, machine=_BARE)[1].fleet.clusters[0].nodes[0]
    assert node.capacity["hugepages-1Gi"] == 4 << 30
    assert node.capacity["hugepages-2Mi"] == 1 << 30
    assert bare.allocatable["memory"] - node.allocatable["memory"] == 5 << 30
    (told,) = (each for each in case.origins if each.name.endswith("hugepages.1Gi"))
    assert (str(told.level), told.value) == ("manifest", "4Gi")
    assert "m.yaml" in told.place


@pytest.mark.parametrize(
    ("pages", "found", "words"),
    [
        ("[{size: 1G, count: 2, node: 0}, {size: 1G, count: 1, node: 1}]", 3, "spread evenly"),
        ("[{size: 3G, count: 2}]", 0, "is none of 64K, 2M, 32M, 512M, 1G"),
        ("[{size: 1G, count: $count}]", 0, "is no number of pages"),
        ("[{size: 1G, count: -1}]", 0, "is no number of pages"),
    ],
)
def test_pages_by_cell_and_pages_of_no_size_are_told(by_objects, pages, found, words):
    _, case = by_objects(f"{_PROFILE}  hugepages:\n    pages: {pages}\n", machine=_BARE)
    capacity = case.fleet.clusters[0].nodes[0].capacity
    assert capacity.get("hugepages-1Gi", 0) == found << 30
    assert any(words in each for each in case.warnings)


_POOL = """\
apiVersion: machineconfiguration.openshift.io/v1
kind: MachineConfigPool
metadata: {name: NAME, labels: {LABEL: ""}}
spec: {paused: PAUSED, maxUnavailable: 2}
"""
_SELECTING = _RENDERED.replace("machineconfiguration.openshift.io/role: worker", 'tuned: ""')


def _pool(name, label, paused="false"):
    return _POOL.replace("NAME", name).replace("LABEL", label).replace("PAUSED", paused)


@pytest.mark.parametrize(
    ("objects", "policy", "words"),
    [
        ([_SELECTING], "single-numa-node", ""),
        ([_SELECTING, _pool("worker", "tuned")], "single-numa-node", ""),
        ([_SELECTING, _pool("worker", "plain")], "none", "selects no MachineConfigPool"),
        (
            [_SELECTING, _pool("worker", "plain"), _pool("cnf", "tuned")],
            "single-numa-node",
            "is for the pool cnf: taken for all workers",
        ),
        (
            [
                _SELECTING,
                _RENDERED.replace("single-numa-node", "restricted"),
                _pool("cnf", "tuned"),
            ],
            "restricted",
            "",
        ),
        ([_RENDERED, _pool("worker", "plain", "true")], "single-numa-node", "no new configuration"),
        ([_RENDERED, _pool("worker", "plain")], "single-numa-node", "spec.maxUnavailable (1x)"),
    ],
)
def test_pools_say_which_configuration_is_the_workers(by_objects, objects, policy, words):
    found, case = by_objects(*objects, machine=_BARE if policy == "none" else _MACHINE)
    assert (found.config.topology_manager_policy if found else "none") == policy
    assert any(words in each for each in case.warnings) or not words


def test_the_scenario_says_it_better_than_an_object(by_objects):
    found, case = by_objects(_RENDERED, kubelet="topologyManagerPolicy: restricted")
    assert found.config.topology_manager_policy == "restricted"
    assert found.config.memory_manager_policy == "Static"
    levels = {each.name: str(each.level) for each in case.origins}
    assert levels["kubelet.topologyManagerPolicy"] == "scenario"
    assert levels["kubelet.memoryManagerPolicy"] == "manifest"


def test_objects_for_masters_and_useless_fields_do_not_count(by_objects):
    masters = _RENDERED.replace("role: worker", "role: master")
    assert by_objects(masters)[0] is None
    odd = _RENDERED.replace('reservedSystemCPUs: "0"', "reservedSystemCPUs: $reserved")
    found, case = by_objects(odd.replace('full-pcpus-only: "true"', "full-pcpus-only: 3"))
    assert found.config.reserved_system_cpus == ""
    assert any("its reserved CPUs are left out" in each for each in case.warnings)
    assert any("its cpuManagerPolicyOptions is left out" in each for each in case.warnings)
    two, case = by_objects(_RENDERED.replace("performance-manual", "other"), _RENDERED)
    assert two is not None
    assert any("is not used: all workers are configured by" in each for each in case.warnings)


_EVEN = "annotations: {alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity: ''}"


@pytest.mark.parametrize(
    ("vm", "words"),
    [
        ("cpu: 12", ""),
        (
            "cpu: 12, isolateEmulatorThread: true",
            "requested 13 cpus not multiple cpus per core = 2",
        ),
        (f"cpu: 12, isolateEmulatorThread: true, {_EVEN}", ""),
        ("cpu: 11, isolateEmulatorThread: true", ""),
        ("cpu: 11", "requested 11 cpus not multiple"),
        ("cpu: 40", "TopologyAffinityError"),
        ("cpu: 12, hugepages: 1Gi, guestMappingPassthrough: true, realtime: true", ""),
    ],
)
def test_vms_that_no_kubelet_ever_admits_are_warned_of_by_validate(scenario, vm, words):
    said = f"{_CPUS}, {_MEMORY}, topologyManagerPolicy: single-numa-node"
    said += ', cpuManagerPolicyOptions: {full-pcpus-only: "true"}'
    head = _HEAD.replace("NODE", _MACHINE).replace("KUBELET", said)
    listed = f"{{name: db, cluster: production, memory: 8Gi, dedicatedCpuPlacement: true, {vm}}}"
    case = scenario(f"workloads: [{listed}]\n", small=head)
    told = [each for each in case.warnings if "workloads[0]" in each]
    assert [words in each and "no kubelet of cluster production" in each for each in told] == (
        [True] if words else []
    )


def test_a_vm_that_mirrors_cells_is_written_as_kubevirt_reads_it(scenario):
    vm = "cpu: 4, memory: 8Gi, dedicatedCpuPlacement: true, guestMappingPassthrough: true"
    head = _HEAD.replace("NODE", _MACHINE).replace("KUBELET", "")
    listed = f"{{name: db, cluster: production, {vm}, realtime: true, annotations: {{a: b}}}}"
    vmi = scenario(f"workloads: [{listed}]\n", small=head).plan.workloads[0].vmi
    assert vmi.spec.domain.cpu.numa_passthrough
    assert vmi.spec.domain.cpu.realtime is not None
    assert vmi.annotations["a"] == "b"
