"""What a person may choose when an inventory of another platform is read."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Networks", "PoweredOff", "Sizes"]


class PoweredOff(StrEnum):
    """What becomes of VMs that do not run at the source."""

    HALTED = "halted"
    RUN = "run"
    ASIDE = "aside"


class Networks(StrEnum):
    """Whether VMs that differ by their networks alone are workloads of their own."""

    KEEP = "keep"
    ASIDE = "aside"


class Sizes(StrEnum):
    """Whose word counts when tabs disagree about the size of a VM."""

    VINFO = "vinfo"
    DETAIL = "detail"
    LARGER = "larger"
