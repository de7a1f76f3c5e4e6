"""The CPU manager: who gets CPUs of his own, and which."""

from __future__ import annotations

import pytest

from ove_capacity.kubelet.cpu_assignment import NotEnoughCpus, take_packed
from ove_capacity.kubelet.cpu_distribution import _combinations, _hand_out, take_distributed
from ove_capacity.kubelet.cpu_manager import allocate_cpus, cpu_hints, cpu_manager
from ove_capacity.kubelet.cpu_topology import cpu_topology
from ove_capacity.kubelet.rules import kubelet_rules
from ove_capacity.kubelet.start_error import StartError
from ove_capacity.model.cpu_set import CpuSetError, cpu_mask, cpu_set_text
from ove_capacity.model.kubelet import KubeletConfig
from ove_capacity.model.machine import Core, Machine, NumaCell
from tests.unit.kubelet.build import container, kubelet, let_in, machine, pod, text_of

EIGHT = machine()
"""Two sockets of four cores; core 0 has CPUs 0 and 8."""
SNC = machine(cells=4, cores=2, per_socket=2)
"""Two sockets of two cells of two cores: CPUs 0-15."""


@pytest.mark.parametrize(
    ("text", "again"),
    [("", ""), ("3", "3"), ("0-1", "0-1"), ("0,1,2,40", "0-2,40"), ("5-5, 9", "5,9")],
)
def test_a_set_of_cpus_reads_and_prints_as_upstream(text, again):
    assert cpu_set_text(cpu_mask(text)) == again


@pytest.mark.parametrize("text", ["a", "3-1", "1,,2", "0-", "-1", "1-2-3", "999999"])
def test_what_is_no_set_of_cpus_is_refused(text):
    with pytest.raises(CpuSetError, match="is not a set of CPUs"):
        cpu_mask(text)


# -- packed ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "available", "count", "taken"),
    [
        (EIGHT, "0-15", 8, "0-3,8-11"),
        (EIGHT, "1-15", 8, "4-7,12-15"),  # the whole free cell, though the first is fuller
        (EIGHT, "1-15", 6, "1-3,9-11"),  # the fuller cell first; CPU 8 has lost its sibling
        (EIGHT, "1-15", 7, "1-3,8-11"),
        (EIGHT, "1-3,5-7,9-15", 3, "1-2,9"),  # CPU 12 has no sibling, but is of the emptier cell
        (EIGHT, "1-15", 3, "1,8-9"),  # a core first, then the one that is broken already
        (EIGHT, "0-15", 0, ""),
        (SNC, "0-15", 8, "0-3,8-11"),  # a socket is the larger unit here
        (SNC, "0-2,4-10,12-15", 4, "0-1,8-9"),  # a whole cell of the fuller socket
    ],
)
def test_whole_units_come_first_and_the_fullest_of_them(on, available, count, taken):
    found = take_packed(cpu_topology(on), cpu_mask(available), count)
    assert cpu_set_text(found) == taken


def test_spreading_takes_a_thread_of_each_core_and_no_whole_core():
    found = take_packed(cpu_topology(EIGHT), cpu_mask("0-15"), 6, spread=True)
    assert cpu_set_text(found) == "0-3,8-9"


UNCORE = cpu_topology(machine(cells=1, cores=8, uncores=2))
"""Cores 0-3 share a cache, and 4-7; CPUs 0-15."""


@pytest.mark.parametrize(
    ("available", "count", "taken"),
    [
        ("1-15", 8, "4-7,12-15"),  # the whole cache
        ("1-15", 6, "4-6,12-14"),  # the three lowest cores of the fuller cache have only 5
        ("1-15", 5, "1-2,8-10"),  # which is what this one asks for
        ("2-7,10-15", 3, "2-3,10"),  # odd: the highest CPU of the last core stays
        ("0,2-15", 11, "0,4-9,12-15"),  # a whole cache, and the rest of the other exactly
    ],
)
def test_caches_are_filled_before_cores(available, count, taken):
    found = take_packed(UNCORE, cpu_mask(available), count, by_uncore=True)
    assert found == cpu_mask(taken)


def test_without_a_cache_of_its_own_a_core_belongs_to_that_of_its_socket():
    assert dict(cpu_topology(SNC).uncores) == dict(cpu_topology(SNC).sockets)


def test_a_shortage_says_what_was_asked_for_and_what_there_is():
    with pytest.raises(NotEnoughCpus, match="requested=9, available=8"):
        take_packed(cpu_topology(EIGHT), cpu_mask("0-7"), 9)


