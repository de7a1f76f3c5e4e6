"""Platform pods by role."""

import pytest

from ove_capacity.openshift.overhead import platform_assumptions, platform_of, platform_shares


@pytest.mark.parametrize(
    ("role", "virtualization", "names"),
    [
        ("master", False, ["control_plane"]),
        ("master", True, ["control_plane", "virtualization"]),
        ("worker", False, ["worker"]),
        ("worker", True, ["worker", "virtualization"]),
        ("gpu-workers", False, ["worker"]),
        ("storage", False, ["storage_daemons", "storage_node"]),
    ],
)
def test_a_role_runs_its_own_pods(role, virtualization, names):
    assert [s.name for s in platform_shares(role, virtualization=virtualization)] == names


def test_a_node_asks_for_the_sum_of_its_shares():
    shares = platform_shares("worker", virtualization=True)
    assert platform_of(shares) == {"cpu": 521, "memory": 2525 << 20, "pods": 23}


def test_each_share_in_use_is_one_assumption_of_its_cluster():
    shares = platform_shares("worker", virtualization=True) * 9
    assumed = platform_assumptions(shares, "east")
    assert [each.name for each in assumed] == ["platform.worker", "platform.virtualization"]
    assert {each.applies_to for each in assumed} == {"east"}
