import pytest

from ove_capacity.kernels.compile import form
from ove_capacity.place import compile_kernels
from ove_capacity.place.compiling import _KERNELS


def test_afterwards_each_kernel_runs_compiled_however_little_there_is_to_do():
    assert compile_kernels()
    assert all(form(each, 1)[1] for each in _KERNELS)


@pytest.mark.parametrize("wanted", ["plain", "compiled"])
def test_it_says_whether_it_was_told_to_leave_them_plain(wanted, monkeypatch):
    monkeypatch.setenv("OVE_CAPACITY_KERNELS", wanted)
    assert compile_kernels() is (wanted == "compiled")
