"""Where a number of a cluster came from: who said it, and in which line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Level", "Origin"]


class Level(StrEnum):
    """Who may say what; one named earlier wins over those below."""

    SCENARIO = "scenario"
    MANIFEST = "manifest"
    PROFILE = "profile"
    DEFAULT = "release default"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Origin:
    """One value of a cluster, and its source."""

    cluster: str
    name: str
    """As the scenario would write it: ``pools.worker.node.memory``."""
    value: str
    level: Level
    place: str
    """``file:line:column``, the ``--set`` that put it there, or the source in words."""

    def to_dict(self) -> dict[str, str]:
        """For JSON output."""
        return {
            "cluster": self.cluster,
            "name": self.name,
            "value": self.value,
            "level": str(self.level),
            "place": self.place,
        }
