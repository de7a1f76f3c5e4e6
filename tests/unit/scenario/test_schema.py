"""The sections describe themselves."""

from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from ove_capacity.scenario.schema.scenario import Scenario
from ove_capacity.scenario.schema.section import Section


def _sections(section: type[Section] = Section) -> Iterator[type[Section]]:
    for each in section.__subclasses__():
        yield each
        yield from _sections(each)


@pytest.mark.parametrize("section", list(_sections()), ids=lambda each: each.__name__)
def test_fields_that_are_not_modelled_exist(section: type[BaseModel]):
    names = {field.alias or name for name, field in section.model_fields.items()}
    assert section.not_modelled <= names | {"*"}


def test_the_docstring_under_a_field_describes_it():
    schema = Scenario.model_json_schema()
    assert schema["properties"]["until"]["description"].startswith("How long a simulation runs")
    memory = schema["$defs"]["NodeSection"]["properties"]["memory"]
    assert memory["description"].startswith("RAM that the operating system sees")
    assert {"type": ["string", "number"], "examples": ["64Gi", "500m", 1.5]} in memory["anyOf"]
