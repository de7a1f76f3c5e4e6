"""What compiling needs at hand, and what it leaves behind beside the case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from ove_capacity.errors import did_you_mean
from ove_capacity.manifests.document import FieldPath, Problems
from ove_capacity.manifests.objects import Objects
from ove_capacity.manifests.profile import ClusterProfile, built_in_profiles
from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.management import Management
from ove_capacity.model.origin import Origin
from ove_capacity.scenario.changes import Changed
from ove_capacity.scenario.complaints import value_at
from ove_capacity.scenario.inputs import Inputs
from ove_capacity.scenario.schema.scenario import Scenario

__all__ = ["Context", "merged_assumptions"]


@dataclass
class Context:
    """One compilation."""

    scenario: Scenario
    changed: Changed
    inputs: Inputs
    problems: Problems
    hub: Objects = field(default_factory=Objects)
    """What the fleet's own manifests hold."""
    management: Management = field(default_factory=Management)
    """What runs on the hub, once that is known."""
    machine_sets: dict[tuple[str, str], str] = field(default_factory=dict)
    """(cluster, pool) -> the MachineSet that makes its machines, named or guessed."""
    assumptions: list[Assumption] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)

    @cached_property
    def built_in(self) -> Mapping[str, ClusterProfile]:
        """Profiles that come with the package."""
        return built_in_profiles()

    def named(self, prefix: FieldPath, names: Iterable[str], *last: str) -> Mapping[FieldPath, str]:
        """File names of a list, each with its place; one alone may stand there without a list."""
        is_list = isinstance(value_at(self.changed.document.value, prefix), list)
        return {
            (*prefix, index, *last) if is_list else prefix: name for index, name in enumerate(names)
        }

    def error(self, path: FieldPath, message: str, suggestion: str = "", key: bool = False) -> None:
        """Note an error at a place of the scenario."""
        self.problems.errors.append(self.changed.problem(path, message, suggestion, key))

    def warn(self, path: FieldPath, message: str) -> None:
        """Note a warning at a place of the scenario."""
        self.problems.warnings.append(self.changed.problem(path, message))

    def unknown(self, path: FieldPath, kind: str, name: str, known: Iterable[str]) -> None:
        """Note that *name* names nothing."""
        names = list(known)
        listed = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
        message = f"there is no {kind} {name!r}; known: {listed or 'none'}"
        self.error(path, message, did_you_mean(name, names))

    def assume(
        self, name: str, value: str, source: str, applies_to: str, evidence: Evidence
    ) -> None:
        """Enter a number that no input gave."""
        self.assumptions.append(Assumption(name, value, source, evidence, applies_to))


def merged_assumptions(assumptions: Iterable[Assumption]) -> tuple[Assumption, ...]:
    """The ledger: entries that differ only in where they apply become one."""
    places: dict[Assumption, dict[str, None]] = {}
    for each in assumptions:
        places.setdefault(replace(each, applies_to=""), {})[each.applies_to] = None
    return tuple(
        replace(each, applies_to=", ".join(name for name in names if name))
        for each, names in places.items()
    )
