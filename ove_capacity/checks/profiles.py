"""Cluster profiles as they are written, with places in the string that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.errors import Problem, ScenarioError
from ove_capacity.manifests.document import Document, Problems
from ove_capacity.manifests.files import embedded_document
from ove_capacity.manifests.profile import CONFIG_MAP_PREFIX

__all__ = ["WrittenProfile", "profiles"]

_SHAPES = "node_specifications"
"""Field by which a profile is known, whatever its ConfigMap is called."""


@dataclass(frozen=True, slots=True)
class WrittenProfile:
    """One profile of one cluster."""

    manifest: Manifest
    document: Document
    """The YAML inside the ConfigMap."""
    cluster: str

    def get(self, *keys: str) -> Any:
        """The value that the keys lead to; None when they lead nowhere."""
        value: Any = self.document.value
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def problem(self, message: str, *keys: str) -> Problem:
        """What is wrong at that value."""
        return self.document.problem(keys, message)


def profiles(subject: Subject) -> tuple[WrittenProfile, ...]:
    """Profiles in ConfigMaps, of clusters that use them; one of the hub's for each that does.

    What no cluster of the scenario uses is read for the cluster that lists it.
    """
    return subject.once(_profiles)


def _profiles(subject: Subject) -> tuple[WrittenProfile, ...]:
    found: list[WrittenProfile] = []
    for manifest in subject.of_kind("ConfigMap", ""):
        inner = _inner(manifest)
        if inner is not None:
            name = manifest.name.removeprefix(CONFIG_MAP_PREFIX)
            users = _users(subject, manifest, name)
            found += [WrittenProfile(manifest, inner, cluster) for cluster in users]
    return tuple(found)


def _inner(manifest: Manifest) -> Document | None:
    """What a ConfigMap holds, when its name or its fields say that it is a profile."""
    is_named = manifest.name.startswith(CONFIG_MAP_PREFIX)
    for key, text in manifest.mapping("data").items():
        if not isinstance(text, str) or not (is_named or _SHAPES in text):
            continue
        try:
            path = (*manifest.path, "data", key)
            inner = embedded_document(manifest.document, path, Problems())
        except (KeyError, ScenarioError):
            continue
        value = inner.value if inner else None
        if isinstance(value, Mapping) and ((is_named and key == "profile") or _SHAPES in value):
            return inner
    return None


def _users(subject: Subject, manifest: Manifest, name: str) -> list[str]:
    if subject.scenario is None:
        return [manifest.cluster]
    clusters = subject.scenario.clusters
    near = [manifest.cluster] if manifest.cluster else list(clusters)
    users = [each for each in near if clusters[each].profile == name]
    if not manifest.cluster or any(each.profile == name for each in clusters.values()):
        return users
    own = f"{CONFIG_MAP_PREFIX}{clusters[manifest.cluster].profile}"
    listed = (each for each in subject.of_kind("ConfigMap", "") if each.name == own)
    return [] if any(each.cluster in (manifest.cluster, "") for each in listed) else near
