"""Admission, container by container or pod by pod."""

from __future__ import annotations

import pytest

from ove_capacity.kubelet.admit import admit, release
from ove_capacity.kubelet.demand import pod_demand
from ove_capacity.model.cpu_set import cpu_set_text
from ove_capacity.model.pod import PodSpec
from ove_capacity.quantity import Quantity
from tests.unit.kubelet.build import GIB, container, kubelet, let_in, machine, pod, text_of

INIT = container("init", cpu=4, memory="6Gi")
SIDECAR = container("side", cpu=1, memory="1Gi", sidecar=True)


def test_a_pod_as_a_whole_asks_for_its_largest_moment():
    total = pod_demand(pod(container(cpu=2), container("d", cpu=1), init=(SIDECAR, INIT))).total
    assert total.cpus == 5  # the sidecar beside the init container
    assert total.memory == (("memory", 7 * GIB),)
    late = pod_demand(pod(container(cpu=2), container("d", cpu=1), init=(INIT, SIDECAR))).total
    assert late.cpus == 4  # the sidecar starts only afterwards; 2 + 1 + 1 run on
    assert late.memory == (("memory", 6 * GIB),)


def test_memory_that_only_an_init_container_asks_for_is_not_the_pods():
    paged = container("init", cpu=1, huge="2Gi")
    assert pod_demand(pod(container(), init=(paged,))).total.memory == (("memory", GIB),)


def test_pods_with_resources_of_their_own_are_left_alone():
    spec = PodSpec(containers=(container(cpu=2),), pod_requests={"cpu": Quantity.parse("2")})
    verdict = let_in(kubelet("restricted"), spec)
    assert verdict.containers[0].cpus == 0
    assert verdict.containers[0].blocks == ()


def test_an_init_container_leaves_its_memory_at_once_and_its_cpus_with_the_pod():
    on = kubelet()
    verdict = let_in(on, pod(container(cpu=2, memory="2Gi"), init=(INIT,)))
    assert (on.empty.shared & ~verdict.state.shared).bit_count() == 4
    assert sum(cell.free[0] for cell in verdict.state.memory) == 29 * GIB
    init, app = verdict.containers
    assert app.cpus & ~init.cpus == 0
    assert (init.blocks[0].bytes, app.blocks[0].bytes) == (4 * GIB, 2 * GIB)
    assert release(on, verdict.state, "p0") == on.empty


def test_a_sidecar_takes_nothing_over_for_the_others():
    verdict = let_in(kubelet(), pod(container(cpu=2), init=(SIDECAR,)))
    side, app = verdict.containers
    assert side.cpus & app.cpus == 0
    assert verdict.state.memory[0].assignments == 2


def test_two_init_containers_and_two_apps_share_what_the_first_left():
    init = (container("i", cpu=1, memory="6Gi"), container("j", cpu=1, memory="4Gi"))
    verdict = let_in(
        kubelet(), pod(container("a", memory="5Gi"), container("b", memory="3Gi"), init=init)
    )
    assert [each.blocks[0].bytes // GIB for each in verdict.containers] == [0, 0, 5, 3]
    assert verdict.state.memory[0].free[0] == (15 - 8) * GIB


def test_the_scope_decides_whether_containers_may_part():
    parts = pod(container("a", cpu=6), container("b", cpu=6))
    assert let_in(kubelet(), parts).refusal is None
    refused = let_in(kubelet(scope="pod"), parts)
    assert refused.refusal.reason == "TopologyAffinityError"
    assert {asked.container for asked in refused.asked} == {""}


def test_a_failure_of_the_second_container_gives_back_what_the_first_took():
    on = kubelet()
    verdict = let_in(on, pod(container("a", cpu=6), container("b", cpu=9)))
    assert verdict.refusal is not None
    assert verdict.state == on.empty
    assert verdict.containers == ()


def test_policy_none_asks_nobody_and_takes_anything():
    verdict = let_in(kubelet("none"), pod(container(cpu=12, memory="20Gi")))
    assert verdict.asked == ()
    assert verdict.containers[0].hint is None
    assert cpu_set_text(verdict.containers[0].cpus) == "1-2,4-7,9-10,12-15"


def test_memory_without_room_passes_the_topology_manager_and_fails_afterwards():
    on = kubelet("restricted")
    verdict = let_in(on, pod(container(cpu=1, memory="60Gi")))
    assert verdict.refusal.reason == "UnexpectedAdmissionError"
    assert let_in(on, pod(container(cpu=16, memory="1Gi"))).refusal.reason == (
        "TopologyAffinityError"
    )


def test_without_managers_every_pod_is_let_in():
    on = kubelet("none", cpu="none", memory="None", reserved="")
    verdict = let_in(on, pod(container(cpu=99, memory="999Gi")))
    assert verdict.refusal is None
    assert verdict.state.shared == 0


@pytest.mark.parametrize("policy", ["none", "best-effort", "restricted", "single-numa-node"])
def test_a_vm_is_never_split_under_single_numa_node_and_totals_deceive(policy):
    """Two cells with 3 CPUs left each: a VM of 6 fits the total."""
    on = kubelet(policy, machine(cores=4, threads=1))
    filler = [pod(container(cpu=1)), pod(container(cpu=1))]
    state = let_in(on, *filler[:1]).state
    verdict = let_in(on, pod(container(cpu=5)), state=state)
    assert (verdict.refusal is None) == (policy in ("none", "best-effort"))


def test_the_same_key_twice_is_a_bug():
    on = kubelet()
    state = let_in(on, pod()).state
    with pytest.raises(AssertionError, match="admitted already"):
        admit(on, state, "p0", pod_demand(pod()))


def test_the_recorded_hint_is_the_one_that_was_used():
    got = let_in(kubelet(), pod(container(cpu=8))).containers[0]
    assert (text_of(got.hint), cpu_set_text(got.cpus)) == ("1*", "4-7,12-15")
