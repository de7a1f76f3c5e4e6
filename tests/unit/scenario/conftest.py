"""A scenario in a folder of its own, and the problems or the case it leads to."""

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.scenario import load

SMALL = """\
apiVersion: ove-capacity/v1
name: small
platform: {openshift: "4.22"}
clusters:
  one:
    pools:
      worker: {count: 2, node: {cpu: 8, memory: 32Gi}}
"""


@pytest.fixture
def scenario(tmp_path):
    """Writes files beside the scenario and loads it."""

    def loaded(text="", files=None, small=SMALL, **options):
        for name, content in (files or {}).items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        file = tmp_path / "s.yaml"
        file.write_text(small + text)
        return load(file, **options)

    return loaded


@pytest.fixture
def problems(scenario, tmp_path):
    """The problems of a scenario, with the folder left out."""

    def found(*args, **options):
        with pytest.raises(ScenarioError) as caught:
            scenario(*args, **options)
        return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]

    return found
