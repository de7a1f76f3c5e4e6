"""What all sections share, and the values they are made of."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass
from itertools import pairwise
from math import nan
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    Strict,
    WithJsonSchema,
)
from pydantic_core import CoreSchema

from ove_capacity.model.resources import AMOUNT_MAX, page_bytes
from ove_capacity.quantity import Quantity, QuantityError
from ove_capacity.simtime import parse_duration

__all__ = [
    "DURATION",
    "AmountOfCpu",
    "AmountOfMemory",
    "AmountOrNone",
    "Count",
    "Flag",
    "GrowthPercent",
    "LabelMap",
    "Milliseconds",
    "Name",
    "OneAlone",
    "PageSize",
    "Paths",
    "Percent",
    "PositiveCount",
    "Section",
    "Shorthand",
    "Text",
    "WholePercent",
    "in_order",
    "one_or_many",
]

T = TypeVar("T")

_LEAST_BYTES = 1 << 20
"""Nothing that a scenario speaks of is smaller: a unit was forgotten."""
_WITH_B = re.compile(r"([0-9.]+)\s*([KMGTP])i?B?", re.IGNORECASE)
_LATER = "Read, not modelled yet."


def _described(schema: dict[str, Any], model: type[Section]) -> None:
    """Describe the fields, leave out what an editor has no use for, say what is read for later."""
    schema.pop("title", None)
    told = _docstrings(model)
    for name, field in schema.get("properties", {}).items():
        field.pop("title", None)
        if name in told:
            field["description"] = told[name]
        if field.get("default", 0) in (None, (), [], {}) or isinstance(field.get("default"), dict):
            field.pop("default", None)
        if name in model.not_modelled:
            field["description"] = f"{field.get('description', '')} {_LATER}".strip()
    if "*" in model.not_modelled:
        schema["description"] = f"{schema.get('description', '')} {_LATER}".strip()


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Field by its name in the file -> the docstring under it.

    Read when somebody asks for the schema: pydantic would read the sources on every start.
    """
    found: dict[str, str] = {}
    for section in reversed(model.__mro__):
        if section is BaseModel or not issubclass(section, BaseModel):
            continue
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(section))).body
        assert isinstance(tree, ast.ClassDef)
        for above, below in pairwise(tree.body):
            match above, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(told))),
                ) if name in model.model_fields:
                    found[model.model_fields[name].alias or name] = inspect.cleandoc(told)
    return found


class Section(BaseModel):
    """A part of a scenario: frozen, and without fields that nobody knows."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra=_described,
    )

    not_modelled: ClassVar[frozenset[str]] = frozenset()
    """Fields that are read for capabilities to come, by their name in the file."""


@dataclass(frozen=True, slots=True, eq=False)
class Shorthand:
    """Says in the JSON Schema that a section may also be written in this short form."""

    schema: dict[str, Any]

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Either of the two."""
        return {"anyOf": [dict(self.schema), handler(core)]}


@dataclass(frozen=True, slots=True)
class OneAlone:
    """Says in the JSON Schema that a list of one may be written without the list."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The list, or one of its items."""
        several = handler(core)
        return {"anyOf": [several, several["items"]]}


def _not_negative(value: Any) -> Quantity:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("must be a quantity like 64Gi, 500m or 1.5")
    try:
        quantity = Quantity.parse(value)
    except QuantityError as error:
        meant = _WITH_B.fullmatch(str(value))
        hint = f"; did you mean '{meant[1]}{meant[2].upper()}i'?" if meant else ""
        raise ValueError(f"{error}{hint}") from None
    if quantity.nano < 0:
        raise ValueError("must be zero or more")
    return quantity


def _quantity(value: Any) -> Quantity:
    quantity = _not_negative(value)
    if not quantity.nano:
        raise ValueError("must be more than zero")
    return quantity


def _milli(value: Any) -> int:
    return _bounded(_quantity(value).milli)


def _bytes(value: Any) -> int:
    amount = _bounded(_quantity(value).value)
    if amount < _LEAST_BYTES:
        raise ValueError(f"is {amount} bytes: write the unit, as in 64Gi")
    return amount


def _bytes_or_none(value: Any) -> int:
    return _bounded(_not_negative(value).value)


