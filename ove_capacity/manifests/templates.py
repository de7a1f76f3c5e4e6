"""Text that is no YAML yet: which template language it is written in, and what Helm's values are.

Only ``{{ .Values.x }}`` is filled in. Braces inside quotes and block strings are text: alerts of
Prometheus and policies of Kyverno are full of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ove_capacity.errors import Problem, ScenarioError

__all__ = ["placeholder_of", "rendered", "template_sentence"]

_HELM_VALUE = re.compile(r"\{\{-?\s*\.Values\.([A-Za-z0-9_.]+)\s*-?\}\}")
_LANGUAGES = (
    ("Jinja", re.compile(r"\{%.*|\{#.*")),
    (
        "Helm",
        re.compile(
            r"\{\{-?\s*(?:include|template|tpl|toYaml|\.Values|\.Release|\.Chart|\.Capabilities"
            r"|\.Files|\.Template)\b.*"
        ),
    ),
    (
        "Go",
        re.compile(r"\{\{-?\s*(?:/\*|\.|\$|\(|(?:if|else|end|range|with|define|block|printf)\b).*"),
    ),
    ("Jinja", re.compile(r"\{\{.*")),
)
_PARAMETER = re.compile(r"\$\{(?:[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})\}")
_BLOCK_STRING = re.compile(r"(?:^|[\s:-])[|>][-+0-9]*\s*(?:#.*)?$")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")
_SHOWN_LENGTH = 40


def _bare_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines outside block strings, from 0, with what stands in quotes left out."""
    deeper_than = -1
    for number, line in enumerate(text.split("\n")):
        body = line.lstrip(" ")
        indent = len(line) - len(body)
        if deeper_than >= 0 and (not body.strip() or indent > deeper_than):
            continue
        deeper_than = -1
        if body.startswith("#"):
            continue
        bare = _QUOTED.sub("''", line)
        if _BLOCK_STRING.search(bare):
            deeper_than = indent + body.startswith("- ")
        yield number, bare


def _shown(text: str) -> str:
    end = text.find("}}")
    short = text[: end + 2] if end >= 0 else text.rstrip()
    return short if len(short) <= _SHOWN_LENGTH else short[:_SHOWN_LENGTH] + "…"


def _language_of(line: str) -> tuple[str, str]:
    """(language, where it shows) of the first sign of a template in a line."""
    found = [
        (match.start(), order, name, match[0])
        for order, (name, sign) in enumerate(_LANGUAGES)
        if (match := sign.search(line)) is not None
    ]
    if not found:
        return "", ""
    _, _, name, sign = min(found)
    return name, _shown(sign)


def _sentence(language: str, sign: str) -> str:
    if language == "Helm":
        return (
            f"is a Helm template with more in it ({sign}) than {{{{ .Values.x }}}}, "
            "which alone is filled in: run `helm template` first"
        )
    return f"is a {language} template ({sign}), not YAML: render it first"


def template_sentence(text: str, line: int) -> str:
    """What kind of template a text is that could not be read on *line*, from 1; "" if none."""
    lines = text.split("\n")
    failed = lines[line - 1] if 0 < line <= len(lines) else ""
    language, sign = _language_of(failed)
    hole = _PARAMETER.search(failed)
    if hole is not None and not language:
        return f"is a template with ${{PARAMETERS}} ({hole[0]}), not YAML: fill them in first"
    for _, bare in _bare_lines(text):
        if language:
            break
        language, sign = _language_of(bare)
    return _sentence(language, sign) if language else ""


def placeholder_of(text: str) -> str:
    """What a value that is still to be filled in belongs to: ``a Go template``; "" if it is none.

    For fields that can hold no braces, such as names and numbers.
    """
    if "${" in text and _PARAMETER.search(text):
        return "a template with ${PARAMETERS}, of OpenShift's kind"
    language, _ = _language_of(text) if "{{" in text or "{%" in text else ("", "")
    return f"a {language} template" if language else ""


def rendered(text: str, values: Mapping[str, Any], file: str) -> str:
    """The text with each ``{{ .Values.x }}`` replaced; no other template language is read.

    Raises:
        ScenarioError: for each value that *values* does not give, or gives as no single value.
    """
    if _HELM_VALUE.search(text) is None:
        return text
    missing: list[Problem] = []
    bare = {number for number, _ in _bare_lines(text)}

    def value_of(match: re.Match[str]) -> str:
        value: Any = values
        for step in match[1].split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is None or isinstance(value, Mapping | list):
            before = text[: match.start()]
            line = before.count("\n")
            if line not in bare:
                return match[0]
            place = line + 1, match.start() - before.rfind("\n")
            message = f"needs {match[1]!r} in the scenario's `values`"
            missing.append(Problem(message, file, *place))
        return str(value).lower() if isinstance(value, bool) else str(value)

    done = _HELM_VALUE.sub(value_of, text)
    if missing:
        raise ScenarioError(missing)
    return done
