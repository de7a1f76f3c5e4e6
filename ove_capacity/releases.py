"""OpenShift <-> Kubernetes <-> KubeVirt: which releases belong together.

Only the mapping; what differs between releases lives in the component that differs, as data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import total_ordering
from typing import Self

__all__ = ["KUBEVIRT_RECORDED", "OpenShiftVersion", "Release", "release", "release_of_kubevirt"]

KUBEVIRT_RECORDED = ("v1.1.0", "v1.8.4", "v1.9.0")
"""KubeVirt releases whose renderings we agree with case by case."""

_FIRST_MINOR, _LAST_MINOR = 14, 23


@total_ordering
@dataclass(frozen=True, slots=True)
class OpenShiftVersion:
    """``4.15``: compared as numbers, so that 4.9 < 4.15."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``4.15`` or ``4.15.3``; ValueError with a sentence when it is neither."""
        parts = text.strip().removeprefix("v").split(".")
        if len(parts) not in (2, 3) or not all(part.isdecimal() for part in parts):
            raise ValueError(f"{text!r} is not an OpenShift version like 4.15")
        return cls(int(parts[0]), int(parts[1]))

    def __lt__(self, other: OpenShiftVersion) -> bool:
        return (self.major, self.minor) < (other.major, other.minor)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


@dataclass(frozen=True, slots=True)
class Release:
    """The releases a cluster runs, and the one it was created on (defaults depend on both)."""

    openshift: OpenShiftVersion
    created_on: OpenShiftVersion
    kubernetes: str
    kubevirt: str
    """The KubeVirt release of that OpenShift Virtualization."""

    @property
    def kubevirt_rules(self) -> str:
        """The KubeVirt release whose rules render launcher pods: what changed when is dated.

        Source: ours; the dates are in ove_capacity/kubevirt/rules.py.
        """
        return self.kubevirt

    @property
    def is_exact(self) -> bool:
        """Whether renderings were recorded from this very minor release of KubeVirt."""
        minor = self.kubevirt.split(".")[:2]
        return any(minor == recorded.split(".")[:2] for recorded in KUBEVIRT_RECORDED)

    def __str__(self) -> str:
        return (
            f"OpenShift {self.openshift} / Kubernetes {self.kubernetes} / KubeVirt {self.kubevirt}"
        )


def release(openshift: str, created_on: str | None = None, kubevirt: str | None = None) -> Release:
    """The releases of an OpenShift minor version.

    OpenShift 4.y carries KubeVirt 1.(y-14) for y >= 14 and Kubernetes 1.(y+13).

    Raises:
        ValueError: not a version, or one outside 4.14 to 4.23; of KubeVirt, outside v1.0 to v1.9.

    Source: 4.15 = KubeVirt v1.1 and 4.22 = v1.8 read from kubevirt/hyperconverged-cluster-operator
    1.11.0 and 1.18.1; those between by its numbering; Kubernetes from openshift/kubernetes tags.
    """
    version = OpenShiftVersion.parse(openshift)
    if version.major != 4 or not _FIRST_MINOR <= version.minor <= _LAST_MINOR:
        raise ValueError(
            f"OpenShift {version} is not modelled; known are 4.{_FIRST_MINOR} to 4.{_LAST_MINOR}"
        )
    created = OpenShiftVersion.parse(created_on) if created_on else version
    if version < created:
        raise ValueError(f"a cluster of OpenShift {version} cannot have been created on {created}")
    minor = version.minor - _FIRST_MINOR
    known = next((tag for tag in KUBEVIRT_RECORDED if tag.split(".")[1] == str(minor)), None)
    if kubevirt is not None:
        _kubevirt_minor(kubevirt)
        known = "v" + kubevirt.removeprefix("v")
    return Release(version, created, f"1.{version.minor + 13}", known or f"v1.{minor}.0")


def release_of_kubevirt(kubevirt: str) -> Release:
    """The releases that belong to a KubeVirt version such as ``v1.1.0``.

    Raises:
        ValueError: not a version, or one that belongs to no OpenShift release we know.
    """
    return release(f"4.{_kubevirt_minor(kubevirt) + _FIRST_MINOR}", kubevirt=kubevirt)


def _kubevirt_minor(kubevirt: str) -> int:
    parts = kubevirt.removeprefix("v").split("-")[0].split(".")
    if len(parts) not in (2, 3) or not all(part.isdecimal() for part in parts):
        raise ValueError(f"{kubevirt!r} is not a KubeVirt version like v1.1.0")
    last = _LAST_MINOR - _FIRST_MINOR
    if parts[0] != "1" or len(parts[1]) > 2 or int(parts[1]) > last:
        raise ValueError(f"KubeVirt {kubevirt} is not modelled; known are v1.0 to v1.{last}")
    return int(parts[1])
