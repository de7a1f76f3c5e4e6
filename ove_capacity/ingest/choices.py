"""What a person may choose when an inventory of another platform is read."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["PoweredOff", "Sizes"]


class PoweredOff(StrEnum):
    """What becomes of VMs that do not run at the source."""

    HALTED = "halted"
    RUN = "run"
    ASIDE = "aside"


class Sizes(StrEnum):
    """Whose word counts when tabs disagree about the size of a VM."""

    VINFO = "vinfo"
    DETAIL = "detail"
    LARGER = "larger"
