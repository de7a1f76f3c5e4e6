"""What pydantic found -> problems in the words of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ove_capacity.errors import Problem, did_you_mean
from ove_capacity.manifests.document import FieldPath
from ove_capacity.manifests.fields import shown
from ove_capacity.scenario.changes import Changed

__all__ = ["problems_of", "value_at"]

_MOST_WORDED = 1000
"""Problems that are told one by one; a file with more needs another look altogether."""

_WORDS: Mapping[str, str] = {
    "bool_type": "must be true or false",
    "dict_type": "must be a mapping",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "mapping_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "model_type": "must be a mapping",
    "string_too_long": "must be at most {max_length} characters long",
    "string_too_short": "must not be empty",
    "string_type": "must be text",
    "too_short": "must have at least {min_length} entry",
    "tuple_type": "must be a list",
}


def value_at(root: Any, path: FieldPath) -> Any:
    """The value at *path*, None when the path leads nowhere."""
    for step in path:
        if isinstance(root, Mapping):
            root = root.get(step)
        elif isinstance(root, list) and isinstance(step, int) and step < len(root):
            root = root[step]
        else:
            return None
    return root


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The sections within a type, at any depth."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for part in get_args(annotation):
        yield from _models(part)


def _field_names(model: type[BaseModel]) -> dict[str, Any]:
    """Name in the file -> type."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _located(
    root: Any, model: type[BaseModel], loc: tuple[int | str, ...]
) -> tuple[FieldPath, list[type[BaseModel]]]:
    """The path in the document for pydantic's location, and the sections that may stand there.

    A location also holds the tag of a union, which the document does not: where a step is the
    *kind* of the mapping reached, it is skipped. So is what leads into a short form, such as one
    item without its list, or a size instead of a mapping with one.
    """
    path: list[int | str] = []
    models = [model]
    value = root
    for step in loc:
        if isinstance(value, Mapping) and step not in value and value.get("kind") == step:
            models = [each for each in models if _kind_matches(each, step)]
            continue
        is_short = _is_short(value, step)
        if not is_short:
            path.append(step)
        types = [names[str(step)] for m in models if str(step) in (names := _field_names(m))]
        if types:
            models = [found for each in types for found in _models(each)]
        if not is_short:
            value = value_at(value, (step,))
    return tuple(path), models


def _is_short(value: Any, step: int | str) -> bool:
    """Whether *step* leads into what *value* was read as, and not into the value itself."""
    if isinstance(value, Mapping):
        return isinstance(step, int)
    return value is not None and not isinstance(value, list)


def _kind_matches(model: type[BaseModel], kind: int | str) -> bool:
    field = model.model_fields.get("kind")
    return field is not None and kind in get_args(field.annotation)


def _quoted(names: tuple[Any, ...]) -> str:
    return ", ".join(str(name) for name in names)


class _Complaint:
    """One error of pydantic's, with what is needed to word it."""

    def __init__(self, error: Mapping[str, Any], root: Any, model: type[BaseModel]) -> None:
        self.kind: str = error["type"]
        self.context: Mapping[str, Any] = error.get("ctx") or {}
        self.message: str = error["msg"]
        self.path, self.models = _located(root, model, error["loc"])
        self.given = value_at(root, self.path)
        self.read = error["input"] if self.given is None else self.given
        """What was given there, or what a shorthand was read as."""

    def got(self, message: str) -> str:
        given = shown(self.read)
        return message if given in message else f"{message} (got {given})"

    def worded(self, changed: Changed, root: Any, model: type[BaseModel]) -> Problem:
        kind, path = self.kind, self.path
        if kind == "missing":
            return changed.problem(path[:-1], f"{str(path[-1])!r} is missing")
        if kind == "extra_forbidden":
            _, models = _located(root, model, path[:-1])
            known = sorted(
                {name for each in self._owners(models, root) for name in _field_names(each)}
            )
            guess = did_you_mean(str(path[-1]), known)
            return changed.problem(path, "no such field", guess, key=True)
        if kind in ("literal_error", "enum", "union_tag_invalid"):
            return self._choice(changed)
        if kind == "union_tag_not_found":
            return changed.problem(path, "'kind' is missing")
        if kind == "value_error":
            return changed.problem(path, self.got(str(self.context["error"])))
        words = _WORDS.get(kind)
        if words is None:
            return changed.problem(path, self.got(self.message[:1].lower() + self.message[1:]))
        message = words.format(**self.context)
        if self.given is None and value_at(root, path[:-1]) is not None:
            message = f"{message}; write a value or leave the field out"
        return changed.problem(path, self.got(message))

    def _owners(self, models: list[type[BaseModel]], root: Any) -> list[type[BaseModel]]:
        kind = value_at(root, (*self.path[:-1], "kind"))
        matching = [each for each in models if _kind_matches(each, kind)]
        return matching or models

    def _choice(self, changed: Changed) -> Problem:
        path = self.path
        if self.kind == "union_tag_invalid":
            tags = [tag.strip().strip("'") for tag in self.context["expected_tags"].split(",")]
            tag = str(self.context["tag"])
            message = f"must be one of {_quoted(tuple(tags))} (got {tag!r})"
            return changed.problem((*path, "kind"), message, did_you_mean(tag, tags))
        expected = self.context.get("expected", "").replace("'", "").replace(" or ", ", ")
        names = [name.strip() for name in expected.split(",") if name.strip()]
        guess = did_you_mean(self.given, names) if isinstance(self.given, str) else ""
        one = "must be one of " if len(names) > 1 else "must be "
        return changed.problem(path, self.got(one + _quoted(tuple(names))), guess)


def problems_of(error: ValidationError, changed: Changed, model: type[BaseModel]) -> list[Problem]:
    """Every problem, worded and placed; those that follow from another are left out."""
    root = changed.document.value
    errors = error.errors(include_url=False)
    found: dict[FieldPath, Problem] = {}
    for each in errors[:_MOST_WORDED]:
        complaint = _Complaint(dict(each), root, model)
        key = complaint.path if complaint.kind != "missing" else (*complaint.path, "missing")
        found.setdefault(key, complaint.worded(changed, root, model))
    problems = list(found.values())
    if len(errors) > _MOST_WORDED:
        message = f"has {len(errors) - _MOST_WORDED} problems beside these"
        problems.append(Problem(message, changed.document.file, 1, 1))
    return problems