# -- distributed -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("available", "count", "group", "taken"),
    [
        ("0-15", 8, 1, "0-3,8-11"),  # one cell can: nothing to distribute
        ("0-15", 10, 1, "0-2,4-6,8-9,12-13"),
        ("0-15", 12, 2, "0-2,4-6,8-10,12-14"),
        ("0-15", 9, 2, "0-4,8-11"),  # 9 is no multiple of 2: packed
        ("0-3,12-15", 6, 1, "0-2,12-14"),
    ],
)
def test_cells_give_alike(available, count, group, taken):
    found = take_distributed(cpu_topology(EIGHT), cpu_mask(available), count, group)
    assert cpu_set_text(found) == cpu_set_text(cpu_mask(taken))


def test_a_cell_of_two_sockets_is_named_twice_and_has_its_cpus_once():
    crossed = Machine(
        (
            NumaCell(0, (Core((0,), 0), Core((1,), 1)), 1 << 34),
            NumaCell(1, (Core((2,), 0),), 1 << 34),
            NumaCell(2, (Core((3,), 1),), 1 << 34),
        )
    )
    assert cpu_set_text(take_distributed(cpu_topology(crossed), 0b1111, 4, 1)) == "0-3"


def test_a_shortage_comes_before_any_distribution():
    with pytest.raises(NotEnoughCpus, match="requested=4, available=3"):
        take_distributed(cpu_topology(EIGHT), cpu_mask("0-2"), 4, 1)


def test_a_kept_choice_of_four_changes_as_upstreams_shared_storage_does():
    choices = _combinations([0, 1, 2, 3, 4], 4)
    kept = next(choices)
    assert list(kept) == [0, 1, 2, 3]
    assert list(next(choices)) == list(kept) == [0, 1, 2, 4]
    assert list(next(choices)) == [0, 1, 3, 4]
    assert list(kept) == [0, 1, 2, 4]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_other_sizes_of_choices_stay_as_they_were(size):
    choices = list(_combinations([0, 1, 2, 3, 4, 5], size))
    assert len({tuple(each) for each in choices}) == len(choices)


def test_a_remainder_that_cannot_be_handed_out_in_groups_ends():
    assert not _hand_out({0: 1, 1: 1}, [0, 1], 2, 2)
    assert _hand_out({0: 3, 1: 2}, [0, 1], 4, 2)


# -- hints -----------------------------------------------------------------------------------------


def _hints(on, count: int, *, free: str = "", reusable: str = "") -> list[str]:
    manager = on.cpus
    shared = cpu_mask(free) if free else manager.shared
    found = cpu_hints(manager, shared, cpu_mask(reusable), count)
    return [text_of(hint) for hint in found["cpu"]]


def test_the_fewest_cells_are_counted_with_all_cpus_and_room_with_free_ones():
    assert _hints(kubelet(reserved="0,4"), 7) == ["0*", "1*", "0,1"]
    assert _hints(kubelet(reserved="0,4,8,12"), 8) == ["0,1"]  # one cell has 8, but never free
    assert _hints(kubelet(reserved="0,4,8,12"), 9) == ["0,1*"]
    assert _hints(kubelet(), 16) == []


def test_cells_without_all_reusable_cpus_are_no_choice():
    assert _hints(kubelet(), 2, free="0,4-7", reusable="1,2") == ["0*", "0,1"]


def test_no_request_is_no_preference():
    assert cpu_hints(kubelet().cpus, 0, 0, 0) is None


def test_sockets_align_where_the_option_says_so():
    plain = kubelet("restricted", SNC)
    aligned = kubelet("restricted", SNC, options=("align-by-socket",))
    assert _hints(plain, 6)[:3] == ["0,1*", "0,2*", "0,3*"]
    # One cell would do, so that one socket is enough, whichever cells of it.
    assert [hint for hint in _hints(aligned, 3) if hint.endswith("*")] == [
        *("0*", "1*", "2*", "3*"),
        *("0,1*", "2,3*"),
    ]


# -- allocation ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "count", "taken"),
    [(0b10, 4, "4-5,12-13"), (0b01, 8, "1-4,8-11"), (None, 8, "4-7,12-15")],
)
def test_cpus_come_from_the_cells_first_and_then_from_anywhere(cells, count, taken):
    manager = kubelet("best-effort").cpus
    assert cpu_set_text(allocate_cpus(manager, manager.shared, 0, count, cells)) == taken


