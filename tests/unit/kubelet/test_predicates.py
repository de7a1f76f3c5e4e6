"""What the kubelet says when node totals do not suffice after all."""

from __future__ import annotations

import pytest

from ove_capacity.kubelet import out_of

NODE = {"cpu": 4000, "memory": 100, "pods": 2, "hugepages-1Gi": 8}
USED = {"cpu": 3000, "memory": 50, "pods": 1}


@pytest.mark.parametrize(
    ("request_", "used", "reason"),
    [
        ({"cpu": 1000, "memory": 50}, USED, None),
        ({"cpu": 1001, "memory": 51}, USED, "OutOfcpu"),
        ({"memory": 51}, USED, "OutOfmemory"),
        ({"cpu": 2000}, {**USED, "pods": 2}, "OutOfpods"),
        ({"hugepages-1Gi": 9}, USED, "OutOfhugepages-1Gi"),
        ({"hugepages-2Mi": 1}, USED, "OutOfhugepages-2Mi"),
        ({"nvidia.com/gpu": 1}, USED, None),  # the node does not list it: others must know
        ({"memory": 0}, {**USED, "memory": 200}, None),
        ({"kubernetes.io/batt": 1}, USED, "OutOfkubernetes.io/batt"),
        ({"requests.storage/slow": 1, "storage": 1}, USED, None),  # nobody counts these
    ],
)
def test_the_first_resource_that_is_short_gives_the_reason(request_, used, reason):
    refusal = out_of(request_, NODE, used)
    assert (refusal.reason if refusal else None) == reason


def test_the_message_is_upstreams():
    assert out_of({"cpu": 2000}, NODE, USED).message == (
        "Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000"
    )
