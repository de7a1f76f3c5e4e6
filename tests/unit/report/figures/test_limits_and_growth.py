"""Pools beside their limits, and nodes over time."""

from __future__ import annotations

import pytest

import ove_capacity as oc
from ove_capacity.errors import UnknownNameError
from ove_capacity.model.autoscaling import Autoscaling, ClusterAutoscaler, NodeGroup
from tests.simulation.build import case, cluster, node, workload


def scaled(*work, most=5, total=None, refused=()):
    nodes = tuple(node(f"w{i}") for i in range(3))
    asked = Autoscaling(
        ClusterAutoscaler(max_nodes_total=total),
        (NodeGroup("worker", 1, most),),
        {each.name: "worker" for each in nodes},
        {"worker": nodes[0]},
        refused=refused,
    )
    return case(*work, clusters=(cluster(nodes=nodes, autoscaling=asked),))


def texts(picture):
    found = picture.findobj(match=lambda each: hasattr(each, "get_text"))
    return [each.get_text() for each in found]


def test_a_bar_is_the_machines_that_a_limit_allows() -> None:
    picture = oc.plot(oc.limits(scaled(workload("vm"), total=7)))
    assert picture.texts[0].get_text() == (
        "production/worker may have 2 more machines: maxReplicas binds first"
    )
    widths = [bar.get_width() for bar in picture.axes[0].patches[:2]]
    assert widths == [2, 4]
    assert {"maxReplicas", "maxNodesTotal", "cores", "memory", "binds first"} <= set(texts(picture))
    # 320,000 cores are allowed where nothing is said: such a bar would hide the others.
    assert any(text.endswith("(cut)") for text in texts(picture))


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (case(workload("vm")), "No cluster is scaled"),
        (
            scaled(workload("vm"), refused=("memory in Gi",)),
            "Nothing is scaled: the limits are asked for, and refused",
        ),
    ],
)
def test_nothing_to_draw_is_said(plan, told) -> None:
    assert oc.plot(oc.limits(plan)).texts[0].get_text() == told


def test_nodes_over_time_stop_at_the_limit_and_vms_wait() -> None:
    run = oc.simulate(scaled(workload("vm", memory_gib=60, count=13), total=50), until="3h")
    picture = oc.plot(run, "growth")
    title = picture.texts[0].get_text()
    assert title.startswith("production goes from 3 to 5 nodes; ")
    assert title.endswith("VMs wait at most, in the beginning")
    nodes = next(line for line in picture.axes[0].lines if line.get_label() == "nodes")
    assert [nodes.get_ydata()[at] for at in (0, -1)] == [3, 5]
    assert "maxReplicas: 5" in texts(picture)
    assert "beyond: maxNodesTotal: 50" in texts(picture)


@pytest.mark.parametrize(
    ("at", "until", "told"),
    [("1h", "3h", "after 1 hour"), ("50h", "3d", "after 2 days"), ("5m", "1h", "after 5 minutes")],
)
def test_when_most_vms_wait_is_told(at, until, told) -> None:
    late = workload("vm", memory_gib=60, count=13, at=at)
    picture = oc.plot(oc.simulate(scaled(late), until=until), "growth")
    assert picture.texts[0].get_text().endswith(f"VMs wait at most, {told}")


def test_a_run_that_nothing_scales_has_no_such_figure() -> None:
    run = oc.simulate(case(workload("vm")), until="1h")
    with pytest.raises(UnknownNameError):
        oc.plot(run, "growth")
