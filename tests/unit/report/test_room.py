from __future__ import annotations

from dataclasses import replace

import ove_capacity as oc
from ove_capacity.report import room
from tests.simulation.build import case, cluster, workload


def test_shapes_that_a_rule_refuses_are_told_with_it_clusters_that_agree_together() -> None:
    picky = workload("picky", vmi_fields={"node_selector": {"disk": "ssd"}}, cluster="north")
    large = replace(workload("large", memory_gib=900), cluster="north")
    asked = case(picky, large, clusters=(cluster("north"), cluster("south")))
    assert room.refused(oc.headroom(asked, shapes=["picky", "large"])) == [
        "north, south: picky: node(s) didn't match Pod's node affinity/selector"
    ]
