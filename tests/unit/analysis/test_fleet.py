import pytest

from ove_capacity.analysis.fleet import placement
from ove_capacity.analysis.frames import events_frame, frame, samples_frame
from ove_capacity.errors import UnknownNameError
from ove_capacity.model.placement import Placement
from ove_capacity.sim.run import simulate
from tests.simulation.build import case, cluster, workload

PLACEMENTS = (Placement("b", "vms", 1), Placement("a", "vms", 1))


def fleet():
    return case(clusters=[cluster("one"), cluster("two")], placements=PLACEMENTS)


def test_a_later_placement_sees_what_an_earlier_one_chose():
    decisions = {each.placement: each.clusters for each in placement(fleet()).decisions}
    assert decisions == {"vms/a": ("one",), "vms/b": ("two",)}


def test_one_placement_is_found_by_its_name_alone():
    found = placement(fleet(), "b")
    assert [each.placement for each in found.decisions] == ["vms/b"]
    assert found.is_decided
    assert "Balance ×1" in str(found)


def test_an_unknown_placement_is_refused():
    with pytest.raises(UnknownNameError, match="known: vms/a, vms/b"):
        placement(fleet(), "c")


def test_tables_become_frames():
    run = simulate(case(workload("vm")), until_ms=1)
    assert events_frame(run)["kind"].to_list() == ["vm-created", "vm-started"]
    assert samples_frame(run)["vms_running"].to_list() == [1, 1]
    assert frame(placement(fleet(), "a").tables[0])["cluster"].to_list() == ["one", "two"]