def test_a_second_take_reports_its_own_numbers():
    manager = kubelet("best-effort").cpus
    refusal = allocate_cpus(manager, manager.shared, 0, 16, 0b10)
    assert refusal.reason == "UnexpectedAdmissionError"
    assert "requested=8, available=7, which is unexpected" in refusal.message


def test_whole_cores_only_asks_for_multiples_first_and_then_for_unbroken_cores():
    manager = kubelet(options=("full-pcpus-only",)).cpus
    odd = allocate_cpus(manager, manager.shared, 0, 15, None)
    many = allocate_cpus(manager, manager.shared, 0, 16, None)
    assert odd.reason == many.reason == "SMTAlignmentError"
    assert odd.message == "SMT Alignment Error: requested 15 cpus not multiple cpus per core = 2"
    assert many.message.endswith(
        "available physical CPUs = 14, requested CPUs = 16, CPUs per core = 2"
    )


def test_cpus_left_by_init_containers_do_not_count_as_unbroken_cores():
    on = kubelet("none", machine(cells=1), options=("full-pcpus-only",))
    first = container("init", cpu=6)
    assert let_in(on, pod(container(cpu=2), init=(first,))).refusal is not None
    assert "physical CPUs = 0" in let_in(on, pod(container(cpu=2), init=(first,))).refusal.message


@pytest.mark.parametrize(
    ("kubernetes", "free", "says"),
    [
        ("1.31", "1,9", "not enough free physical CPUs: available physical CPUs = 2,"),
        ("1.31", "0", "requested 4 cpus not multiple cpus per core = 2"),
        ("1.32", "0", "not enough free physical CPUs: available physical CPUs = 0,"),
    ],
)
def test_up_to_1_31_no_unbroken_core_at_all_is_told_as_an_odd_number(kubernetes, free, says):
    rules = kubelet_rules(kubernetes)
    manager = kubelet(options=("full-pcpus-only",), rules=rules).cpus
    assert says in allocate_cpus(manager, cpu_mask(free), 0, 4, None).message


@pytest.mark.parametrize(
    ("cpu", "alone"), [(2, 2), ("2", 2), ("2000m", 2), ("2.5", 0), ("500m", 0)]
)
def test_only_whole_requests_of_guaranteed_pods_get_cpus_of_their_own(cpu, alone):
    got = let_in(kubelet(), pod(container(cpu=cpu))).containers[0]
    assert got.cpus.bit_count() == alone


def test_the_shared_pool_keeps_reserved_cpus_unless_they_are_kept_apart():
    assert cpu_set_text(kubelet().empty.shared) == "0-15"
    strict = kubelet(options=("strict-cpu-reservation",))
    partitioned = kubelet(workload_partitioning=True)
    assert cpu_set_text(strict.empty.shared) == cpu_set_text(partitioned.empty.shared) == "1-15"


# -- start -----------------------------------------------------------------------------------------

_NEW = "new static policy error: "


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"reserved": ""},
            "[cpumanager] unable to determine reserved CPU resources for static policy",
        ),
        (
            {"reserved": "0,16"},
            "reserved-cpus: 0,16 is not a subset of online-cpus: 0-15",
        ),
        (
            {"reserved": "x"},
            "unable to parse reserved-cpus list: 'x' is not a set of CPUs like 0-3,40",
        ),
        ({"cpu": "dynamic"}, 'unknown policy: "dynamic"'),
        (
            {"cpu": "none", "options": ("full-pcpus-only",)},
            "new none policy error: None policy: received unsupported "
            "options=map[full-pcpus-only:true]",
        ),
        (
            {"options": ("whole-cores",)},
            _NEW + 'unknown CPU Manager Policy option: "whole-cores"',
        ),
        (
            {"options": ("full-pcpus-only", "distribute-cpus-across-cores")},
            _NEW + "static policy options full-pcpus-only and distribute-cpus-across-cores can "
            "not be used at the same time",
        ),
        (
            {"options": ("prefer-align-cpus-by-uncorecache", "distribute-cpus-across-numa")},
            _NEW + "static policy options prefer-align-cpus-by-uncorecache and "
            "distribute-cpus-across-numa can not be used at the same time",
        ),
    ],
)
def test_it_does_not_start_and_says_why(fields, message):
    with pytest.raises(StartError) as raised:
        kubelet(**fields)
    assert str(raised.value) == message


