"""One source, two forms."""

import os
from typing import NamedTuple

import numpy as np
import pytest

from ove_capacity.kernels import compile as kernels
from ove_capacity.kernels.compile import Array, _cache_folder, form, kernel, views
from ove_capacity.kernels.tree import pick


class Pair(NamedTuple):
    left: Array
    right: Array


def test_a_function_that_is_no_kernel_is_not_compiled(monkeypatch):
    monkeypatch.setenv("OVE_CAPACITY_KERNELS", "compiled")
    with pytest.raises(AssertionError, match="is not a kernel"):
        form(len_of, 1)


def len_of(array):
    return len(array)


def test_small_work_runs_plain_and_the_plain_form_is_the_function_itself(monkeypatch):
    monkeypatch.delenv("OVE_CAPACITY_KERNELS", raising=False)

    @kernel
    def twice(x: int) -> int:
        return 2 * x

    assert form(twice, 10) == (twice, False)


def test_a_copy_elsewhere_and_a_file_installed_anew_have_code_of_their_own(tmp_path):
    def folder(place, *, anew=False):
        file = tmp_path / place / "kernel.py"
        if not file.exists():
            file.parent.mkdir()
            file.write_text("def twice(x):\n    return 2 * x\n")
        if anew:
            os.utime(file, (1, 1))
        names = {}
        exec(compile(file.read_text(), str(file), "exec"), names)
        return _cache_folder(names["twice"])

    assert folder("here") == folder("here")
    assert folder("here") != folder("there")
    assert folder("here") != folder("here", anew=True)


def test_while_nothing_is_compiled_the_source_is_read_once(monkeypatch, tmp_path):
    monkeypatch.delenv("OVE_CAPACITY_KERNELS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    read = []
    monkeypatch.setattr(kernels, "getsource", lambda each: read.append(each) or "source")

    @kernel
    def twice(x: int) -> int:
        return 2 * x

    assert form(twice, kernels.CALLS_WORTH_LOADING) == (twice, False)
    assert form(twice, 1) == form(twice, 1) == (twice, False)
    assert read == [twice]


def test_both_forms_answer_alike(monkeypatch):
    best = np.array([[-1, 7, 7, 3, 7, 5, 3, 1]])
    equals = np.ones_like(best)
    monkeypatch.setenv("OVE_CAPACITY_KERNELS", "compiled")
    fast, is_compiled = form(pick, 1)
    assert is_compiled
    assert fast(best, equals, 0, 4, 0.0) == pick(best, equals, 0, 4, 0.0) == 0


def test_views_write_through_and_refuse_what_they_would_copy():
    table = np.zeros((2, 3), np.int64)
    viewed = views(Pair(table, table[0]))
    viewed.left[1, 2] = 5
    assert table[1, 2] == 5
    with pytest.raises(AssertionError, match="lose writes"):
        views(Pair(table.T, table))
