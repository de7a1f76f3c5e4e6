"""A kubelet that would not start."""

from __future__ import annotations

from ove_capacity.errors import OveCapacityError

__all__ = ["StartError"]


class StartError(OveCapacityError):
    """This machine and this configuration do not go together; the message is the kubelet's."""