def _bounded(amount: int) -> int:
    if amount > AMOUNT_MAX:
        raise ValueError("is more than any machine has, and more than we can count")
    return amount


def _percent(value: Any, most: int = 100) -> float:
    """``30%`` or 30."""
    text = value.strip().removesuffix("%").strip() if isinstance(value, str) else repr(value)
    try:
        percent = nan if isinstance(value, bool) else float(text)
    except ValueError:
        percent = nan
    if 0 < percent < 1 and not str(value).strip().endswith("%"):
        raise ValueError(f"may be {percent:g}% or {percent:.0%}: write the sign")
    if not 0 < percent <= most:
        raise ValueError(f"must be a share like 30%, more than 0 and at most {most}")
    return percent


def _percent_of_growth(value: Any) -> float:
    percent = _percent(value, 1000)
    if percent * 100 != int(percent * 100):
        raise ValueError("must have two decimals at most, like 2.25%")
    return percent


def _whole_percent(value: Any) -> int:
    percent = _percent(value)
    if percent != int(percent):
        raise ValueError("must be a whole share like 75%")
    return int(percent)


def _page_size(value: Any) -> str:
    text = _text(value)
    page_bytes(text)
    return text


def _duration_ms(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError("must be a duration like 10m, 24h or 2d4h")
    return parse_duration(value)


def _text(value: Any) -> str:
    """Text; a number counts as its text, so that a version needs no quotes."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    raise ValueError("must be text")


def _label_value(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text: put it in quotes")
    return value


def in_order(section: T) -> T:
    """The section, whose ``min`` is not more than its ``max``; ValueError if it is."""
    least, most = getattr(section, "min", None), getattr(section, "max", None)
    if least is not None and most is not None and least > most:
        raise ValueError("min is more than max")
    return section


def one_or_many(value: Any) -> Any:
    """A list; one alone becomes a list of it."""
    return value if isinstance(value, list) else [value]


def _paths(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_QUANTITY = WithJsonSchema({"type": ["string", "number"], "examples": ["64Gi", "500m", 1.5]})
_PERCENT = WithJsonSchema({"type": ["string", "number"], "examples": ["75%", 75]})
DURATION: dict[str, Any] = {"type": "string", "examples": ["10m", "24h", "2d4h"]}
"""A length of time, as JSON Schema describes it."""
_TEXT = WithJsonSchema({"type": ["string", "number"]})

Text = Annotated[str, BeforeValidator(_text), _TEXT]
Name = Annotated[
    str,
    BeforeValidator(_text),
    Field(min_length=1, max_length=253),
    WithJsonSchema({"type": ["string", "number"], "minLength": 1, "maxLength": 253}),
]
PageSize = Annotated[str, BeforeValidator(_page_size), WithJsonSchema({"type": "string"})]
"""Of hugepages, by its text: ``1Gi``."""
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=0, le=1_000_000)]
PositiveCount = Annotated[int, Strict(), Field(ge=1, le=1_000_000)]
AmountOfCpu = Annotated[int, BeforeValidator(_milli), _QUANTITY]
"""Milli-cores, from a quantity."""
AmountOfMemory = Annotated[int, BeforeValidator(_bytes), _QUANTITY]
"""Bytes, from a quantity."""
AmountOrNone = Annotated[int, BeforeValidator(_bytes_or_none), _QUANTITY]
"""Bytes, from a quantity that may be zero."""
Percent = Annotated[float, BeforeValidator(_percent), _PERCENT]
"""From ``30%`` or 30."""
GrowthPercent = Annotated[float, BeforeValidator(_percent_of_growth), _PERCENT]
"""From ``5%``; more than all there is may come."""
WholePercent = Annotated[int, BeforeValidator(_whole_percent), _PERCENT]
"""From ``75%`` or 75."""
Milliseconds = Annotated[int, BeforeValidator(_duration_ms), WithJsonSchema(DURATION)]
"""From a duration like ``2d4h``."""
LabelMap = dict[str, Annotated[str, BeforeValidator(_label_value)]]
Paths = Annotated[
    tuple[str, ...],
    BeforeValidator(_paths),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
]
"""Files or folders, relative to the scenario; one alone needs no list."""
