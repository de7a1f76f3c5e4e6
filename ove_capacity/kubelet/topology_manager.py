"""The topology manager: the hints of all providers become one set of cells, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ove_capacity.kubelet.cpu_options import parsed_bool
from ove_capacity.kubelet.hint import Hint, Hints
from ove_capacity.kubelet.rules import LATEST, KubeletRules
from ove_capacity.kubelet.start_error import StartError
from ove_capacity.model.cpu_set import cpus_of
from ove_capacity.model.kubelet import KubeletConfig
from ove_capacity.model.machine import Machine

__all__ = ["TopologyManager", "admits", "merge", "topology_manager"]

_POLICIES = ("best-effort", "restricted", "single-numa-node")
_SCOPES = ("container", "pod")
_MOST_CELLS = 8
_INTEGER = re.compile("[+-]?[0-9]{1,4000}")  # more digits Python does not read
_ANY = (Hint(None, True),)
_IMPOSSIBLE = (Hint(None, False),)


@dataclass(frozen=True, slots=True)
class TopologyManager:
    """The manager as it was started."""

    policy: str
    scope: str
    cells: int
    """All cells of the machine, those without CPUs too, as a mask."""
    distances: tuple[tuple[int, ...], ...] = ()
    """From cell to cell; () unless closest cells are preferred."""


def _parsed_int(name: str, text: str) -> int:
    wrong = "" if _INTEGER.fullmatch(text) else "invalid syntax"
    if not wrong and abs(int(text)) >= 1 << 63:
        wrong = "value out of range"
    if wrong:
        raise StartError(
            f'unable to convert policy option to integer "{name}": strconv.Atoi: parsing "{text}": '
            f"{wrong}"
        )
    return int(text)


def _options(config: KubeletConfig, rules: KubeletRules) -> tuple[bool, int]:
    """Whether closest cells are preferred, and how many cells there may be."""
    closest, most = False, _MOST_CELLS
    for name, text in sorted(config.topology_manager_policy_options.items()):
        if name not in rules.options:
            raise StartError(f'unknown Topology Manager Policy option: "{name}"')
        if name == "prefer-closest-numa-nodes":
            closest = parsed_bool(name, text)
        elif name == "max-allowable-numa-nodes":
            most = _parsed_int(name, text)
            if most < _MOST_CELLS:
                raise StartError(
                    f'the minimum value of "{name}" should not be less than {_MOST_CELLS}'
                )
        else:
            raise StartError(f'unknown Topology Manager Policy option: "{name}"')
    return closest, most


def topology_manager(
    config: KubeletConfig, machine: Machine, rules: KubeletRules = LATEST
) -> TopologyManager | None:
    """The topology manager of this configuration; None when its policy is none.

    Raises:
        StartError: policy, scope or an option is unknown, or the machine has too many cells.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/topologymanager/topology_manager.go, NewManager;
    policy_options.go, NewPolicyOptions; numa_info.go, NewNUMAInfo.
    """
    policy, scope = config.topology_manager_policy, config.topology_manager_scope
    if policy == "none":
        return None
    closest, most = _options(config, rules)
    count = len(machine.cells)
    distances = tuple(cell.distances for cell in machine.cells) if closest else ()
    if any(len(row) != count for row in distances):
        raise StartError(
            "cannot discover NUMA topology: error getting NUMA distances from cadvisor"
        )
    if count > most:
        raise StartError(f"unsupported on machines with more than {most} NUMA Nodes")
    if policy not in _POLICIES:
        raise StartError(f'unknown policy: "{policy}"')
    if scope not in _SCOPES:
        raise StartError(f'unknown scope: "{scope}"')
    return TopologyManager(policy, scope, (1 << count) - 1, distances)


def _factors(provided: Iterable[Hints]) -> list[tuple[Hint, ...]]:
    """Each resource's hints; what has no preference takes any cells, what is impossible none."""
    factors: list[tuple[Hint, ...]] = []
    for hints in provided:
        if not hints:
            factors.append(_ANY)
            continue
        for each in hints.values():
            if each is None:
                factors.append(_ANY)
            else:
                factors.append(each or _IMPOSSIBLE)
    return factors


def _on_one_cell(hints: tuple[Hint, ...]) -> tuple[Hint, ...]:
    return tuple(
        hint
        for hint in hints
        if hint.preferred and (hint.cells is None or hint.cells.bit_count() == 1)
    )


def merge(manager: TopologyManager, provided: Iterable[Hints]) -> Hint:
    """The best cells that all providers could use.

    Upstream tries every combination of hints. The best does not depend on their order: a preferred
    result is a mask that every resource prefers, any other is the best of all intersections.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/topologymanager/policy.go, filterProvidersHints,
    mergePermutation, HintMerger.compare; policy_single_numa_node.go, Merge.
    """
    factors = _factors(provided)
    single = manager.policy == "single-numa-node"
    if single:
        factors = [_on_one_cell(hints) for hints in factors]
    best = _best(manager, factors, () if single else manager.distances)
    if single and best.cells == manager.cells:
        return Hint(None, best.preferred)
    return best


def _best(
    manager: TopologyManager,
    factors: list[tuple[Hint, ...]],
    distances: tuple[tuple[int, ...], ...],
) -> Hint:
    if not all(factors):
        return Hint(manager.cells, False)
    masked = [hints for hints in factors if hints[0].cells is not None]
    if not masked:
        return Hint(manager.cells, all(hints[0].preferred for hints in factors))

    def rank(mask: int) -> tuple[int, int, int]:
        return mask.bit_count(), _distance(mask, distances), mask

    if all(hints[0].preferred for hints in factors if hints[0].cells is None):
        preferred = {hint.cells or 0 for hint in masked[0] if hint.preferred}
        for hints in masked[1:]:
            preferred &= {hint.cells or 0 for hint in hints if hint.preferred}
        if preferred:
            return Hint(min(preferred, key=rank), True)
    reachable = {manager.cells}
    for hints in masked:
        reachable = {mask & (hint.cells or 0) for mask in reachable for hint in hints}
    reachable.discard(0)
    if not reachable:
        return Hint(manager.cells, False)
    aim = max(min((hint.cells or 0).bit_count() for hint in hints) for hints in masked)
    # As many cells as aimed at, else as many below as possible, else as few above.
    below = [mask.bit_count() for mask in reachable if mask.bit_count() <= aim]
    size = max(below) if below else min(mask.bit_count() for mask in reachable)
    return Hint(min((mask for mask in reachable if mask.bit_count() == size), key=rank), False)


def _distance(mask: int, distances: tuple[tuple[int, ...], ...]) -> int:
    """Sum over all pairs; enough to compare sets of one size."""
    if not distances:
        return 0
    cells = tuple(cpus_of(mask))
    return sum(distances[one][other] for one in cells for other in cells)


def admits(manager: TopologyManager, hint: Hint) -> bool:
    """Whether the policy lets a pod in with this result.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/topologymanager/policy_best_effort.go,
    policy_restricted.go and policy_single_numa_node.go, canAdmitPodResult.
    """
    return hint.preferred or manager.policy == "best-effort"
