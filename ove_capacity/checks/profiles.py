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
    """Profiles in ConfigMaps, of clusters that use them; one of the hub's for each that does."""
    return subject.once(_profiles)


def _profiles(subject: Subject) -> tuple[WrittenProfile, ...]:
    found: list[WrittenProfile] = []
    for manifest in subject.of_kind("ConfigMap", ""):
        if not manifest.name.startswith(CONFIG_MAP_PREFIX):
            continue
        inner = _inner(manifest)
        if inner is not None:
            name = manifest.name.removeprefix(CONFIG_MAP_PREFIX)
            users = _users(subject, manifest, name)
            found += [WrittenProfile(manifest, inner, cluster) for cluster in users]
    return tuple(found)


def _inner(manifest: Manifest) -> Document | None:
    if not isinstance(manifest.get("data", "profile"), str):
        return None
    try:
        path = (*manifest.path, "data", "profile")
        return embedded_document(manifest.document, path, Problems())
    except (KeyError, ScenarioError):
        return None


def _users(subject: Subject, manifest: Manifest, name: str) -> list[str]:
    if subject.scenario is None:
        return [manifest.cluster]
    clusters = subject.scenario.clusters
    near = [manifest.cluster] if manifest.cluster else list(clusters)
    return [each for each in near if clusters[each].profile == name]