def test_align_by_socket_wants_no_more_sockets_than_cells():
    two = Machine((NumaCell(0, (Core((0,), 0), Core((1,), 1)), 1 << 34),))
    with pytest.raises(StartError, match="more than number of NUMA"):
        kubelet("restricted", two, options=("align-by-socket",))


@pytest.mark.parametrize(
    ("milli", "outcome"),
    [
        (500, "0"),
        (2000, "0,8"),
        (3000, "0-1,8"),
        (0, "the static policy requires systemreserved.cpu . kubereserved.cpu to be greater"),
        (17000, "unable to reserve the required amount of CPUs .size of  did not equal 17"),
    ],
)
def test_reserved_cpus_are_picked_when_only_their_number_is_known(milli, outcome):
    config = KubeletConfig(cpu_manager_policy="static")
    topology = cpu_topology(EIGHT)
    if outcome[0].isdecimal():
        assert cpu_set_text(cpu_manager(config, topology, {"cpu": milli}).reserved) == outcome
        return
    with pytest.raises(StartError, match=outcome):
        cpu_manager(config, topology, {"cpu": milli})


def test_reserved_cpus_that_are_counted_twice_are_too_few():
    first = NumaCell(0, (Core((0,), 0), Core((1, 2), 1)), 1 << 34)
    second = NumaCell(1, (Core((3, 4), 0), Core((5, 6), 1)), 1 << 34)
    topology = cpu_topology(Machine((first, second)))  # both sockets lie across both cells
    with pytest.raises(StartError, match=r"\(size of 0 did not equal 2\)"):
        cpu_manager(KubeletConfig(cpu_manager_policy="static"), topology, {"cpu": 2000})


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ((NumaCell(0, (), 1),), "could not detect number of cpus"),
        ((NumaCell(1, (Core((0,), 0),)),), "must be numbered"),
        ((NumaCell(0, (Core((0, 1), 0), Core((1,), 0))),), "CPU 1 belongs to more than one core"),
        ((NumaCell(0, (Core((), 0),)),), "a core has no thread"),
        (machine(cells=17, cores=1).cells, "17 NUMA cells are too many"),
    ],
)
def test_machines_that_cannot_be_are_refused(cells, message):
    with pytest.raises(StartError, match=message):
        cpu_topology(Machine(cells))


@pytest.mark.parametrize(
    ("kubernetes", "option", "known"),
    [
        ("1.28", "full-pcpus-only", True),
        ("1.31", "strict-cpu-reservation", False),
        ("1.32", "strict-cpu-reservation", True),
    ],
)
def test_a_release_knows_its_own_options(kubernetes, option, known):
    rules = kubelet_rules(kubernetes)
    if known:
        kubelet(options=(option,), rules=rules)
        return
    with pytest.raises(StartError, match="unknown CPU Manager Policy option"):
        kubelet(options=(option,), rules=rules)


@pytest.mark.parametrize(
    ("option", "first", "beta"),
    [
        ("full-pcpus-only", 22, 23),
        ("distribute-cpus-across-numa", 23, 33),
        ("align-by-socket", 25, None),
        ("prefer-closest-numa-nodes", 26, 28),
        ("distribute-cpus-across-cores", 31, None),
        ("max-allowable-numa-nodes", 31, 31),
        ("strict-cpu-reservation", 32, 33),
        ("prefer-align-cpus-by-uncorecache", 32, 34),
    ],
)
def test_options_come_and_grow_up_as_their_keps_say(option, first, beta):
    """Alpha and beta milestones; of two options the second has not come by 1.36."""
    minors = range(20, 37)
    known = [option in kubelet_rules(f"1.{minor}").options for minor in minors]
    alpha = [option in kubelet_rules(f"1.{minor}").alpha for minor in minors if minor >= first]
    assert known == [minor >= first for minor in minors]
    assert alpha == [beta is None or minor < beta for minor in minors if minor >= first]


@pytest.mark.parametrize(("kubernetes", "taken"), [("1.32", "1,4,12"), ("1.33", "4-5,12")])
def test_up_to_1_32_a_cache_serves_whole_cores_only(kubernetes, taken):
    """Cache 0 has one CPU of each of cores 1-3, cache 1 is whole."""
    odd_parts = kubelet_rules(kubernetes).odd_parts_of_caches
    free = cpu_mask("1-2,4-7,12-15")
    found = take_packed(UNCORE, free, 3, by_uncore=True, odd_parts=odd_parts)
    assert cpu_set_text(found) == taken
