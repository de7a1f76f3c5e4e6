"""What a scenario and its objects say of autoscaling, and who wins."""

import pytest

from ove_capacity.model.autoscaling import Bounds
from ove_capacity.simtime import MINUTE_MS

_HEAD = """\
apiVersion: ove-capacity/v1
name: scaled
platform: {openshift: "4.18"}
clusters:
  production:
    manifests: [objects/]
    pools:
      master: {count: 3, node: {cpu: 8, memory: 32Gi}}
      worker: {count: 9, node: {cpu: 32, memory: 128Gi}POOL}
"""
_SCALER = """\
apiVersion: autoscaling.openshift.io/v1
kind: ClusterAutoscaler
metadata: {name: default}
spec: {resourceLimits: {maxNodesTotal: 50, cores: {max: 1000}}, scaleDown: {enabled: false}}
"""
_BOUNDS = """\
apiVersion: autoscaling.openshift.io/v1beta1
kind: MachineAutoscaler
metadata: {name: workers}
spec: {minReplicas: 3, maxReplicas: 20, scaleTargetRef: {kind: MachineSet, name: NAME}}
"""
_CHECK = """\
apiVersion: machine.openshift.io/v1beta1
kind: MachineHealthCheck
metadata: {name: watch}
spec:
  selector: {matchLabels: {machine.openshift.io/cluster-api-machine-role: worker}}
  unhealthyConditions: [{type: Ready, status: Unknown, timeout: 5m}]
"""


@pytest.fixture
def made(scenario):
    def compiled(pool="", cluster="", objects=()):
        small = _HEAD.replace("POOL", pool) + cluster
        files = {f"objects/{n}.yaml": text for n, text in enumerate(objects or ["kind: X"])}
        case = scenario(small=small, files=files)
        return case.fleet.clusters[0].autoscaling, case

    return compiled


def _scaled(group="worker"):
    return _BOUNDS.replace("NAME", group)


def test_bounds_of_a_pool_and_an_autoscaler_make_a_group(made):
    found, _ = made(", min: 3, max: 20", "    autoscaler: {maxNodesTotal: 50}\n")
    (group,) = found.groups
    assert (group.name, group.min_size, group.max_size) == ("worker", 3, 20)
    assert (group.template.capacity["cpu"], len(found.group_of)) == (32_000, 9)
    assert "devices.kubevirt.io/kvm" not in group.template.allocatable
    assert found.machines["worker"].allocatable["devices.kubevirt.io/kvm"] == 1000
    assert found.is_active


def test_objects_say_the_same(made):
    found, _ = made(objects=[_SCALER, _scaled()])
    assert found.groups[0].max_size == 20
    assert found.autoscaler.cores == Bounds(None, 1000)
    assert found.is_active


def test_the_scenario_goes_before_its_objects_field_by_field(made):
    section = "    autoscaler: {maxNodesTotal: 30, scaleDown: {unneededTime: 5m}}\n"
    found, case = made(", max: 12", section, [_SCALER, _scaled()])
    assert found.groups[0].max_size == 12
    assert found.autoscaler.max_nodes_total == 30
    assert found.autoscaler.cores == Bounds(None, 1000)
    assert not found.autoscaler.scale_down.enabled
    assert found.autoscaler.scale_down.unneeded_time_ms == 5 * MINUTE_MS
    told = {each.name: (each.value, each.level) for each in case.origins}
    assert told["autoscaler.maxNodesTotal"] == ("30", "scenario")
    assert told["autoscaler.cores.max"] == ("1000", "manifest")


def test_objects_that_the_api_server_refuses_scale_nothing_and_are_kept_as_asked(made):
    gib = _SCALER.replace("cores: {max: 1000}", "memory: {max: 4000Gi}")
    found, case = made(objects=[gib, _scaled()])
    assert found.autoscaler.memory_gib.most == 4000
    assert not found.is_active
    assert any("refuses ClusterAutoscaler default: nothing is" in each for each in case.warnings)
    wrong = _scaled().replace("autoscaling.openshift.io", "machine.openshift.io")
    assert not made(objects=[_SCALER, wrong])[0].is_active


