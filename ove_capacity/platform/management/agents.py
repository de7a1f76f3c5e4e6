"""What a hub, and a mesh, put on the clusters they manage."""

from __future__ import annotations

from collections.abc import Iterable

from ove_capacity.model.management import DeclaredService, ServicePart
from ove_capacity.platform.management.documented import AGENTS, SIDECAR
from ove_capacity.platform.management.services import part_of

__all__ = ["agent_parts", "sidecar_part"]

_AGENTS = "RHACM agents"


def agent_parts(add_ons: DeclaredService | None, *, observed: bool) -> tuple[ServicePart, ...]:
    """Agents that every managed cluster has, and those its KlusterletAddonConfig turns on.

    *observed*: the hub runs the observability service, whose add-on every managed cluster gets.

    Source: ACM Agents Benchmark (ACM 2.10.0), idle.
    """
    said = add_ons or DeclaredService("KlusterletAddonConfig", "")
    sections: Iterable[str] = [
        section
        for section in AGENTS
        if not section
        or said.settings.get(section) == "true"
        or (section == "observability" and observed)
    ]
    return tuple(part_of(_AGENTS, known, said) for section in sections for known in AGENTS[section])


def sidecar_part() -> ServicePart:
    """The proxy that a mesh puts into each pod that asks for it.

    Source: istio/istio manifests/charts/istio-control/istio-discovery/values.yaml, global.proxy.
    """
    return part_of("service mesh", SIDECAR, DeclaredService("", ""))
