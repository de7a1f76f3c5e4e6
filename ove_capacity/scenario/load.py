"""A scenario file -> a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from ove_capacity.errors import Problem, ScenarioError
from ove_capacity.manifests.document import Document, FieldPath, Problems
from ove_capacity.manifests.fields import shown
from ove_capacity.manifests.files import read_documents
from ove_capacity.model.case import Case
from ove_capacity.scenario.changes import Changed, changed, with_variant
from ove_capacity.scenario.compile.case import compile_case
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.complaints import problems_of
from ove_capacity.scenario.imports import with_imports
from ove_capacity.scenario.inputs import Inputs
from ove_capacity.scenario.schema.scenario import API_VERSION, Scenario

__all__ = ["Examined", "examine", "load"]


@dataclass(frozen=True, slots=True)
class Examined:
    """A scenario and what it names, as far as they could be read."""

    changed: Changed
    """As written, after variants and settings."""
    scenario: Scenario
    documents: tuple[tuple[FieldPath, Document], ...]
    """Of all manifests, with where the scenario names their file or folder."""
    problems: Problems
    case: Case | None
    """None when the scenario itself is wrong; without what could not be read of its files."""
    is_whole: bool = True
    """Whether *documents* are all there: there were no more than were to be kept."""


def _document(path: Path, problems: Problems) -> Document:
    documents = read_documents(path, problems)
    document = documents[0]
    if len(documents) > 1:
        message = f"holds {len(documents)} documents; a scenario is one"
        raise ScenarioError(documents[1].problem((), message))
    if not isinstance(document.value, dict):
        message = f"is not a scenario: it must be a mapping (got {shown(document.value)})"
        raise ScenarioError(document.problem((), message))
    kind = document.value.get("kind")
    if isinstance(kind, str) and document.value.get("apiVersion") != API_VERSION:
        message = f"is a Kubernetes object ({kind}), not a scenario: name it under manifests"
        raise ScenarioError(document.problem(("kind",), message))
    return document


def _wrong_variants(document: Document) -> list[Problem]:
    """What is wrong with the paths of variants; an error for the one that is chosen."""
    variants = document.value.get("variants")
    found: list[Problem] = []
    for name, changes in variants.items() if isinstance(variants, Mapping) else ():
        if isinstance(changes, Mapping):
            try:
                with_variant(document, name)
            except ScenarioError as error:
                found += error.problems
    return found


def load(
    path: str | Path,
    *,
    set: Mapping[str, object] | None = None,
    variant: str | None = None,
    seed: int | None = None,
    allow_outside: bool = False,
) -> Case:
    """Read a scenario, and all that it names, into a case.

    Args:
        path: the scenario file.
        set: path -> value, put in place before anything is checked; text is read as YAML.
        variant: one of the scenario's variants, applied before *set*.
        seed: instead of the scenario's.
        allow_outside: let the scenario name files outside its own folder.

    Raises:
        ScenarioError: with everything that is wrong, each problem with its place.
    """
    examined = examine(
        path,
        set=set,
        variant=variant,
        seed=seed,
        allow_outside=allow_outside,
        keeps_most=0,
    )
    examined.problems.raise_if_any()
    assert examined.case is not None
    return examined.case


def examine(
    path: str | Path,
    *,
    set: Mapping[str, object] | None = None,
    variant: str | None = None,
    seed: int | None = None,
    allow_outside: bool = False,
    keeps_most: int | None = None,
) -> Examined:
    """Read what `load` reads, and go on when a manifest, or what the scenario says, is wrong.

    Of more than *keeps_most* objects only what is made of them stays in memory.

    Raises:
        ScenarioError: the scenario file itself cannot be read as one.
    """
    problems = Problems()
    file = Path(path)
    document = with_imports(_document(file, problems), allow_outside, problems)
    problems.warnings += _wrong_variants(document)
    imports = document.value.get("imports")
    if variant is not None:
        document = with_variant(document, variant)
    after = changed(document, set or {}, problems)
    if after.document.value.get("imports") != imports:
        message = "is read before variants and changes: it cannot be changed by them"
        raise ScenarioError(after.problem(("imports",), message))
    if variant is not None and any(path[0] == "variants" for path in after.settings):
        message = f"is read before changes: what is set here does not reach variant {variant!r}"
        raise ScenarioError(after.problem(("variants",), message))
    try:
        scenario = Scenario.model_validate(after.document.value)
    except ValidationError as error:
        raise ScenarioError(problems_of(error, after, Scenario)) from None
    inputs = Inputs(file, after, problems, allow_outside, keeps_most=keeps_most)
    try:
        case = compile_case(Context(scenario, after, inputs, problems), seed)
    except ScenarioError as error:
        case = None
        problems.errors += [each for each in error.problems if each not in problems.errors]
    documents = tuple(inputs.documents)
    return Examined(after, scenario, documents, problems, case, inputs.is_whole)