def test_a_machine_set_that_nobody_lists_is_taken_to_make_the_only_workers(made):
    found, case = made(objects=[_SCALER, _scaled("worker-machineset")])
    assert found.groups[0].name == "worker"
    assert any(each.name == "autoscaler.machine_set" for each in case.assumptions)
    assert _told(case, "pools.worker.max") == ("20", "manifest")
    own, case = made(", machineSet: worker-machineset", "", [_SCALER, _scaled("worker-machineset")])
    assert own.groups[0].max_size == 20
    assert _told(case, "pools.worker.max") == ("20", "manifest")
    assert not any(each.name == "autoscaler.machine_set" for each in case.assumptions)


def test_the_bounds_of_a_pool_over_zones_are_told_as_one(made):
    _, case = made(", zones: [a, b, c]", "", [_SCALER, _scaled("worker-machineset")])
    assert _told(case, "pools.worker.max") == ("20", "manifest")


def _told(case, name):
    ((value, level),) = [(each.value, each.level) for each in case.origins if each.name == name]
    return value, level


def test_a_pool_over_zones_is_a_group_in_each(made):
    found, _ = made(", min: 3, max: 20, zones: [a, b, c]", "    autoscaler: {}\n")
    bounds = {each.name: (each.min_size, each.max_size) for each in found.groups}
    assert bounds == {"worker-a": (1, 7), "worker-b": (1, 7), "worker-c": (1, 6)}
    assert found.machines["worker-b"].labels["topology.kubernetes.io/zone"] == "b"


def test_health_checks_find_the_machines_that_they_select(made):
    section = "    autoscaler: {}\n"
    found, _ = made(", max: 12", section, [_CHECK])
    assert found.health_checks["worker"].node_startup_timeout_ms == 10 * MINUTE_MS
    assert not made(", max: 12", section, [_CHECK.replace("role: worker", "role: infra")])[
        0
    ].health_checks
    own, _ = made(", max: 12, nodeStartupTimeout: 20m", section, [_CHECK])
    assert own.health_checks["worker"].node_startup_timeout_ms == 20 * MINUTE_MS


@pytest.mark.parametrize(
    ("pool", "objects"), [("", [_CHECK]), (", nodeStartupTimeout: 10m", ["kind: X"])]
)
def test_a_health_check_covers_a_pool_that_nobody_scales(made, pool, objects):
    found, case = made(pool, "", objects)
    assert (found.groups, found.is_active) == ((), False)
    assert set(found.fixed.values()) == {"worker"}
    assert len(found.fixed) == 9
    assert found.machines["worker"].name == "production-worker"
    assert "machine.until_ready.cloud" in [each.name for each in case.assumptions]


def test_a_health_check_of_nobody_asks_for_nothing(made):
    found, _ = made("", "", [_CHECK.replace("role: worker", "role: infra")])
    assert found is None


@pytest.mark.parametrize(
    ("pool", "section", "warning"),
    [
        (", max: 5", "{}", "has 9 machines and a max of 5: none is added"),
        (", min: 10, max: 12", "{}", "is a floor for giving machines back"),
        (", max: 12", "{maxNodesTotal: 10}", "the maxNodesTotal limit of 10 is below the 12 nodes"),
        (", max: 12", "{cores: {max: 300}}", "the cores limit of 300 is below the 312 cores"),
        (", max: 12", "{memory: {max: 1Ti}}", "the memory limit of 1,024 is below the 1,248 GiB"),
        (", max: 12", "{gpus: [{type: a10, max: 4}]}", "of GPUs of type a10 limits nothing"),
        ("", "{}", "no pool has a max: nothing is scaled"),
        (", max: 12", "{expander: most-pods}", "OpenShift does not offer most-pods"),
        (", max: 12", "{memory: {max: 2000500Mi}}", "counts in whole GiB: read as 1,953 GiB"),
        (
            ", max: 12, nodeStartupTimeout: 10m",
            "{machines: {platform: baremetal}}",
            "slow ones are deleted and made anew for ever",
        ),
    ],
)
def test_what_contradicts_itself_is_answered_as_the_operator_would_and_told(
    made, pool, section, warning
):
    _, case = made(pool, f"    autoscaler: {section}\n")
    assert [each for each in case.warnings if warning in each]


