import pytest

from ove_capacity.sim.log import EventLog, SampleLog


def test_events_are_rows_and_columns_of_the_same():
    log = EventLog()
    log.record(5, "vm-started", "production", "vms/a", node="w1")
    log.record(9, "vm-ended", "production", "vms/a")
    assert log.rows()[1] == {
        "time_ms": 9,
        "kind": "vm-ended",
        "cluster": "production",
        "name": "vms/a",
    }
    assert log.columns()["node"] == ["w1", ""]
    assert (len(log), log.count("vm-ended")) == (2, 1)


def test_a_sample_names_every_column():
    with pytest.raises(KeyError):
        SampleLog().record(time_ms=1)
