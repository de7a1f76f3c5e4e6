"""The scenario as a whole."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ove_capacity.scenario.schema.cluster import AssumeOfFleet, ClusterSection, Platform
from ove_capacity.scenario.schema.event import Event
from ove_capacity.scenario.schema.section import Milliseconds, Name, Paths, Section, Text
from ove_capacity.scenario.schema.workload import WorkloadSection

__all__ = ["API_VERSION", "Policies", "Scenario", "json_schema"]

API_VERSION = "ove-capacity/v1"


class Policies(Section):
    """Choices that upstream leaves to chance or to configuration."""

    tie: Literal["first", "random"] = "first"
    """Among equally good nodes: the first, or any."""
    nodes_scored: Literal["all", "adaptive"] = Field(default="all", alias="nodesScored")
    """Score all nodes, or sample large clusters as upstream does."""


class Scenario(Section):
    """A fleet, what runs on it, and what happens to it."""

    api_version: Literal["ove-capacity/v1"] = Field(alias="apiVersion")
    """``ove-capacity/v1``."""
    name: Name
    """What results are headed with."""
    description: Text = ""
    """For people."""
    imports: Paths = ()
    """Other files with parts of this scenario; what is said here wins over what they say."""
    platform: Platform = Platform()
    """Releases of all clusters that do not say otherwise."""
    manifests: Paths = ()
    """Files and folders of Kubernetes objects of the hub: Placements, templates, profiles."""
    values: dict[str, Any] = Field(default_factory=dict)
    """What ``{{ .Values.x }}`` in manifests stand for."""
    assume: AssumeOfFleet = AssumeOfFleet()
    """What is assumed of all clusters."""
    clusters: dict[str, ClusterSection] = Field(min_length=1)
    """The clusters, by name."""
    workloads: tuple[WorkloadSection, ...] = ()
    """The VMs."""
    events: tuple[Event, ...] = ()
    """What happens over time."""
    policies: Policies = Policies()
    """What is left to chance."""
    seed: Annotated[int, Field(strict=True, ge=0, lt=2**63)] = 0
    """Where chance begins: the same seed, the same run."""
    until: Milliseconds | None = None
    """How long a simulation runs unless it is told otherwise."""
    variants: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Named changes, each a mapping of path to value."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario, for editors: with descriptions, by the names in the file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A scenario of ove-capacity ({API_VERSION})",
        **Scenario.model_json_schema(),
    }
