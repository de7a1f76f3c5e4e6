"""Kinds that the API server of the release does not serve under that apiVersion."""

from __future__ import annotations

from collections.abc import Iterator

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.schema_rules.compared import refusal, span
from ove_capacity.checks.schemas.tree import elsewhere, schema_of, served_releases
from ove_capacity.checks.subject import Subject

__all__ = ["KIND_RULES"]


def _not_served(subject: Subject) -> Iterator[Finding]:
    """An object under an apiVersion that is not served cannot be created: "no matches for kind".

    Source: kubernetes v1.28 apimachinery pkg/api/meta/errors.go NoKindMatchError; which group and
    version serves which kind is read from the CRDs in checks/schemas/sources.csv.
    """
    for manifest in subject.manifests:
        key = f"{manifest.api_version}/{manifest.kind}"
        release = subject.release(manifest.cluster)
        if schema_of(key, release) is not None:
            continue
        served, others = served_releases(key), elsewhere(key, release)
        if not served and not others:
            continue
        message = f"{manifest.api_version} has no {manifest.kind} here"
        if served:
            message += f"; it has in {span(served)}"
        best = min(others, key=_age, default="")
        yield Finding(
            manifest.problem(message, "apiVersion", suggestion=best),
            consequence=refusal(manifest),
            repair=f"apiVersion: {best}" if best else "",
        )


def _age(version: str) -> tuple[bool, bool]:
    """Orders stable versions before beta before alpha."""
    return "alpha" in version, "beta" in version


KIND_RULES = (
    Rule("schema-unknown-kind", "Kinds that are not served", Severity.ERROR, _not_served),
)
"""Kinds and versions."""
