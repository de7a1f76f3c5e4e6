"""Fields that the API server does not know: it drops them without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.schema_rules.compared import Compared, compared, span
from ove_capacity.checks.schemas.tree import Departure, releases_with
from ove_capacity.checks.subject import Subject

__all__ = ["FIELD_RULES"]

_MOST_HOMES = 3
_PRUNED = "the API server prunes it (kubectl with strict validation refuses the object)"


def _is_moot(value: Any) -> bool:
    """Whether nothing was asked for: empty, or what generators leave behind."""
    return value in (None, "", [], {}) and not isinstance(value, bool)


def _unknown(subject: Subject) -> Iterator[tuple[Compared, tuple[str, ...]]]:
    for each in compared(subject, "unknown"):
        if not _is_moot(each.departure.value):
            yield each, releases_with(each.schema, each.departure.path)


def _finding(found: Compared, message: str, consequence: str, repair: str = "") -> Finding:
    departure = found.departure
    problem = found.manifest.problem(
        message, *departure.path, suggestion=departure.suggestion, key=True
    )
    return Finding(problem, consequence, repair, found.severity)


def _misspelt(subject: Subject) -> Iterator[Finding]:
    """A setting with a misspelt name is dropped, and the default holds instead of it.

    Source: kubernetes v1.28 apiextensions-apiserver pkg/apiserver/schema/pruning (unknown fields
    are removed before an object is stored); the schemas of ove_capacity/checks/schemas.
    """
    for found, others in _unknown(subject):
        guess = found.departure.suggestion
        if guess and not others:
            yield _finding(found, f"no such field in {found.release}", _PRUNED, f"{guess}:")


def _other_release(subject: Subject) -> Iterator[Finding]:
    """A field of another release than the cluster's has no effect here.

    Source: as for misspelt fields; the releases compared are in checks/schemas/sources.csv.
    """
    for found, others in _unknown(subject):
        if others:
            said = f"no such field in {found.release}; known to {span(others)}"
            yield _finding(found, said, _PRUNED, "the field of the release that runs")


def _pruned(subject: Subject) -> Iterator[Finding]:
    """A field that no release of the CRD knows was written for nothing.

    Source: as for misspelt fields.
    """
    for found, others in _unknown(subject):
        departure = found.departure
        if not others and not departure.suggestion:
            said = f"no release read has this field in {found.manifest.kind}"
            yield _finding(found, said, _PRUNED, _home(departure))


def _ignored(subject: Subject) -> Iterator[Finding]:
    """A field that a release keeps, so that old objects are not refused, and ignores.

    Source: the descriptions of the CRDs' own fields: "deprecated … ignored".
    """
    for found in compared(subject, "ignored"):
        yield _finding(
            found, f"is ignored by {found.schema.product} {found.schema.release}", "no effect"
        )


def _home(departure: Departure) -> str:
    """Where the schema has what was written elsewhere: one level up, or one level down."""
    homes = _homes(departure.value, departure.known)
    if homes:
        return f"write {', '.join(homes)} one level up"
    below = departure.below
    return f"write {' or '.join(below)}" if 0 < len(below) <= _MOST_HOMES else ""


def _homes(value: Any, known: tuple[str, ...]) -> list[str]:
    """Keys within a dropped mapping that its parent would know."""
    found: list[str] = []
    if isinstance(value, Mapping):
        for key, item in value.items():
            found += [key] if key in known else _homes(item, known)
    return found


FIELD_RULES = (
    Rule("schema-misspelt-field", "Misspelt fields", Severity.ERROR, _misspelt),
    Rule("schema-other-release", "Fields of another release", Severity.ERROR, _other_release),
    Rule("schema-pruned-field", "Fields that no release has", Severity.ERROR, _pruned),
    Rule("schema-ignored-field", "Fields that are kept and ignored", Severity.WARNING, _ignored),
)
"""Unknown and ignored fields."""
