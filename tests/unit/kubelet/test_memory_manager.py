"""The memory manager: cells, groups of cells, and what is given back where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ove_capacity.kubelet.admit import release
from ove_capacity.kubelet.hint import Hint
from ove_capacity.kubelet.memory_cells import CellMemory
from ove_capacity.kubelet.memory_manager import allocate_memory, memory_hints, memory_manager
from ove_capacity.kubelet.node_state import start
from ove_capacity.kubelet.refusal import Refusal
from ove_capacity.kubelet.rules import kubelet_rules
from ove_capacity.kubelet.start_error import StartError
from ove_capacity.model.kubelet import KubeletConfig, ReservedMemory
from ove_capacity.model.machine import Machine
from ove_capacity.model.pod import Container
from ove_capacity.quantity import Quantity
from tests.unit.kubelet.build import GIB, container, kubelet, let_in, machine, pod, text_of

TWO = kubelet("restricted").memory
"""Two cells of 16 GiB, of which 1 GiB of the first is reserved."""
SINGLE, PAIR = 1, 0b11


def books(*cells: tuple[int, int, int]):
    """(group, assignments, free GiB) of each cell."""
    return tuple(CellMemory(group, count, (free * GIB,)) for group, count, free in cells)


def hinted(cells, gib: int, reusable=None) -> list[str]:
    found = memory_hints(TWO, cells, reusable or {}, ((0, gib * GIB),))
    return [text_of(hint) for hint in (found or {}).get("memory", ())]


# -- what there is ---------------------------------------------------------------------------------


def test_memory_is_what_reservation_and_hugepages_leave_the_reserved_ones_too():
    config = KubeletConfig(
        memory_manager_policy="Static",
        reserved_memory=(ReservedMemory(0, {"memory": GIB, "hugepages-1Gi": 2 * GIB}),),
    )
    manager = memory_manager(config, machine(pages={"1Gi": 4, "2Mi": 0}), {})
    first, second = manager.tables
    assert list(first) == ["hugepages-1Gi", "hugepages-2Mi", "memory"]
    assert [table.allocatable // GIB for table in first.values()] == [2, 0, 11]
    assert [table.allocatable // GIB for table in second.values()] == [4, 0, 12]


def _reserve(cell: int = 0, **limits: int) -> tuple[ReservedMemory, ...]:
    return (ReservedMemory(cell, {name.replace("_", "-"): n * GIB for name, n in limits.items()}),)


@pytest.mark.parametrize(
    ("reserved", "kept", "message"),
    [
        ((), {}, "[memorymanager] you should specify the system reserved memory"),
        (
            _reserve(2, memory=1),
            {},
            "the reserved memory configuration references a NUMA node 2 that does not exist on "
            "this machine",
        ),
        (
            _reserve(0, memory=1),
            {"memory": 3 * GIB},
            'the total amount "1Gi" of type "memory" is not equal to the value "3Gi" determined '
            "by Node Allocatable feature",
        ),
        (
            _reserve(0, memory=1, hugepages_1Gi=1),
            {"memory": GIB},
            'the total amount "1Gi" of type "hugepages-1Gi" is not equal to the value "0" '
            "determined by Node Allocatable feature",
        ),
        (
            _reserve(0, memory=17),
            {},
            "NUMA cell 0 has 17179869184 bytes of memory: too few for 18253611008 reserved and "
            "the hugepages",
        ),
    ],
)
def test_it_does_not_start_and_says_why(reserved, kept, message):
    config = KubeletConfig(memory_manager_policy="Static", reserved_memory=reserved)
    with pytest.raises(StartError) as raised:
        memory_manager(config, machine(), kept)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("static", 'unknown policy: "static"'),
        ("BestEffort", 'policy "BestEffort" is not available for platform "linux"'),
    ],
)
def test_an_unknown_policy_does_not_start(policy, message):
    with pytest.raises(StartError, match=message):
        memory_manager(KubeletConfig(memory_manager_policy=policy), machine(), {})


def test_reserved_memory_that_sums_up_starts():
    config = KubeletConfig(memory_manager_policy="Static", reserved_memory=_reserve(memory=1))
    assert memory_manager(config, machine(), {"memory": GIB}) is not None
    assert memory_manager(KubeletConfig(), machine(), {}) is None


MIB = 1 << 20


@pytest.mark.parametrize(("kept", "starts"), [(500 + 500 + 100, True), (500 + 100, False)])
def test_what_a_performance_profile_renders_sums_up(kept, starts):
    """systemReserved, kubeReserved and evictionHard, as the node tuning operator writes them."""
    config = KubeletConfig(
        cpu_manager_policy="static",
        memory_manager_policy="Static",
        topology_manager_policy="single-numa-node",
        cpu_manager_policy_options={"full-pcpus-only": "true"},
        reserved_system_cpus="0",
        reserved_memory=(ReservedMemory(0, {"memory": 1100 * MIB}),),
    )
    if starts:
        assert start(machine(), config, {"memory": kept * MIB}).memory is not None
        return
    with pytest.raises(
        StartError, match='"1100Mi" of type "memory" is not equal to the value "600'
    ):
        start(machine(), config, {"memory": kept * MIB})


# -- hints -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "gib", "found"),
    [
        (books((1, 0, 15), (2, 0, 16)), 16, ["1*", "0,1"]),
        (books((1, 0, 15), (2, 0, 16)), 20, ["0,1*"]),
        (books((1, 0, 15), (2, 0, 16)), 32, []),
        (books((1, 0, 15), (2, 0, 3)), 16, ["0,1"]),  # one cell has it, but it is not free
        (books((1, 1, 14), (2, 0, 16)), 20, []),  # cell 0 serves single cells
        (books((PAIR, 1, 0), (PAIR, 1, 11)), 4, ["0,1"]),  # a group, for good
        (books((1, 1, 14), (PAIR, 1, 11)), 4, ["0*"]),  # half a group, after an upstream quirk
    ],
)
def test_cells_serve_single_allocations_or_their_group(cells, gib, found):
    assert hinted(cells, gib) == found


def test_what_init_containers_left_counts_only_for_the_very_same_cells():
    full = books((1, 1, 2), (2, 1, 2))
    assert hinted(full, 4) == []
    assert hinted(full, 4, {(SINGLE, 0): 3 * GIB}) == ["0*"]
    assert hinted(full, 4, {(PAIR, 0): 3 * GIB}) == []


def test_cells_without_cpus_have_memory_and_take_part():
    with_dimms = kubelet("restricted", machine(cells=2, cpuless=1))
    verdict = let_in(with_dimms, pod(container(cpu=1, memory="40Gi")))
    # Three cells of memory, one of CPUs: their masks are never equal.
    assert verdict.refusal.reason == "TopologyAffinityError"
    assert [text_of(hint) for hint in verdict.asked[2].hints["memory"]] == ["0,1,2*"]
    assert [text_of(hint) for hint in verdict.asked[1].hints["cpu"]] == ["0*", "1*", "0,1"]


# -- allocation ------------------------------------------------------------------------------------

_FAILED = "Allocate failed due to [memorymanager] {}, which is unexpected"


@pytest.mark.parametrize(
    ("cells", "gib", "hint", "error"),
    [
        (
            books((1, 1, 2), (2, 1, 2)),
            4,
            Hint(None, True),
            "failed to get the default NUMA affinity, no NUMA nodes with enough memory is "
            "available",
        ),
        (
            books((PAIR, 1, 0), (PAIR, 1, 11)),
            4,
            Hint(None, True),
            "failed to find the default preferred hint",
        ),
        (
            books((1, 0, 2), (2, 0, 5)),
            6,
            Hint(1, True),
            "failed to find the extended preferred hint",
        ),
        (
            books((1, 1, 2), (2, 0, 16)),
            6,
            Hint(1, False),
            "failed to find NUMA nodes to extend the current topology hint",
        ),
        (
            books((1, 1, 2), (2, 0, 16)),
            6,
            Hint(PAIR, False),
            "preferred hint violates NUMA node allocation",
        ),
    ],
)
def test_allocation_fails_in_upstreams_words(cells, gib, hint, error):
    refusal = allocate_memory(TWO, cells, {}, ((0, gib * GIB),), hint)
    assert refusal == Refusal("UnexpectedAdmissionError", _FAILED.format(error))


def test_up_to_1_31_a_hint_of_others_could_break_a_group():
    on = kubelet("best-effort", rules=kubelet_rules("1.31"))
    small, wide = pod(container(cpu=1)), pod(container(cpu=9, memory="20Gi"))
    verdict = let_in(on, small, wide)
    assert [block.cells for block in verdict.containers[0].blocks] == [PAIR]
    assert [cell.assignments for cell in verdict.state.memory] == [2, 1]
    assert "violates NUMA" in let_in(kubelet("best-effort"), small, wide).refusal.message


@pytest.mark.parametrize(
    ("hint", "mask"),
    [(Hint(1, False), PAIR), (Hint(None, False), PAIR), (Hint(2, True), 2)],
)
def test_a_hint_that_is_too_small_is_extended(hint, mask):
    cells = books((1, 0, 2), (2, 0, 5))
    gib = 6 if mask == PAIR else 5
    after, (block,) = allocate_memory(TWO, cells, {}, ((0, gib * GIB),), hint)
    assert block.cells == mask
    assert sum(cell.free[0] for cell in after) == (7 - gib) * GIB


def test_a_single_cell_never_breaks_a_group_even_where_it_belongs_to_one():
    grouped = books((PAIR, 1, 4), (PAIR, 1, 11))
    after, _ = allocate_memory(TWO, grouped, {}, ((0, GIB),), Hint(1, True))
    assert [(cell.group, cell.assignments) for cell in after] == [(1, 2), (PAIR, 1)]


def test_every_container_of_a_guaranteed_pod_pins_memory_and_no_other_does():
    on = kubelet("best-effort")
    small = let_in(on, pod(container(cpu="15m", memory="60M")))
    assert small.state.memory[0].assignments == 1
    burstable = Container("b", {"memory": Quantity.parse("4Gi")})
    assert let_in(on, pod(burstable)).state.memory == on.empty.memory


# -- giving back -----------------------------------------------------------------------------------


def _wide_after_wide(*, drift: bool):
    """Two pods over both cells: 20 GiB fill cell 0, then 8 GiB all come from cell 1."""
    on = kubelet("best-effort", drift=drift)
    state = let_in(on, pod(container(memory="20Gi")), pod(container(memory="8Gi", cpu=9))).state
    return on, state


def test_memory_of_a_group_comes_back_in_order_of_cells_and_not_where_it_was():
    on, state = _wide_after_wide(drift=True)
    assert [cell.free[0] // GIB for cell in state.memory] == [0, 3]
    assert [cell.free[0] // GIB for cell in release(on, state, "p1").memory] == [8, 3]


def test_without_the_bug_it_comes_back_where_it_was():
    on, state = _wide_after_wide(drift=False)
    assert [cell.free[0] // GIB for cell in release(on, state, "p1").memory] == [0, 11]


@pytest.mark.parametrize("drift", [True, False])
def test_an_empty_node_is_as_new_again(drift):
    on, state = _wide_after_wide(drift=drift)
    for key in ("p0", "p1", "unknown"):
        state = release(on, state, key)
    assert state == replace(on.empty, devices=state.devices)


def test_even_a_refused_pod_leaves_its_mark_on_a_group():
    on, state = _wide_after_wide(drift=True)
    greedy = pod(container("a", memory="2Gi"), container("b", cpu=9))
    verdict = let_in(on, greedy, state=state)
    assert "not enough cpus available" in verdict.refusal.message
    assert verdict.state.pods == state.pods
    assert [cell.free[0] // GIB for cell in state.memory] == [0, 3]
    assert [cell.free[0] // GIB for cell in verdict.state.memory] == [2, 1]


@pytest.mark.parametrize(
    ("memory", "refused"), [("0.1Gi", True), ("512m", True), ("1.5Gi", False), ("1000m", False)]
)
@pytest.mark.parametrize("scope", ["container", "pod"])
def test_memory_of_no_whole_number_of_bytes_is_no_preference_and_then_an_error(
    memory, refused, scope
):
    verdict = let_in(kubelet("restricted", scope=scope), pod(container(cpu=2, memory=memory)))
    assert (verdict.asked[-1].hints is None) is refused
    assert (verdict.refusal is not None) is refused
    assert not refused or verdict.refusal.message == (
        "Allocate failed due to [memorymanager] failed to represent quantity as int64, which is "
        "unexpected"
    )


# -- hugepages -------------------------------------------------------------------------------------


def _uneven() -> Machine:
    first, second = machine(pages={"1Gi": 4}).cells
    return Machine((first, replace(second, hugepages={})))


@pytest.mark.parametrize("policy", ["none", "single-numa-node", "best-effort"])
@pytest.mark.parametrize("amount", ["1Gi", "0"])
def test_a_page_size_that_one_cell_lacks_would_crash_the_kubelet(policy, amount):
    on = kubelet(policy, _uneven())
    verdict = let_in(on, pod(container(huge=amount)))
    assert verdict.panicked
    assert verdict.refusal.message.startswith("runtime error: invalid memory address")
    assert verdict.state == on.empty


def test_pages_need_the_same_cells_as_memory():
    on = kubelet("restricted", machine(pages={"1Gi": 4}))
    wide = pod(container(cpu=2, memory="1Gi", huge="6Gi"))
    assert let_in(on, wide).refusal.reason == "TopologyAffinityError"
    assert let_in(on, pod(container(cpu=10, memory="1Gi", huge="6Gi"))).refusal is None
