"""Instancetypes and preferences, the common ones included."""

from __future__ import annotations

import pytest

from ove_capacity.errors import ScenarioError, UnknownNameError
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.instancetypes import (
    common_instancetype,
    common_preference,
    instancetype_of,
    preference_of,
)


def known_to(read):
    with pytest.raises(UnknownNameError) as caught:
        read("none of them")
    return caught.value.known


def test_every_common_instancetype_and_preference_is_read():
    vcpus = {name: common_instancetype(name).cpu_guest for name in known_to(common_instancetype)}
    assert len(vcpus) == 65
    assert (vcpus["u1.nano"], vcpus["u1.8xlarge"], vcpus["n1.8xlarge"]) == (1, 32, 64)
    preferences = [common_preference(name) for name in known_to(common_preference)]
    assert len(preferences) == 54


def test_a_common_instancetype_has_its_facts():
    cx1 = common_instancetype("cx1.large1gi")
    assert (cx1.cpu_guest, str(cx1.memory_guest), cx1.max_sockets) == (2, "4Gi", 2)
    assert cx1.dedicated_cpu_placement
    assert cx1.numa_passthrough
    assert (cx1.hugepages_page_size, cx1.io_threads_policy) == ("1Gi", "auto")
    assert common_instancetype("o1.small").overcommit_percent == 50
    assert common_instancetype("rt1.micro").realtime is not None


def test_a_near_name_is_offered():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'u1\.medium'"):
        common_instancetype("u1.medum")
    with pytest.raises(UnknownNameError, match="unknown preference"):
        common_preference("dos")


@pytest.mark.parametrize(
    ("read", "spec", "path"),
    [
        (instancetype_of, {"memory": {"guest": "1Gi"}}, "spec.cpu"),
        (instancetype_of, {"cpu": {"guest": 1}}, "spec.memory"),
        (
            instancetype_of,
            {"cpu": {"guest": 1}, "memory": {"guest": "1Gi", "hugepages": {"pageSize": "big"}}},
            "spec.memory.hugepages.pageSize",
        ),
        (instancetype_of, {"cpu": {"guest": 0}, "memory": {"guest": "1Gi"}}, "spec.cpu.guest"),
        (preference_of, {"cpu": {"preferredCPUTopology": 4}}, "spec.cpu.preferredCPUTopology"),
    ],
)
def test_what_is_wrong_is_told_with_its_path(read, spec, path):
    with pytest.raises(ScenarioError) as caught:
        read({"spec": spec})
    assert caught.value.problems[0].path == path


def test_what_is_not_modelled_is_named():
    problems = Problems()
    preference_of({"spec": {"volumes": {}, "requirements": {}, "color": "red"}}, problems)
    assert dict(problems.unmodelled) == {("", "spec.color"): 1}
