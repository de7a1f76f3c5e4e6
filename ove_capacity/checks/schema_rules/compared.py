"""Every object beside the schema of its cluster's release: walked once, read by several rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ove_capacity.checks.finding import Severity
from ove_capacity.checks.schemas.tree import Departure, Schema, departures, is_certain, schema_of
from ove_capacity.checks.subject import Manifest, Subject

__all__ = ["Compared", "compared", "refusal", "span"]

_WITHOUT = {
    "ClusterAutoscaler": "the cluster has no autoscaler: no pool grows or shrinks",
    "HyperConverged": "OpenShift Virtualization keeps the configuration it has",
    "KubeletConfig": "the kubelets keep the policies they have",
    "MachineAutoscaler": "its pool keeps the size it has",
    "MachineHealthCheck": "lost machines are not replaced",
    "MachineSet": "its machines do not exist",
    "MultiClusterHub": "there is no hub: no Placement is decided",
    "NodeHealthCheck": "lost nodes are not remediated and their VMs do not return",
    "PerformanceProfile": "nodes keep their CPU and memory policies and their hugepages",
    "Placement": "it selects no cluster, and its VMs run nowhere",
    "PrometheusRule": "none of its alerts fires",
    "Schedule": "nothing is backed up",
    "SriovNetworkNodePolicy": "nodes offer no virtual functions",
    "VirtualMachine": "the VM does not exist",
    "VirtualMachineInstance": "the VM does not exist",
}
"""Kind -> what a cluster is without such an object."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One departure of one object."""

    manifest: Manifest
    schema: Schema
    departure: Departure

    @property
    def release(self) -> str:
        """``HyperConverged of hyperconverged v1.11.1``."""
        return f"{self.manifest.kind} of {self.schema.product} {self.schema.release}"

    @property
    def severity(self) -> Severity | None:
        """A warning when the release that runs is assumed and another one would not mind."""
        certain = is_certain(self.schema, self.departure, self.manifest.value)
        return None if certain else Severity.WARNING


def refusal(manifest: Manifest) -> str:
    """What follows when the API server does not take an object."""
    without = _WITHOUT.get(manifest.kind)
    said = f"the API server refuses {manifest.shown}"
    return f"{said}: {without}" if without else said


def _walked(subject: Subject) -> tuple[Compared, ...]:
    return tuple(_all(subject))


def _all(subject: Subject) -> Iterator[Compared]:
    for manifest in subject.manifests:
        key = f"{manifest.api_version}/{manifest.kind}"
        schema = schema_of(key, subject.release(manifest.cluster))
        if schema is not None:
            for departure in departures(schema, manifest.value):
                yield Compared(manifest, schema, departure)


def compared(subject: Subject, *whats: str) -> Iterator[Compared]:
    """The departures of these sorts."""
    for each in subject.once(_walked):
        if each.departure.what in whats:
            yield each


def span(releases: tuple[str, ...]) -> str:
    """``v1.3.1 to v1.9.0``, or the only one."""
    return releases[0] if len(releases) == 1 else f"{releases[0]} to {releases[-1]}"
