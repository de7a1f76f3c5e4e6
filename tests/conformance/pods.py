"""Pods as the recorded cases of the kubelet and of NodeResourceTopologyMatch write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ove_capacity.model.pod import Container, PodSpec
from ove_capacity.model.resources import ResourceList
from ove_capacity.quantity import Quantity

Json = dict[str, Any]


def quantities(given: Mapping[str, str] | None) -> ResourceList:
    return {name: Quantity.parse(text) for name, text in (given or {}).items()}


def _container(given: Json) -> Container:
    """As the API server keeps it: a limit without a request is the request, too."""
    limits = quantities(given.get("limits"))
    requests = {**limits, **quantities(given.get("requests"))}
    sidecar = given.get("restart_policy_always", False)
    return Container(given["name"], requests, limits, restart_always=sidecar)


def spec_of(pod: Json) -> PodSpec:
    return PodSpec(
        containers=tuple(_container(each) for each in pod["containers"]),
        init_containers=tuple(_container(each) for each in pod.get("init_containers") or ()),
        overhead=quantities(pod.get("overhead")),
    )
