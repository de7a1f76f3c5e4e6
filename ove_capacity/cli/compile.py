"""``compile``: kernels made now instead of in the middle of the first large question."""

from __future__ import annotations

import typer

from ove_capacity.cli.endings import ends_decently

__all__ = ["compile_kernels"]


@ends_decently
def compile_kernels() -> None:
    """Make the first large question on this machine faster.

    It compiles the scheduling kernels, which takes half a minute. Otherwise that question waits for
    it; a container image may bring them along.
    """
    from ove_capacity import place

    compiled = place.compile_kernels()
    typer.echo(
        "kernels are compiled" if compiled else "kernels run plain, as OVE_CAPACITY_KERNELS says"
    )
