"""What checking the manifests of a cluster found, for whoever asks about the cluster."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Applied"]


@dataclass(frozen=True, slots=True)
class Applied:
    """What becomes of a cluster's manifests when they are applied."""

    errors: int = 0
    warnings: int = 0
    worst: str = ""
    """The error that keeps most VMs from running, else the first: its rule, and what follows."""
    repair: str = ""
    """Of the worst."""
    vm_repairs: tuple[str, ...] = ()
    """What lets VMs run that do not."""

    @property
    def headline(self) -> str:
        """``6 errors``; of the warnings when there is none."""
        number, noun = (self.errors, "error") if self.errors else (self.warnings, "warning")
        return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
