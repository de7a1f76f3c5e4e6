"""What a label selector may say, and the words of who refuses it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ove_capacity.model.selector import LabelSelector, Requirement

__all__ = ["selector_error"]

_NAME_FORM = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_NAME = re.compile(_NAME_FORM)
_VALUE_FORM = f"({_NAME_FORM})?"
_VALUE = re.compile(_VALUE_FORM)
_NAME_RULE = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    f"validation is '{_NAME_FORM}')"
)
_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
    f"or '12345', regex used for validation is '{_VALUE_FORM}')"
)
_PREFIX_FORM = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_PREFIX = re.compile(_PREFIX_FORM)
_PREFIX_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    f"for validation is '{_PREFIX_FORM}')"
)
_LONGEST_NAME, _LONGEST_PREFIX = 63, 253
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def selector_error(selector: LabelSelector) -> str:
    """Why upstream cannot use a selector, of its first wrong requirement; empty when it can.

    Source: kubernetes/apimachinery pkg/apis/meta/v1/helpers.go, LabelSelectorAsSelector;
    pkg/labels/selector.go, NewRequirement, as vendored by ocm v1.3.0-78.
    """
    for requirement in selector.requirements:
        if requirement.operator not in _OPERATORS:
            return f"{_quoted(requirement.operator)} is not a valid label selector operator"
        errors = list(dict.fromkeys(_errors(requirement)))
        if errors:
            return errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
    return ""


def _errors(requirement: Requirement) -> Iterator[str]:
    wrong = list(_key_errors(requirement.key))
    if wrong:
        yield f"key: Invalid value: {_quoted(requirement.key)}: {'; '.join(wrong)}"
    values = requirement.values
    wants = requirement.operator in ("In", "NotIn")
    if wants and not values:
        rule = "for 'in', 'notin' operators, values set can't be empty"
        yield f"values: Invalid value: {_listed(values)}: {rule}"
    if not wants and values:
        rule = "values set must be empty for exists and does not exist"
        yield f"values: Invalid value: {_listed(values)}: {rule}"
    for index, value in enumerate(values):
        wrong = list(_value_errors(value))
        if wrong:
            place = f"values[{index}][{requirement.key}]"
            yield f"{place}: Invalid value: {_quoted(value)}: {'; '.join(wrong)}"


def _key_errors(key: str) -> Iterator[str]:
    parts = key.split("/")
    if len(parts) > 2:
        optional = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        yield f"a valid label key {_NAME_RULE} {optional}"
        return
    if len(parts) == 2:
        yield from (f"prefix part {wrong}" for wrong in _prefix_errors(parts[0]))
    name = parts[-1]
    if not name:
        yield "name part must be non-empty"
    elif len(name.encode()) > _LONGEST_NAME:
        yield f"name part must be no more than {_LONGEST_NAME} bytes"
    if _NAME.fullmatch(name) is None:
        yield f"name part {_NAME_RULE}"


def _prefix_errors(prefix: str) -> Iterator[str]:
    if not prefix:
        yield "must be non-empty"
        return
    if len(prefix.encode()) > _LONGEST_PREFIX:
        yield f"must be no more than {_LONGEST_PREFIX} bytes"
    if _PREFIX.fullmatch(prefix) is None:
        yield _PREFIX_RULE


def _value_errors(value: str) -> Iterator[str]:
    if len(value.encode()) > _LONGEST_NAME:
        yield f"must be no more than {_LONGEST_NAME} bytes"
    if _VALUE.fullmatch(value) is None:
        yield _VALUE_RULE


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _listed(values: tuple[str, ...]) -> str:
    # An empty list of Go prints as null.
    return json.dumps(values or None, ensure_ascii=False, separators=(",", ":"))
