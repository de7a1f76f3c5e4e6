"""``schema``: the JSON Schema of a scenario, for editors and other programs."""

from __future__ import annotations

from ove_capacity.cli.endings import ends_decently
from ove_capacity.cli.options import Format, Output
from ove_capacity.cli.output import deliver

__all__ = ["schema"]


@ends_decently
def schema(output: Output = None) -> None:
    """Print the JSON Schema of a scenario, with descriptions."""
    from ove_capacity.scenario.schema.scenario import json_schema

    deliver(json_schema, str, form=Format.JSON, file=output)
