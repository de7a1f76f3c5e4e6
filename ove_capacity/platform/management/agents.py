"""What a hub puts on the clusters that it manages."""

from __future__ import annotations

from collections.abc import Iterable

from ove_capacity.model.management import DeclaredService, ServicePart
from ove_capacity.platform.management.documented import AGENTS
from ove_capacity.platform.management.services import part_of

__all__ = ["agent_parts"]

_AGENTS = "RHACM agents"


def agent_parts(add_ons: DeclaredService | None, *, observed: bool) -> tuple[ServicePart, ...]:
    """Agents that every managed cluster has, and those its KlusterletAddonConfig turns on.

    *observed*: the hub runs the observability service, whose add-on every managed cluster gets.

    Source: stolostron/capacity-planning 25b10e4 benchmark/benchmark-acm2.10.md, idle.
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