def test_bounds_without_an_autoscaler_are_told(made):
    found, case = made(", min: 3, max: 20")
    assert not found.is_active
    assert any("there is no ClusterAutoscaler" in each for each in case.warnings)


def test_nothing_asked_is_nothing(made):
    assert made()[0] is None


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("{uneededTime: 5m}", "no such field"),
        ("{scaleDown: {uneededTime: 5m}}", "did you mean 'unneededTime'?"),
        ("{expander: LeastWast}", "did you mean 'LeastWaste'?"),
        ("{expander: [Random, LeastWaste]}", "nothing may follow Random"),
        ("{cores: {min: 5, max: 2}}", "min is more than max"),
        ("{scaleDown: {utilizationThreshold: 50%}}", "must be between 0 and 1"),
        ("{machines: {p50: 10m, p95: 5m}}", "p50 is more than p95"),
    ],
)
def test_what_cannot_be_is_an_error_at_its_place(problems, section, problem):
    small = _HEAD.replace("POOL", ", max: 12") + f"    autoscaler: {section}\n"
    (found,) = problems(small=small, files={"objects/0.yaml": "kind: X"})
    assert problem in found
    assert found.startswith("s.yaml:10:")


_SET = """\
apiVersion: machine.openshift.io/v1beta1
kind: MachineSet
metadata:
  name: NAME
  annotations:
    machine.openshift.io/vCPU: "16"
    machine.openshift.io/memoryMb: "65536"
spec:
  replicas: 2
  template:
    metadata: {labels: {machine.openshift.io/cluster-api-machine-role: worker}}
    spec: {metadata: {labels: {tier: gold}}}
"""
_NODE = """\
apiVersion: v1
kind: Node
metadata:
  name: real-N
  labels: {node-role.kubernetes.io/worker: ""}
  annotations: {machine.openshift.io/machine: openshift-machine-api/gold-x7f2N}
status:
  capacity: {cpu: "16", memory: 64Gi, pods: "250"}
  allocatable: {cpu: 15500m, memory: 62Gi, pods: "250"}
"""


def test_nodes_belong_to_the_machine_set_that_their_machines_are_named_after(made):
    nodes = [_NODE.replace("N\n", f"{n}\n") for n in (1, 2)]
    objects = [_SET.replace("NAME", "gold"), _scaled("gold"), _SCALER, *nodes]
    found, _ = made(objects=objects)
    (group,) = found.groups
    assert dict(found.group_of) == {"real-1": "gold", "real-2": "gold"}
    assert group.template.labels["tier"] == "gold"
    assert found.machines["gold"].allocatable["cpu"] == 15_500


def test_a_machine_set_that_a_pool_stands_for_is_no_second_group(made):
    objects = [_SET.replace("NAME", "w-set"), _scaled("w-set"), _SCALER]
    found, _ = made(", machineSet: w-set", "", objects)
    assert [each.name for each in found.groups] == ["worker"]
    assert found.groups[0].template.capacity["cpu"] == 16_000


def test_machines_that_no_node_shows_are_told(made):
    _, case = made(objects=[_SET.replace("NAME", "gold"), _scaled("gold"), _SCALER])
    told = "replicas of MachineSet gold: 2, and no node and no pool is its"
    assert any(told in each for each in case.warnings)


def test_the_bounds_written_into_a_machine_set_count(made):
    prefix = "    machine.openshift.io/cluster-api-autoscaler-node-group"
    bounds = f'    x: y\n{prefix}-min-size: "2"\n{prefix}-max-size: "7"\nspec:\n'
    machine_set = _SET.replace("NAME", "worker").replace("spec:\n", bounds, 1)
    found, _ = made(objects=[machine_set, _SCALER])
    assert (found.groups[0].min_size, found.groups[0].max_size) == (2, 7)
