"""Compile a function, or run the same source as plain Python.

A kernel is an ordinary function over integers and arrays. `kernel` leaves it as it is, so that the
plain form costs nothing; `compiled` makes the other form on first use, from a copy of the function
whose globals name the compiled callees. Which of the two runs is chosen call by call.

The compiler's cache does not see a change in a function of another file, nor in a constant;
so each kernel's folder is named by the fingerprint of all that it is made of, and by where it lies.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dis import get_instructions
from functools import cache
from importlib import import_module
from inspect import getsource
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple, TypeVar, cast

from numpy.typing import NDArray

__all__ = [
    "CALLS_WORTH_COMPILING",
    "CALLS_WORTH_LOADING",
    "Array",
    "compiled",
    "expect",
    "form",
    "kernel",
    "views",
]

Array = NDArray[Any]
"""What a kernel reads and writes; its docstring says shape, dtype and unit."""

_F = TypeVar("_F", bound=Callable[..., Any])
_T = TypeVar("_T", bound=NamedTuple)

CALLS_WORTH_LOADING = 600_000
"""Pod-node pairs run plain (3 µs each) after which loading compiled kernels, for a second of CPU,
would have paid; twice that many, so that what ends soon after does not pay for both."""

CALLS_WORTH_COMPILING = 2_000_000
"""Pod-node pairs run plain after which compiling them first would have paid."""

_log = logging.getLogger(__name__)

_kernels: dict[FunctionType, None] = {}
_loaded: set[FunctionType] = set()
_spent: dict[FunctionType, int] = {}
"""Work done plain so far: whoever calls often with little gets the compiled form in the end."""


def kernel(function: _F) -> _F:
    """Mark a function as compilable: scalars, arrays, loops; no objects, no temporaries."""
    _kernels[cast(FunctionType, function)] = None
    return function


def _callees(function: FunctionType) -> dict[str, FunctionType]:
    """The kernels a kernel calls, by the name it calls them."""
    named = ((name, function.__globals__.get(name)) for name in function.__code__.co_names)
    return {
        name: value
        for name, value in named
        if isinstance(value, FunctionType) and value in _kernels
    }


@cache
def _call_sites() -> Counter[FunctionType]:
    """At how many places of other kernels each is called.

    One that is called at a single place is put there before types are inferred: the compiler spends
    most of its time on handing over tuples of arrays. With several places it would be compiled
    several times.
    """
    sites: Counter[FunctionType] = Counter()
    for function in _kernels:
        callees = _callees(function)
        named = (each.argval for each in get_instructions(function) if each.opname == "LOAD_GLOBAL")
        sites.update(callees[name] for name in named if name in callees)
    return sites


@cache
def _fingerprint(function: FunctionType) -> bytes:
    """Changes with the source of a kernel, of any that it calls, and with the constants they name.

    The compiler's cache sees none of these when they lie in another file.
    """
    digest = hashlib.blake2b(getsource(function).encode(), digest_size=10)
    for name in sorted(set(function.__code__.co_names)):
        value = function.__globals__.get(name)
        if isinstance(value, int | float):
            digest.update(f"{name}={value!r}".encode())
    for callee in _callees(function).values():
        digest.update(_fingerprint(callee))
    return digest.digest()


def _cache_folder(function: FunctionType) -> Path:
    """Where compiled code of exactly this kernel is kept, in the user's cache directory."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    name = f"{function.__name__}-{_fingerprint(function).hex()}-{_stamp(function)}"
    return Path(home) / "ove-capacity" / "kernels" / name


@cache
def _stamp(function: FunctionType) -> str:
    """The compiler's cache serves one installed file as it is now: no copy of it elsewhere."""
    file = Path(function.__code__.co_filename)
    known = file.stat()
    said = f"{file.resolve()} {known.st_mtime_ns} {known.st_size}"
    return hashlib.blake2b(said.encode(), digest_size=5).hexdigest()


@cache
def _numba() -> Any:
    # Imported here, by name, because it costs half a second that small work must not pay.
    # It loads scipy to see whether linear algebra could be compiled: a tenth of a second, for none.
    hides_scipy = "scipy" not in sys.modules
    if hides_scipy:
        sys.modules["scipy"] = None  # type: ignore[assignment] # as the import system documents it
    try:
        numba = import_module("numba")
        import_module("numba.np.arraymath")
    finally:
        if hides_scipy:
            del sys.modules["scipy"]
    return numba


def compiled(function: _F) -> _F:
    """The compiled form of a kernel, made on first use and cached on disk."""
    if not (_loaded or _is_warm(cast(FunctionType, function))):
        _log.info("compiling the scheduling kernels, once on this machine: up to half a minute")
    return cast(_F, _compiled(cast(FunctionType, function)))


@cache
def _compiled(function: FunctionType) -> Callable[..., Any]:
    assert function in _kernels, f"{function.__qualname__} is not a kernel"
    callees = {name: _compiled(callee) for name, callee in _callees(function).items()}
    copy = FunctionType(
        function.__code__,
        {**function.__globals__, **callees},
        function.__name__,
        function.__defaults__,
    )
    copy.__module__ = function.__module__
    copy.__qualname__ = function.__qualname__
    _loaded.add(function)
    numba = _numba()
    others = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(_cache_folder(function))
    try:
        # Kernels allocate nothing: without reference counts on arrays they are three times faster.
        made = numba.njit(
            copy,
            cache=True,
            nogil=True,
            _nrt=False,
            error_model="numpy",
            inline="always" if _call_sites()[function] == 1 else "never",
        )
    finally:
        numba.config.CACHE_DIR = others
    return cast(Callable[..., Any], made)


def _is_warm(function: FunctionType) -> bool:
    """Whether its compiled form is loaded, or lies in the cache."""
    if function in _loaded:
        return True
    return any(_cache_folder(function).glob("**/*.nbi"))


def expect(function: Callable[..., Any], work: int) -> None:
    """Announce work to come, so that many small calls need not first show that they are many."""
    known = cast(FunctionType, function)
    _spent[known] = _spent.get(known, 0) + work


def form(function: _F, work: int) -> tuple[_F, bool]:
    """The form that ends soonest for *work* innermost steps, and whether it is the compiled one.

    ``OVE_CAPACITY_KERNELS=plain`` or ``compiled`` overrides the choice; the answers are the same.
    """
    known = cast(FunctionType, function)
    wanted = os.environ.get("OVE_CAPACITY_KERNELS", "")
    if wanted in ("plain", "compiled"):
        fast = wanted == "compiled"
    elif known in _loaded:
        fast = True
    else:
        work += _spent.get(known, 0)
        fast = work >= CALLS_WORTH_COMPILING or (work >= CALLS_WORTH_LOADING and _is_warm(known))
        _spent[known] = work
    return (compiled(function), True) if fast else (function, False)


def views(arrays: _T) -> _T:
    """The same arrays as memoryviews, whose elements plain Python reads twice as fast."""
    fields = cast(Iterable[Any], arrays)
    assert all(array.flags.c_contiguous for array in fields), "a view of a copy would lose writes"
    return cast(_T, cast(Any, type(arrays))(*(memoryview(array) for array in fields)))
