"""Which metrics OpenShift Virtualization of a release exports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import resources

from ove_capacity.releases import Release

__all__ = ["is_exported", "nearest_metrics", "releases_exporting", "speaks_of_kubevirt"]

_OF_OTHERS = (
    "kubevirt_cdi_",
    "kubevirt_console_",
    "kubevirt_hpp_",
    "kubevirt_ssp_",
    "kubevirt_io_",
)
"""Prefixes of operators whose documents are not read."""

_SHOWN = 3
_NEAR = 0.8
_SUFFIXES = ("_bucket", "_count", "_sum")


@cache
def _metrics() -> Mapping[str, list[str]]:
    """Name -> the OpenShift releases whose KubeVirt or operator documents it."""
    folder = resources.files("ove_capacity.checks.schemas")
    found: dict[str, list[str]] = json.loads(folder.joinpath("metrics.json").read_text("utf-8"))
    return found


def speaks_of_kubevirt(name: str) -> bool:
    """Whether a metric of that name would be KubeVirt's or its operator's, if there were one."""
    return name.startswith("kubevirt_") and (name in _metrics() or not name.startswith(_OF_OTHERS))


def releases_exporting(name: str) -> tuple[str, ...]:
    """The OpenShift releases that have a metric; parts of a histogram have its releases."""
    known = _metrics().get(name)
    if known is None:
        suffix = next((each for each in _SUFFIXES if name.endswith(each)), "")
        known = _metrics().get(name.removesuffix(suffix), []) if suffix else []
    return tuple(known)


def is_exported(name: str, release: Release) -> bool:
    """Whether a release exports a metric of that name."""
    return str(release.openshift) in releases_exporting(name)


def nearest_metrics(name: str, release: Release) -> tuple[str, ...]:
    """The metrics of the release with the nearest names, best first; what they count may differ."""
    known = [each for each, releases in _metrics().items() if str(release.openshift) in releases]
    return tuple(get_close_matches(name[:200], sorted(known), n=_SHOWN, cutoff=_NEAR))
