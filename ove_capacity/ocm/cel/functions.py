"""Functions that upstream adds to CEL, by name.

The evaluator hands the receiver of ``a.f(b)`` over as the first argument. What a function cannot
do raises, which makes the expression false, as a run-time error does upstream.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from itertools import pairwise
from typing import Any

from ove_capacity.ocm.cel.semver import SEMVER, compare, is_semver, part, semver
from ove_capacity.quantity import NANO, Quantity, QuantityError

__all__ = ["FUNCTIONS", "NOT_MODELLED", "STANDARD"]

_QUANTITY = "@quantity"
_IP, _CIDR = "@ip", "@cidr"


def _quantity(text: str) -> dict[str, str]:
    return _held(Quantity.parse(_text(text)).nano)


def _held(nano: int) -> dict[str, str]:
    # As text: an expression's integers have 64 bits, too few for nano-units.
    return {_QUANTITY: str(nano)}


def _nano(value: Any) -> int:
    return value * NANO if isinstance(value, int) else int(value[_QUANTITY])


def _is(parse: Callable[[str], Any]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse(_text(text))
        except (ValueError, QuantityError):
            return False
        return True

    return check


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no such overload")
    return value


def _compare(left: Any, right: Any) -> int:
    if SEMVER in left:
        return compare(left, right)
    one, other = int(left[_QUANTITY]), int(right[_QUANTITY])
    return (one > other) - (one < other)


def _as_integer(value: Any) -> int:
    whole, rest = divmod(_nano(value), NANO)
    if rest:
        raise ValueError("cannot convert value to integer")
    return whole


def _sign(value: Any) -> int:
    return (_nano(value) > 0) - (_nano(value) < 0)


def _char_at(text: str, index: int) -> str:
    if not 0 <= index <= len(_text(text)):
        raise IndexError(index)
    return text[index : index + 1]


def _index_of(within: Any, item: Any, start: int = 0) -> int:
    if isinstance(within, str):
        if not 0 <= start <= len(within):
            raise IndexError(start)
        return within.find(_text(item), start)
    return within.index(item) if item in within else -1


def _last_index_of(within: Any, item: Any, start: int | None = None) -> int:
    if isinstance(within, str):
        if start is None:
            return within.rfind(_text(item))
        if not 0 <= start <= len(within):
            raise IndexError(start)
        return within.rfind(_text(item), 0, start + len(item))
    return len(within) - 1 - within[::-1].index(item) if item in within else -1


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    return _text(text).replace(_text(old), _text(new), limit)


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if separator == "":
        letters = list(_text(text))
        whole = limit < 0 or limit >= len(letters)
        return letters if whole else [*letters[: limit - 1], text[limit - 1 :]]
    return _text(text).split(separator, limit - 1 if limit > 0 else -1)


def _substring(text: str, start: int, end: int | None = None) -> str:
    last = len(_text(text)) if end is None else end
    if not 0 <= start <= last <= len(text):
        raise IndexError(start)
    return text[start:last]


def _ascii(shift: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: "".join(shift(c) if c.isascii() else c for c in _text(text))


def _is_sorted(items: Sequence[Any]) -> bool:
    return all(one <= other for one, other in pairwise(items))


def _address(text: str) -> dict[str, str]:
    return {_IP: str(ip_address(_text(text)))}


def _network(text: str) -> dict[str, str]:
    ip_network(_text(text), strict=False)
    return {_CIDR: text}


def _contains(cidr: Mapping[str, str], inner: Any) -> bool:
    text = inner if isinstance(inner, str) else inner.get(_IP) or inner[_CIDR]
    outer, network = (ip_network(each, strict=False) for each in (cidr[_CIDR], text))
    return (
        outer.version == network.version
        and outer.prefixlen <= network.prefixlen
        and network.network_address in outer
    )


def _prefix_length(cidr: Mapping[str, str]) -> int:
    return ip_network(cidr[_CIDR], strict=False).prefixlen


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": lambda a, b: _held(_nano(a) + _nano(b)),
    "asApproximateFloat": lambda a: _nano(a) / NANO,
    "asInteger": _as_integer,
    "charAt": _char_at,
    "cidr": _network,
    "compareTo": _compare,
    "containsCIDR": _contains,
    "containsIP": _contains,
    "family": lambda a: ip_address(a[_IP]).version,
    "indexOf": _index_of,
    "ip": lambda a: _address(a if isinstance(a, str) else a[_CIDR].partition("/")[0]),
    "isCIDR": _is(_network),
    "isGreaterThan": lambda a, b: _compare(a, b) > 0,
    "isIP": _is(ip_address),
    "isInteger": lambda a: _nano(a) % NANO == 0,
    "isLessThan": lambda a, b: _compare(a, b) < 0,
    "isQuantity": _is(Quantity.parse),
    "isSemver": is_semver,
    "isSorted": _is_sorted,
    "join": lambda items, separator="": separator.join(items),
    "lastIndexOf": _last_index_of,
    "lowerAscii": _ascii(str.lower),
    "major": lambda a: part(a, 0),
    "max": max,
    "min": min,
    "minor": lambda a: part(a, 1),
    "parseJSON": lambda text: json.loads(_text(text)),
    "patch": lambda a: part(a, 2),
    "prefixLength": _prefix_length,
    "quantity": _quantity,
    "replace": _replace,
    "reverse": lambda text: _text(text)[::-1],
    "semver": semver,
    "sign": _sign,
    "split": _split,
    "sub": lambda a, b: _held(_nano(a) - _nano(b)),
    "substring": _substring,
    "sum": sum,
    "trim": lambda text: _text(text).strip(),
    "upperAscii": _ascii(str.upper),
}
"""Modelled, from ext.Strings and the Kubernetes and Open Cluster Management libraries."""

NOT_MODELLED = frozenset(
    (
        # Python's regular expressions can take for ever, which upstream's cannot.
        *("find", "findAll"),
        *("format", "getEscapedPath", "getHost", "getHostname", "getPort", "getQuery", "getScheme"),
        *("hasValue", "isCanonical", "isGlobalUnicast", "isLinkLocalMulticast", "isURL"),
        *("isLinkLocalUnicast", "isLoopback", "isUnspecified", "masked", "named", "none", "of"),
        *("ofNonZeroValue", "optFlatMap", "optMap", "or", "orValue", "quote", "url", "validate"),
        *("value", "dns1123Label", "dns1123Subdomain", "dns1035Label", "qualifiedName"),
        *("dns1123LabelPrefix", "dns1123SubdomainPrefix", "dns1035LabelPrefix", "labelValue"),
        *("uri", "uuid", "byte", "date", "datetime", "first", "last"),
    )
)
"""Functions of the same libraries that upstream knows and we do not run."""

STANDARD = frozenset(
    (
        *("bool", "bytes", "contains", "double", "duration", "dyn", "endsWith", "getDate"),
        *("getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours"),
        *("getMilliseconds", "getMinutes", "getMonth", "getSeconds", "int", "matches", "size"),
        *("startsWith", "string", "timestamp", "type", "uint"),
    )
)
"""Functions of the language itself."""
