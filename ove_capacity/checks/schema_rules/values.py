"""Values that the API server refuses: the object is not stored at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.schema_rules.compared import Compared, compared, refusal
from ove_capacity.checks.subject import Subject
from ove_capacity.quantity import Quantity, QuantityError

__all__ = ["VALUE_RULES"]

_FILLED_IN = frozenset(
    (kind, f"{name!r} is missing")
    for kind in ("VirtualMachine", "VirtualMachineInstance")
    for name in ("devices", "domain")
)
"""What a webhook writes before the CRD is compared.

Source: kubevirt v1.1.0 and v1.8.4 pkg/virt-api/webhooks/mutating-webhook/mutators/vm-mutator.go and
vmi-mutator.go (the whole spec is replaced) with staging/src/kubevirt.io/api/core/v1/schema.go.
"""
_PLACEHOLDER = re.compile(r"\$(\w+|\{\w+\}|\(\w+\))$")
"""What envsubst, Kustomize and shells fill in."""
_GIB_NANO = (1 << 30) * 1_000_000_000


def _finding(found: Compared, repair: str = "") -> Finding:
    departure = found.departure
    message = departure.message
    if isinstance(departure.value, str) and _PLACEHOLDER.match(departure.value):
        message = f"is a placeholder ({departure.value}): fill it in first"
    if found.severity is not None:
        message += f" in {found.release}"
    problem = found.manifest.problem(message, *departure.path, suggestion=departure.suggestion)
    return Finding(problem, refusal(found.manifest), repair, found.severity)


def _wrong_type(subject: Subject) -> Iterator[Finding]:
    """One value of the wrong type, and the whole object is refused.

    Source: kubernetes v1.28 apiextensions-apiserver pkg/apiserver/validation; the schemas of
    ove_capacity/checks/schemas. The ClusterAutoscaler counts memory in whole GiB (int32).
    """
    for found in compared(subject, "type"):
        yield _finding(found, _as_meant(found.departure.value, found.departure.message))


def _as_meant(value: Any, message: str) -> str:
    """The same value in the type that is wanted, when there is one."""
    if "must be text" in message and isinstance(value, bool | int | float):
        return f'"{str(value).lower() if isinstance(value, bool) else value}"'
    if "a whole number" in message and isinstance(value, str):
        try:
            nano = Quantity.parse(value).nano
        except QuantityError:
            return ""
        if value.endswith("i"):
            return f"{nano // _GIB_NANO} (GiB)" if nano % _GIB_NANO == 0 else ""
        return str(nano // 1_000_000_000) if nano % 1_000_000_000 == 0 else ""
    if "must be true or false" in message and str(value).lower() in ("true", "false"):
        return str(value).lower()
    return ""


def _missing(subject: Subject) -> Iterator[Finding]:
    """An object without a required field is refused.

    Source: as for wrong types.
    """
    for found in compared(subject, "required"):
        if (found.manifest.kind, found.departure.message) not in _FILLED_IN:
            yield _finding(found)


def _not_allowed(subject: Subject) -> Iterator[Finding]:
    """A value outside those that the CRD lists, bounds or describes by a pattern is refused.

    Source: as for wrong types.
    """
    for found in compared(subject, "enum", "range", "pattern"):
        yield _finding(found, found.departure.suggestion)


VALUE_RULES = (
    Rule("schema-wrong-type", "Values of the wrong type", Severity.ERROR, _wrong_type),
    Rule("schema-missing-field", "Required fields that are missing", Severity.ERROR, _missing),
    Rule("schema-value", "Values that the CRD does not allow", Severity.ERROR, _not_allowed),
)
"""Wrong, missing and forbidden values."""
