"""The sections describe themselves."""

from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.document import plain
from ove_capacity.manifests.files import read_documents
from ove_capacity.scenario.schema.scenario import Scenario, json_schema
from ove_capacity.scenario.schema.section import Section
from tests.unit.scenario.conftest import SMALL

SCENARIOS = sorted((Path(__file__).parents[3] / "scenarios").glob("*.yaml"))


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


def test_every_field_is_described_for_an_editor():
    schema = json_schema()
    for section in (schema, *schema["$defs"].values()):
        for name, field in section.get("properties", {}).items():
            assert field.get("description"), f"{section['description']}: {name}"


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda each: each.stem)
def test_the_examples_obey_the_schema(file: Path):
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(plain(read_documents(file)[0].value), schema)


@pytest.mark.parametrize(
    ("change", "is_right"),
    [
        ("lifetime: 4h", True),
        ("lifetime: {distribution: weibull, mean: 4h}", True),
        ("lifetime: {mean: 4h}", False),
        ("memory: 1073741824", True),
        ("memory: [1]", False),
        ("coutn: 3", False),
        ("namespace: 1.10", True),
        ("labels: {a: 1}", False),
        ("count: 2.5", False),
        ("disks: 60Gi", True),
        ("disks: [60Gi, {size: 1Gi, storageClass: fast}]", True),
        ("disks: {size: 1Gi}", True),
        ("disks: {szie: 1Gi}", False),
        ("networks: [1, {nmae: x}]", False),
        ("usage: {cpu: 30%, memory: 70}", True),
        ("usage: {cpu: [30]}", False),
    ],
)
def test_the_schema_and_the_reader_agree(scenario, change, is_right):
    text = f"{SMALL}workloads: [{{name: w, cluster: one, instancetype: u1.small, {change}}}]\n"
    text = text.replace("instancetype: u1.small, memory", "cpu: 1, memory")
    document = yaml.safe_load(text)
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid(document) is is_right
    if is_right:
        assert scenario(small=text).plan.workloads
    else:
        with pytest.raises(ScenarioError):
            scenario(small=text)


@pytest.mark.parametrize(
    ("event", "is_right"),
    [
        ("kind: growth, workload: w, every: 1d, by: 5", True),
        ("kind: growth, workload: w, every: 1d, by: 5%", True),
        ("kind: growth, workload: w, every: 1d, by: [5]", False),
        ("kind: cordon, cluster: one, pool: worker, at: 1h, for: 2h", True),
        ("kind: cordon, cluster: one, pool: worker, at: 1h, lasting: 2h", False),
        ("kind: scale-pool, cluster: one, pool: worker, at: 1h", False),
    ],
)
def test_the_schema_and_the_reader_agree_on_events(scenario, event, is_right):
    text = f"{SMALL}workloads: [{{name: w, cluster: one, instancetype: u1.small}}]\n"
    text += f"events: [{{{event}}}]\n"
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid(yaml.safe_load(text)) is is_right
    if is_right:
        assert scenario(small=text).plan
    else:
        with pytest.raises(ScenarioError):
            scenario(small=text)


@pytest.mark.parametrize("vms", ["vms", "[vms, {path: vms}]", "{path: vms, runStrategy: Always}"])
def test_one_folder_needs_no_list(vms: str):
    text = f"{SMALL}    vms: {vms}\n"
    assert jsonschema.Draft202012Validator(json_schema()).is_valid(yaml.safe_load(text))
    assert Scenario.model_validate(yaml.safe_load(text)).clusters["one"].vms[0].path == "vms"
