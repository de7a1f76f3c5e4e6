"""What KubeVirt cannot render: upstream returns an error, and the VM gets no pod."""

from __future__ import annotations

from ove_capacity.errors import OveCapacityError

__all__ = ["RenderError"]


class RenderError(OveCapacityError):
    """A VM that KubeVirt would make no launcher pod for; the message names the field and why."""
