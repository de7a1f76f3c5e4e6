"""What naive readers trip on, class by class: each is read as it is meant, or refused in words."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.instancetypes import instancetype_of
from ove_capacity.manifests.kubelet_configs import written_kubelet
from ove_capacity.manifests.objects import Objects, objects_of
from ove_capacity.manifests.parts import check_parts
from tests.real import REAL, needs_real

NODE = "kind: Node\nmetadata: {name: w}\n"
PROFILE = "{apiVersion: performance.openshift.io/v2, kind: PerformanceProfile, spec: {cpu: "
HEALTH = """\
apiVersion: machine.openshift.io/v1beta1
kind: MachineHealthCheck
metadata: {name: h}
spec:
  nodeStartupTimeout: 1h2m3s
  unhealthyConditions: [{type: Ready, status: "False", timeout: 90s}]
"""
MACHINES = "{apiVersion: machine.openshift.io/v1beta1, kind: MachineSet, metadata: {name: m, "
TYPE = "apiVersion: instancetype.kubevirt.io/v1beta1\nkind: VirtualMachineClusterInstancetype\n"
COPY = 'annotations: {kubectl.kubernetes.io/last-applied-configuration: \'{"kind": "Node"}\'}'


def vm(domain="{}", spec="", template=""):
    return (
        "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {name: v}\nspec:\n"
        f"  runStrategy: Halted\n  template: {{spec: {{domain: {domain}{template}}}}}\n{spec}"
    )


def node(of: Objects):
    return of.nodes[0].capacity


def spec(of: Objects):
    return of.vms[0].vm.vmi.spec


def domain(of: Objects):
    return spec(of).domain


def guest(of: Objects):
    return domain(of).memory.guest.value


def reserved(of: Objects):
    return written_kubelet(of.kubevirt_parts).said["reservedSystemCPUs"]


def instancetype(of: Objects):
    return instancetype_of(of.kubevirt_parts["VirtualMachineClusterInstancetype"][0])


_TERMS = "requiredDuringSchedulingIgnoredDuringExecution"
_NEAR = f"{_TERMS}: [{{topologyKey: zone, labelSelector: {{matchLabels: {{a: b}}}}}}]"
_SPREAD = "[{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]"
_NODES = "{nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}"
_DISK = "metadata: {name: d}, spec: {API: {resources: {requests: {storage: 3Gi}}}}"

READ = {
    "List wrapper": (
        "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Node, metadata: {name: w}}]}",
        lambda of: len(of.nodes),
        1,
    ),
    "multi-document": (f"{NODE}---\n{NODE}", lambda of: len(of.nodes), 2),
    "no kind/apiVersion": (
        "metadata: {name: w}\nstatus: {nodeInfo: {}, capacity: {cpu: 4}}",
        lambda of: len(of.nodes),
        1,
    ),
    "managedFields noise": (
        "kind: Node\nmetadata: {name: w, managedFields: [{manager: kubelet, fieldsV1: {f:a: {}}}]}",
        lambda of: (len(of.nodes), of.unmodelled),
        (1, {}),
    ),
    "second copy of the object in an annotation": (
        f"kind: Node\nmetadata: {{name: w, {COPY}}}",
        lambda of: len(of.nodes),
        1,
    ),
    "milli-CPU string": (f"{NODE}status: {{capacity: {{cpu: 15500m}}}}", node, {"cpu": 15_500}),
    "quantity as YAML number": (f"{NODE}status: {{capacity: {{cpu: 8}}}}", node, {"cpu": 8000}),
    "Ki suffix": (f"{NODE}status: {{capacity: {{memory: 3Ki}}}}", node, {"memory": 3072}),
    "plain bytes as string": (
        f'{NODE}status: {{capacity: {{ephemeral-storage: "123456"}}}}',
        node,
        {"ephemeral-storage": 123_456},
    ),
    "decimal SI suffix": (vm("{memory: {guest: 1500M}}"), guest, 1_500_000_000),
    "fractional binary suffix": (vm("{memory: {guest: 1.5Gi}}"), guest, 3 << 29),
    "vCPU = sockets x cores x threads": (
        vm("{cpu: {sockets: 2, cores: 3, threads: 2}}"),
        lambda of: domain(of).cpu.vcpus,
        12,
    ),
    "hotplug ceiling maxSockets": (
        vm("{cpu: {sockets: 2, maxSockets: 8}}"),
        lambda of: (domain(of).cpu.vcpus, domain(of).cpu.max_sockets),
        (2, 8),
    ),
    "hotplug ceiling maxGuest": (
        vm("{memory: {guest: 1Gi, maxGuest: 4Gi}}"),
        lambda of: (guest(of), domain(of).memory.max_guest.value),
        (1 << 30, 4 << 30),
    ),
    "hugepages": (
        vm("{memory: {hugepages: {pageSize: 2Mi}}}"),
        lambda of: domain(of).memory.hugepages_page_size,
        "2Mi",
    ),
    "dedicated CPUs (dedicatedCpuPlacement)": (
        vm("{cpu: {dedicatedCpuPlacement: true}}"),
        lambda of: domain(of).cpu.dedicated_cpu_placement,
        True,
    ),
    "dedicated CPUs (dedicatedCPUPlacement)": (
        f"{TYPE}spec: {{cpu: {{guest: 2, dedicatedCPUPlacement: true}}, memory: {{guest: 1Gi}}}}",
        lambda of: instancetype(of).dedicated_cpu_placement,
        True,
    ),
    "gpus": (
        vm("{devices: {gpus: [{name: g, deviceName: nvidia.com/A100}]}}"),
        lambda of: [each.device_name for each in domain(of).devices.gpus],
        ["nvidia.com/A100"],
    ),
    "hostDevices": (
        vm("{devices: {hostDevices: [{name: h, deviceName: intel.com/qat}]}}"),
        lambda of: [each.device_name for each in domain(of).devices.host_devices],
        ["intel.com/qat"],
    ),
    "PCI address read as sexagesimal float by PyYAML": (
        vm("{devices: {hostDevices: [{name: h, deviceName: 05:00.0}]}}"),
        lambda of: domain(of).devices.host_devices[0].device_name,
        "05:00.0",
    ),
    "instancetype reference: sizes are elsewhere": (
        vm(spec="  instancetype: {name: u1.small}\n"),
        lambda of: of.vms[0].vm.instancetype.name,
        "u1.small",
    ),
    "deprecated spec.running": (
        vm().replace("runStrategy: Halted", "running: true"),
        lambda of: of.vms[0].vm.run_strategy,
        "Always",
    ),
    "runStrategy Halted": (vm(), lambda of: of.vms[0].vm.run_strategy, "Halted"),
    "runStrategy Always": (
        vm().replace("Halted", "Always"),
        lambda of: of.vms[0].vm.run_strategy,
        "Always",
    ),
    "dataVolumeTemplates (pvc or storage API)": (
        vm(spec=f"  dataVolumeTemplates: [{{{_DISK}}}, {{{_DISK}}}]\n")
        .replace("API", "pvc", 1)
        .replace("API", "storage"),
        lambda of: [disk.size_bytes for disk in of.vms[0].vm.disks],
        [3 << 30, 3 << 30],
    ),
    "DataSource sourceRef: size may be absent": (
        vm(
            spec="  dataVolumeTemplates:\n  - metadata: {name: d}\n"
            "    spec: {sourceRef: {kind: DataSource, name: rhel9}, storage: {}}\n"
        ),
        lambda of: of.vms[0].vm.disks,
        (),
    ),
    "nodeSelectorTerms": (
        vm(template=f", affinity: {{nodeAffinity: {{{_TERMS}: {_NODES}}}}}"),
        lambda of: spec(of).affinity is not None,
        True,
    ),
    "podAffinity": (
        vm(template=f", affinity: {{podAffinity: {{{_NEAR}}}}}"),
        lambda of: spec(of).affinity is not None,
        True,
    ),
    "podAntiAffinity": (
        vm(template=f", affinity: {{podAntiAffinity: {{{_NEAR}}}}}"),
        lambda of: spec(of).affinity is not None,
        True,
    ),
    "topologySpreadConstraints": (
        vm(template=f", topologySpreadConstraints: {_SPREAD}"),
        lambda of: [each.topology_key for each in spec(of).spread],
        ["zone"],
    ),
    "cpuset list string": (f"{PROFILE}{{reserved: '0-1,4'}}}}}}", reserved, "0-1,4"),
    "scale-from-zero annotation vCPU": (
        f'{MACHINES}annotations: {{machine.openshift.io/vCPU: "16"}}}}}}',
        lambda of: of.autoscaling[0][0].annotations["machine.openshift.io/vCPU"],
        "16",
    ),
    "scale-from-zero annotation memoryMb": (
        f'{MACHINES}annotations: {{machine.openshift.io/memoryMb: "65536"}}}}}}',
        lambda of: of.autoscaling[0][0].annotations["machine.openshift.io/memoryMb"],
        "65536",
    ),
    "Go duration": (
        HEALTH,
        lambda of: (
            of.autoscaling[0][0].node_startup_timeout_ms,
            of.autoscaling[0][0].conditions[0].timeout_ms,
        ),
        (3_723_000, 90_000),
    ),
}
"""Class -> a text, what is asked of its objects, and the answer."""

REFUSED = {
    "cpuset read as integer": (f"{PROFILE}{{reserved: 0}}}}}}", "must be text: put it in quotes"),
    "placeholder in a value": (vm("{memory: {guest: '${MEMORY}'}}"), "placeholder"),
    "not parseable YAML": ("spec: {running: {{ running }}", "Jinja|Helm|Go|is not YAML|template"),
    "runStrategy runStrategyValue": (vm().replace("Halted", "runStrategyValue"), "must be one of"),
}
"""Class -> a text, and what is said of it, as the API server would."""


@pytest.mark.parametrize(("text", "ask", "answer"), READ.values(), ids=READ.keys())
def test_what_trips_others_is_read_as_it_is_meant(documents, problems, text, ask, answer):
    found = ask(objects_of(documents(text), problems))
    assert found == answer
    assert problems.errors == []


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_nobody_could_mean_is_refused(documents, problems, text, said):
    try:
        check_parts(objects_of(documents(text), problems), problems)
    except ScenarioError as error:
        problems.errors += error.problems
    assert [each for each in problems.errors if re.search(said, each.message) and each.line]


@needs_real
def test_every_class_that_is_known_is_among_these():
    with Path(REAL, "trips.csv").open(encoding="utf-8", newline="") as file:
        told = [row[1] for row in csv.reader(file)][1:]
    classes = {each.strip() for cell in told for each in cell.split("|") if each.strip()}
    known = {re.sub(r" \(\w*Error\)", "", each) for each in classes}
    ours = (*READ, *REFUSED)
    assert sorted(each for each in known if not each.startswith(ours)) == []
