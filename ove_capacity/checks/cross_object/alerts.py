"""Alerts and recording rules on metrics that nobody exports: they never fire."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.schemas.metrics import (
    is_exported,
    nearest_metrics,
    releases_exporting,
    speaks_of_kubevirt,
)
from ove_capacity.checks.subject import Manifest, Subject

__all__ = ["ALERT_RULES"]

_NO_METRICS = re.compile(
    r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)"""  # texts
    r"""|\#[^\n]*"""  # comments
    r"""|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)""",  # names of labels
    re.IGNORECASE,
)
_NAMED = re.compile(r"""__name__\s*=\s*["']([a-zA-Z_:][a-zA-Z0-9_:]*)["']""")
_MATCHERS = re.compile(r"\{[^{}]*\}")
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def _metrics_of(expression: str) -> Iterator[str]:
    """Names in a PromQL expression that are neither labels nor texts, but for ``__name__``."""
    bare = _MATCHERS.sub(" ", _NO_METRICS.sub(" ", expression))
    yield from dict.fromkeys((*_NAME.findall(bare), *_NAMED.findall(expression)))


def _rules_of(manifest: Manifest) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, object]]]:
    for index, group in enumerate(manifest.listed("spec", "groups")):
        rules = group.get("rules") if isinstance(group, Mapping) else None
        for number, rule in enumerate(rules if isinstance(rules, list) else ()):
            if isinstance(rule, Mapping):
                yield ("spec", "groups", index, "rules", number), rule


def _recorded(subject: Subject) -> frozenset[str]:
    """Metrics that the manifests' own recording rules make."""
    return frozenset(
        str(rule["record"])
        for manifest in subject.of_kind("PrometheusRule")
        for _, rule in _rules_of(manifest)
        if isinstance(rule.get("record"), str)
    )


def _unknown_metrics(subject: Subject) -> Iterator[Finding]:
    """An alert on a metric that is not exported stays silent, whatever happens.

    A name that is near to none of KubeVirt's may be another exporter's: that is a warning.

    Source: kubevirt v1.0.1 to v1.9.0 docs/metrics.md (later docs/observability/metrics.md) and
    kubevirt/hyperconverged-cluster-operator docs/metrics.md of the same releases.
    """
    recorded = subject.once(_recorded)
    for manifest in subject.of_kind("PrometheusRule"):
        release = subject.release(manifest.cluster)
        for path, rule in _rules_of(manifest):
            expression = rule.get("expr")
            for name in _metrics_of(expression if isinstance(expression, str) else ""):
                if not speaks_of_kubevirt(name) or name in recorded or is_exported(name, release):
                    continue
                others = releases_exporting(name)
                message = f"{name} is no metric of KubeVirt {release.kubevirt}"
                if others:
                    message += f"; it is one in OpenShift {others[0]} to {others[-1]}"
                near = nearest_metrics(name, release)
                foreign = not near and not others
                if foreign:
                    message += "; another exporter would have to bring it"
                yield Finding(
                    manifest.problem(message, *path, "expr"),
                    consequence=_consequence(rule),
                    repair=f"perhaps {' or '.join(near)}" if near else "",
                    severity=Severity.WARNING if foreign else None,
                )


def _consequence(rule: Mapping[str, object]) -> str:
    if isinstance(rule.get("alert"), str):
        return f"{rule['alert']} never fires"
    return f"{rule.get('record', 'the rule')} stays empty"


ALERT_RULES = (
    Rule("alert-unknown-metric", "Metrics that nobody exports", Severity.ERROR, _unknown_metrics),
)
"""Prometheus."""
