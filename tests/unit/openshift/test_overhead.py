"""Platform pods by role."""

import pytest

from ove_capacity.openshift.overhead import platform_assumptions, platform_of, platform_shares


@pytest.mark.parametrize(
    ("role", "virtualization", "names"),
    [
        ("master", True, ["control_plane"]),
        ("worker", False, ["worker"]),
        ("worker", True, ["worker", "virtualization"]),
        ("gpu-workers", False, ["worker"]),
        ("storage", True, ["storage_daemons", "storage_node"]),
    ],
)
def test_a_role_runs_its_own_pods(role, virtualization, names):
    assert [s.name for s in platform_shares(role, virtualization=virtualization)] == names


def test_a_node_asks_for_the_sum_of_its_shares():
    shares = platform_shares("worker", virtualization=True)
    assert platform_of(shares) == {"cpu": 521, "memory": 2525 << 20, "pods": 23}


def test_each_share_in_use_is_one_assumption_of_its_cluster():
    assumed = platform_assumptions({"worker": 9, "master": 3}, "east", virtualization=True)
    assert [each.name for each in assumed] == [
        "platform.control_plane",
        "platform.worker",
        "platform.virtualization",
    ]
    assert {each.applies_to for each in assumed} == {"east"}
