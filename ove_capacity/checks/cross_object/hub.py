"""What the hub's own settings need beside themselves."""

from __future__ import annotations

from collections.abc import Iterator

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.manifests.document import FieldPath

__all__ = ["HUB_RULES"]

_COMPONENT = "cluster-backup"


def _asks_for_backup(hub: Manifest) -> FieldPath:
    """Where a MultiClusterHub turns its backup on; () when it does not."""
    if hub.get("spec", "enableClusterBackup") is True:
        return ("spec", "enableClusterBackup")
    for index, _ in enumerate(hub.listed("spec", "overrides", "components")):
        path = ("spec", "overrides", "components", index)
        if hub.get(*path, "name") == _COMPONENT and hub.get(*path, "enabled") is True:
            return path
    return ()


def _backup_needs(subject: Subject) -> Iterator[Finding]:
    """The hub's backup is made by OADP to object storage; turned on alone it backs up nothing.

    Source: stolostron/cluster-backup-operator README.md (the chart installs OADP; a
    DataProtectionApplication with a storage location and a BackupSchedule are the user's).
    """
    kinds = ("DataProtectionApplication", "BackupSchedule")
    for hub in subject.of_kind("MultiClusterHub"):
        path = _asks_for_backup(hub)
        near = [
            kind for kind in kinds for each in subject.of_kind(kind) if each.cluster == hub.cluster
        ]
        missing = [kind for kind in kinds if kind not in near]
        if path and missing:
            yield Finding(
                hub.problem(f"is on, and there is no {' and no '.join(missing)}", *path),
                consequence="no backup of the hub: when it is lost VMs run on, and nobody decides "
                "where new ones go",
                repair=f"{' and '.join(missing)} with object storage",
            )


def _unlisted_sets(subject: Subject) -> Iterator[Finding]:
    """A cluster belongs to the set that its label names only if there is such a set.

    Source: open-cluster-management-io/ocm v1.3.0 pkg/registration/hub/managedclusterset: sets are
    reconciled from ManagedClusterSet objects; the label alone makes none.
    """
    label = "cluster.open-cluster-management.io/clusterset"
    known = {each.name for each in subject.of_kind("ManagedClusterSet")} | {"default", "global"}
    for cluster in subject.of_kind("ManagedCluster"):
        name = cluster.labels.get(label)
        if isinstance(name, str) and name and name not in known:
            yield Finding(
                cluster.problem(
                    f"there is no ManagedClusterSet {name}", "metadata", "labels", label
                ),
                consequence=f"no Placement chooses {cluster.name} by that set",
                repair=f"a ManagedClusterSet {name}",
            )


HUB_RULES = (
    Rule(
        "hub-backup-incomplete", "A hub's backup without a store", Severity.WARNING, _backup_needs
    ),
    Rule("cluster-set-unknown", "Clusters of sets that are not", Severity.WARNING, _unlisted_sets),
)
"""MultiClusterHub and ManagedClusters."""
