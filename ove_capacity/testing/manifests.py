"""Manifests written in a test, as rules read them."""

from __future__ import annotations

import textwrap

from ove_capacity.checks.subject import Subject, manifests_of
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.events import documents_of_text
from ove_capacity.releases import release

__all__ = ["subject"]


def subject(text: str, *, openshift: str = "4.15", cluster: str = "") -> Subject:
    """The objects of a YAML text, named ``test.yaml``, without a scenario around them."""
    problems = Problems()
    documents = list(documents_of_text(textwrap.dedent(text), "test.yaml", problems))
    releases = {name: release(openshift) for name in ("", cluster)}
    return Subject(
        file="test.yaml",
        manifests=manifests_of((cluster, each) for each in documents),
        documents=tuple((cluster, each) for each in documents),
        problems=problems,
        releases=releases,
    )
