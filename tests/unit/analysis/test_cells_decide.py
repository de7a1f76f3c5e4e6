"""Every question asks the kubelets where a policy asks for cells: the same VMs, other answers.

Three workers of two cells, 14 and 16 CPUs to hand out: three VMs of 9 CPUs fit the totals of one,
two fit its cells.
"""

import pytest

import ove_capacity as oc

_SCENARIO = """\
apiVersion: ove-capacity/v1
name: cells
platform: {openshift: "4.20"}
clusters:
  production:
    pools: {worker: {count: 3, node: {sockets: 2, cores: 8, threads: 2, memory: 128Gi}}}
    kubelet: KUBELET
    remediation: nhc-snr
workloads:
- {name: wide, cluster: production, count: 5, cpu: 9, memory: 20Gi, dedicatedCpuPlacement: true}
until: 1h
"""
_POLICY = """\
{cpuManagerPolicy: static, reservedSystemCPUs: "0-1", topologyManagerPolicy: %s,
      memoryManagerPolicy: Static, reservedMemory: [{numaNode: 0, limits: {memory: 1124Mi}}]}"""
_TOTALS = '{reservedSystemCPUs: "0-1"}'
_PINNED = "assume: {nodeLabels: {cpumanager: 'true', kubevirt.io/cpumanager: 'true'}}\n"


@pytest.fixture(
    params=[
        (_TOTALS, False),
        (_POLICY % "none", False),
        (_POLICY % "best-effort", False),
        (_POLICY % "restricted", True),
        (_POLICY % "single-numa-node", True),
    ],
    ids=["totals", "none", "best-effort", "restricted", "single-numa-node"],
)
def asked(request, tmp_path):
    kubelet, by_cells = request.param
    (tmp_path / "s.yaml").write_text(_PINNED + _SCENARIO.replace("KUBELET", kubelet))
    return oc.load(tmp_path / "s.yaml"), by_cells


def test_headroom_counts_cells(asked):
    case, by_cells = asked
    fit = oc.headroom(case).clusters["production"].fits[0]
    assert (fit.count, fit.binding) == ((1, "TopologyAffinityError") if by_cells else (4, "cpu"))


def test_failover_returns_vms_to_cells(asked):
    case, by_cells = asked
    found = oc.failover(case).clusters["production"]
    assert found.survives_nodes == (0 if by_cells else 1)
    if by_cells:
        message = found.losses[0].not_returned[0].message
        assert "whose kubelet refuses: TopologyAffinityError" in message


def test_the_ladder_stops_at_cells(asked):
    case, by_cells = asked
    rung = oc.ladder(case).clusters["production"].rungs[0]
    stop = (1, "wide: TopologyAffinityError") if by_cells else (4, "cpu")
    assert (rung.vms, rung.constraint) == stop


def test_a_lost_node_leaves_vms_waiting_for_a_cell(asked, tmp_path):
    _, by_cells = asked
    lost = "events:\n- {kind: node-loss, cluster: production, node: production-worker-0, at: 10m}\n"
    text = (tmp_path / "s.yaml").read_text()
    (tmp_path / "s.yaml").write_text(text + lost)
    run = oc.simulate(oc.load(tmp_path / "s.yaml"), until="1h")
    counts = run.counts["production"]
    assert (counts["running"], counts["pending"]) == ((4, 1) if by_cells else (5, 0))
    assert any("again and again" in each for each in run.warnings) == by_cells
