"""The architecture's practices for recovery and change: backups, restores, GitOps."""

from __future__ import annotations

from collections.abc import Iterator

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import affected, launched_by_namespace
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.manifests.document import FieldPath

__all__ = ["RECOVERY_RULES"]

_VELERO = "velero.io"
_ARGO = "argoproj.io"
_RESTORES = ("DRPlacementControl", "Restore", "ReplicationDestination")
_OTHER_BACKUPS = ("DRPlacementControl", "VolumeReplication", "ReplicationSource")


def _covers(schedule: Manifest, cluster: str, space: str) -> bool:
    base = ("spec", "template") if schedule.kind == "Schedule" else ("spec",)
    included = schedule.listed(*base, "includedNamespaces")
    excluded = schedule.listed(*base, "excludedNamespaces")
    near = schedule.cluster == cluster
    return near and space not in excluded and (not included or "*" in included or space in included)


def _not_backed_up(subject: Subject) -> Iterator[Finding]:
    """VMs that no backup covers are lost with their storage.

    Told only where some cluster of the scenario has backups by Velero: others are not seen here.

    Source: the reference architecture, Best Practices, Storage Strategy: plan for backup and
    disaster recovery; velero v1.12.4 pkg/backup/backup.go, namespaces included and excluded.
    """
    backups = [each for kind in ("Schedule", "Backup") for each in subject.of_kind(kind, _VELERO)]
    if not backups or any(True for kind in _OTHER_BACKUPS for _ in subject.of_kind(kind)):
        return
    for (cluster, space), every in launched_by_namespace(subject).items():
        vms = [vm for vm in every if vm.is_used]
        if not vms or any(_covers(each, cluster, space) for each in backups):
            continue
        yield Finding(
            subject.problem(f"no backup of namespace {space} on {cluster}", "clusters", cluster),
            consequence=affected(vms, "is in no backup", "are in no backup"),
            repair=f"{space} in includedNamespaces of a Schedule on {cluster}",
        )


def _never_restored(subject: Subject) -> Iterator[Finding]:
    """A backup that nobody has restored is a hope; a test restore also tells how long it takes.

    Source: the reference architecture, Best Practices, Disaster Recovery: regular backup testing,
    documented recovery procedures.
    """
    if any(True for kind in _RESTORES for _ in subject.of_kind(kind)):
        return
    for schedule in subject.of_kind("Schedule", _VELERO):
        yield Finding(
            schedule.problem("is never restored by anything among the manifests"),
            consequence="how long a recovery takes, and what room it needs, is not known",
            repair="a test restore into a namespace of its own, with room for the largest VM",
        )


def _nothing_applied(subject: Subject) -> Iterator[Finding]:
    """Argo CD applies what Applications name; installed alone it applies nothing.

    Source: the reference architecture, Best Practices, GitOps Workflow: all changes through version
    control; argoproj/argo-cd v2.9 docs/operator-manual/declarative-setup.md.
    """
    if any(
        True for kind in ("Application", "ApplicationSet") for _ in subject.of_kind(kind, _ARGO)
    ):
        return
    for each in subject.of_kind("ArgoCD", _ARGO):
        path: FieldPath = ("spec", "server") if each.mapping("spec", "server") else ()
        yield Finding(
            each.problem("there is no Application and no ApplicationSet", *path),
            consequence="nothing is brought to any cluster: manifests may differ from what runs",
            repair="an ApplicationSet over the clusters of a Placement",
        )


RECOVERY_RULES = (
    Rule("practice-backup", "VMs in no backup", Severity.WARNING, _not_backed_up),
    Rule("practice-restore", "Backups nobody restores", Severity.INFO, _never_restored),
    Rule("practice-gitops", "GitOps without Applications", Severity.WARNING, _nothing_applied),
)
"""Recovery and change."""
