"""Cluster profiles: YAML inside a ConfigMap, or built in -> a `ClusterProfile`.

A profile says what kind of machines a cluster is made of. It does not say everything: a page size
comes without a count, and ``node_count`` may contradict its parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.document import Document, Problems
from ove_capacity.manifests.events import documents_of_text
from ove_capacity.manifests.fields import Fields, fields_of
from ove_capacity.manifests.files import embedded_document
from ove_capacity.quantity import QuantityError, memory_bytes

__all__ = [
    "CONFIG_MAP_PREFIX",
    "ClusterProfile",
    "NodeShape",
    "built_in_profiles",
    "profile_of_config_map",
]

CONFIG_MAP_PREFIX = "cluster-profile-"
"""A ConfigMap so named holds a profile, named by what follows."""

_MOST_NODES = 20_000
_ROLES = ("master", "worker", "storage")


@dataclass(frozen=True, slots=True)
class NodeShape:
    """What one machine of a role has."""

    cpu_milli: int
    memory_bytes: int
    storage_bytes: int = 0
    storage_medium: str = ""
    """SSD, NVMe …, as written."""


@dataclass(frozen=True, slots=True)
class ClusterProfile:
    """What a cluster is made of."""

    name: str
    counts: tuple[tuple[str, int], ...]
    """(role, number of machines), masters first."""
    shapes: tuple[tuple[str, NodeShape], ...]
    """(role, machine)."""
    kubevirt_version: str = ""
    hugepages: str = ""
    """A page size, ``optional``, or empty."""
    built_in: bool = False
    places: tuple[tuple[str, str], ...] = ()
    """(field, where it is said), as ``worker_nodes`` and ``file:line:column``."""

    def count(self, role: str) -> int:
        """Machines of that role."""
        return dict(self.counts).get(role, 0)


def _storage(fields: Fields) -> tuple[int, str]:
    """``500Gi SSD``: a size and a medium."""
    text = fields.text("storage")
    size, _, medium = text.strip().partition(" ")
    if not size:
        return 0, ""
    try:
        return memory_bytes(size), medium.strip()
    except QuantityError as error:
        fields.error(str(error), "storage")
        return 0, ""


def _shape(fields: Fields) -> NodeShape:
    cpu, memory = fields.quantity("cpu"), fields.quantity("memory")
    for name, value in (("cpu", cpu), ("memory", memory)):
        if value is None or value.nano <= 0:
            fields.error(f"{name!r} is missing, or not more than zero")
    size, medium = _storage(fields)
    return NodeShape(cpu.milli if cpu else 0, memory.value if memory else 0, size, medium)


def _counts(fields: Fields) -> tuple[tuple[str, int], ...]:
    counts = {role: fields.whole(f"{role}_nodes", least=0, most=_MOST_NODES) for role in _ROLES}
    parts = sum(counts.values())
    total = fields.whole_or_none("node_count")
    if total is not None and total != parts:
        listed = " + ".join(f"{number} {role}" for role, number in counts.items() if number)
        fields.warning(
            f"node_count says {total}, its parts {listed} = {parts}; the parts are used",
            "node_count",
        )
    return tuple((role, number) for role, number in counts.items() if number)


def _profile(name: str, fields: Fields, built_in: bool = False) -> ClusterProfile:
    specifications = fields.fields("node_specifications")
    counts = _counts(fields)
    shapes = []
    for role, _ in counts:
        if role not in specifications:
            specifications.error(f"{role!r} is missing: {role}_nodes says there are some")
            continue
        shapes.append((role, _shape(specifications.fields(role))))
    virtualization = fields.fields("virtualization")
    origin = f"the built-in profile {name}" if built_in else ""
    return ClusterProfile(
        name=name,
        counts=counts,
        shapes=tuple(shapes),
        kubevirt_version=virtualization.text("kubevirt_version"),
        hugepages=virtualization.text("hugepages"),
        built_in=built_in,
        places=tuple(_places(fields, origin)),
    )


def _places(fields: Fields, origin: str) -> Iterator[tuple[str, str]]:
    """Each single value of a profile, by its path, with its place, or with *origin*."""
    for key, value in fields.value.items():
        if isinstance(value, Mapping):
            for name, place in _places(fields.fields(key), origin):
                yield f"{key}.{name}", place
        elif value is not None:
            yield key, origin or fields.document.problem((*fields.path, key), "").place


def profile_of_config_map(fields: Fields) -> ClusterProfile | None:
    """The profile in a ConfigMap ``cluster-profile-<name>``; None when it holds none.

    Mistakes inside the string are noted at their line of the outer file.
    """
    name = fields.fields("metadata").text("name").removeprefix(CONFIG_MAP_PREFIX)
    data = fields.fields("data")
    if not data.text("profile").strip():
        data.error("a cluster profile needs its YAML under 'profile'")
        return None
    try:
        inner = embedded_document(
            fields.document, (*fields.path, "data", "profile"), fields.problems
        )
    except ScenarioError as error:
        fields.problems.errors += error.problems
        return None
    return None if inner is None else _profile(name, fields_of(inner, fields.problems))


def built_in_profiles() -> dict[str, ClusterProfile]:
    """The profiles that come with the package, by name."""
    found = {}
    folder = resources.files("ove_capacity.manifests") / "profiles"
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if not entry.name.endswith(".yaml"):
            continue
        name = entry.name.removesuffix(".yaml")
        problems = Problems()
        document: Document = next(
            documents_of_text(entry.read_text(encoding="utf-8"), entry.name, problems)
        )
        found[name] = _profile(name, fields_of(document, problems), built_in=True)
        problems.raise_if_any()
    return found
