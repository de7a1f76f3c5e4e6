"""The topology manager: hints of all providers become one."""

from __future__ import annotations

import itertools
import random

import pytest

from ove_capacity.kubelet.hint import Hint, Hints, cell_masks
from ove_capacity.kubelet.start_error import StartError
from ove_capacity.kubelet.topology_manager import TopologyManager, admits, merge, topology_manager
from ove_capacity.model.cpu_set import cpus_of, mask_of
from ove_capacity.model.kubelet import KubeletConfig
from ove_capacity.model.machine import Core, Machine, NumaCell
from tests.unit.kubelet.build import text_of

POLICIES = ("best-effort", "restricted", "single-numa-node")
ANY, IMPOSSIBLE = Hint(None, True), Hint(None, False)


def manager(policy: str = "restricted", cells: int = 2, distances=()) -> TopologyManager:
    return TopologyManager(policy, "container", (1 << cells) - 1, distances)


def hints(*texts: str) -> tuple[Hint, ...]:
    """``"0*", "0,1"``: cells, preferred with a star."""
    return tuple(
        Hint(mask_of(map(int, text.rstrip("*").split(","))), text.endswith("*")) for text in texts
    )


@pytest.mark.parametrize(
    ("policy", "provided", "merged"),
    [
        ("restricted", [None, {}], "0,1*"),
        ("single-numa-node", [None, {}], "any*"),
        ("restricted", [{"gpu": None}, {"cpu": hints("1*", "0,1")}], "1*"),
        ("restricted", [{"cpu": ()}, {"memory": hints("0*", "0,1")}], "0"),
        ("single-numa-node", [{"cpu": ()}, {"memory": hints("0*")}], "any"),
        # Preferred by all, yet never equal: overlapping is not enough.
        ("restricted", [{"cpu": hints("0,1*")}, {"memory": hints("0*", "1*")}], "0"),
        # Of those that no one prefers, as many cells as the neediest resource wants.
        ("best-effort", [{"cpu": hints("0,1*")}, {"memory": hints("0*", "0,1")}], "0,1"),
        ("single-numa-node", [{"cpu": hints("0*")}, {"memory": hints("1*")}], "any"),
        ("single-numa-node", [{"cpu": hints("0", "1*")}, {}], "1*"),
        ("best-effort", [{"cpu": hints("0*")}, {"memory": hints("1*")}], "0,1"),
    ],
)
def test_the_best_common_cells_are_found(policy, provided, merged):
    assert text_of(merge(manager(policy), provided)) == merged


def test_a_good_result_that_is_all_cells_becomes_any_on_a_machine_of_one_cell():
    one = manager("single-numa-node", cells=1)
    assert merge(one, [{"cpu": hints("0*")}]) == ANY


def test_the_lower_mask_as_a_number_wins_and_not_the_first_in_the_list():
    found = merge(manager(cells=4), [{"cpu": hints("0,3*", "1,2*")}])
    assert text_of(found) == "1,2*"


def test_closest_cells_are_preferred_among_as_many_and_never_under_single_numa_node():
    far = ((10, 40, 20), (40, 10, 40), (20, 40, 10))
    wanted = [{"cpu": hints("0,1*", "0,2*")}]
    assert text_of(merge(manager("restricted", 3), wanted)) == "0,1*"
    assert text_of(merge(manager("restricted", 3, far), wanted)) == "0,2*"
    uneven = ((30, 40), (40, 10))
    wanted = [{"cpu": hints("0*", "1*")}]
    assert text_of(merge(manager("restricted", 2, uneven), wanted)) == "1*"
    assert text_of(merge(manager("single-numa-node", 2, uneven), wanted)) == "0*"


def test_restricted_and_single_numa_node_admit_only_what_is_preferred():
    assert [admits(manager(policy), IMPOSSIBLE) for policy in POLICIES] == [True, False, False]
    assert all(admits(manager(policy), ANY) for policy in POLICIES)


# -- upstream's own way, combination by combination ------------------------------------------------


def _tried(policy: str, factors: list[tuple[Hint, ...]], cells: int) -> Hint:
    everything = (1 << cells) - 1
    sizes = [[h.cells.bit_count() for h in each if h.cells is not None] for each in factors]
    aim = max((min(each) for each in sizes if each), default=0)
    best = None
    for chosen in itertools.product(*factors):
        masks = [hint.cells for hint in chosen if hint.cells is not None]
        merged = everything
        for mask in masks:
            merged &= mask
        equal = all(mask == masks[0] for mask in masks)
        candidate = Hint(merged, equal and all(hint.preferred for hint in chosen))
        if merged:
            best = candidate if best is None else _better(best, candidate, aim)
    best = best or Hint(everything, False)
    if policy == "single-numa-node" and best.cells == everything:
        return Hint(None, best.preferred)
    return best


