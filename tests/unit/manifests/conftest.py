"""Documents from text, and the list of problems that reading them leaves."""

import pytest

from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.events import documents_of_text


@pytest.fixture
def problems():
    return Problems()


@pytest.fixture
def documents(problems):
    def read(text):
        return list(documents_of_text(text, "test.yaml", problems))

    return read