def _better(current: Hint, other: Hint, aim: int) -> Hint:
    if current.preferred != other.preferred:
        return current if current.preferred else other
    narrower = min(current, other, key=lambda hint: (hint.cells.bit_count(), hint.cells))
    now, then = current.cells.bit_count(), other.cells.bit_count()
    if current.preferred or now > aim:
        return narrower
    if now == aim:
        return narrower if then == aim else current
    if then > aim:
        return current
    if then == aim or then > now:
        return other
    return current if then < now else narrower


def _random_hints(draw: random.Random, masks: tuple[int, ...]) -> Hints:
    kind = draw.random()
    if kind < 0.2:
        return draw.choice([None, {}])
    chosen = [mask for mask in masks if draw.random() < 0.5]
    if kind < 0.3:
        return {"r": draw.choice([None, ()])}
    return {"r": tuple(Hint(mask, draw.random() < 0.6) for mask in chosen)}


@pytest.mark.parametrize("policy", POLICIES)
def test_the_result_is_the_one_that_trying_all_combinations_finds(policy):
    draw = random.Random(7)
    for _ in range(400):
        cells = draw.randint(1, 4)
        masks = cell_masks(range(cells))
        provided = [_random_hints(draw, masks) for _ in range(draw.randint(1, 3))]
        factors = [_factor(hints) for hints in provided]
        if policy == "single-numa-node":
            factors = [tuple(h for h in each if _is_single(h)) for each in factors]
        assert merge(manager(policy, cells), provided) == _tried(policy, factors, cells)


def _factor(given: Hints) -> tuple[Hint, ...]:
    if not given or given["r"] is None:
        return (ANY,)
    return given["r"] or (IMPOSSIBLE,)


def _is_single(hint: Hint) -> bool:
    return hint.preferred and (hint.cells is None or len(list(cpus_of(hint.cells))) == 1)


# -- start -----------------------------------------------------------------------------------------


def _machine(cells: int) -> Machine:
    return Machine(tuple(NumaCell(n, (Core((n,), n),)) for n in range(cells)))


@pytest.mark.parametrize(
    ("fields", "cells", "message"),
    [
        ({}, 9, "unsupported on machines with more than 8 NUMA Nodes"),
        (
            {"topology_manager_policy_options": {"max-allowable-numa-nodes": "7"}},
            2,
            'the minimum value of "max-allowable-numa-nodes" should not be less than 8',
        ),
        (
            {"topology_manager_policy_options": {"max-allowable-numa-nodes": "many"}},
            2,
            'unable to convert policy option to integer "max-allowable-numa-nodes": '
            'strconv.Atoi: parsing "many": invalid syntax',
        ),
        (
            {"topology_manager_policy_options": {"max-allowable-numa-nodes": "+-9"}},
            2,
            'unable to convert policy option to integer "max-allowable-numa-nodes": '
            'strconv.Atoi: parsing "+-9": invalid syntax',
        ),
        (
            {"topology_manager_policy_options": {"max-allowable-numa-nodes": "9" * 20}},
            2,
            'unable to convert policy option to integer "max-allowable-numa-nodes": '
            'strconv.Atoi: parsing "99999999999999999999": value out of range',
        ),
        (
            {"topology_manager_policy_options": {"prefer-closest-numa-nodes": "yes"}},
            2,
            'bad value for option "prefer-closest-numa-nodes": strconv.ParseBool: parsing "yes": '
            "invalid syntax",
        ),
        (
            {"topology_manager_policy_options": {"prefer-closest-numa-nodes": "true"}},
            2,
            "cannot discover NUMA topology: error getting NUMA distances from cadvisor",
        ),
        (
            {"topology_manager_policy_options": {"closest": "true"}},
            2,
            'unknown Topology Manager Policy option: "closest"',
        ),
        ({"topology_manager_policy": "strict"}, 2, 'unknown policy: "strict"'),
        ({"topology_manager_scope": "vm"}, 2, 'unknown scope: "vm"'),
    ],
)
def test_it_does_not_start_and_says_why(fields, cells, message):
    config = KubeletConfig(**{"topology_manager_policy": "restricted", **fields})
    with pytest.raises(StartError) as raised:
        topology_manager(config, _machine(cells))
    assert str(raised.value) == message


def test_policy_none_has_no_limit_and_the_option_raises_the_others():
    assert topology_manager(KubeletConfig(), _machine(9)) is None
    more = KubeletConfig(
        topology_manager_policy="restricted",
        topology_manager_policy_options={"max-allowable-numa-nodes": "9"},
    )
    started = topology_manager(more, _machine(9))
    assert started.cells == 0b111111111
