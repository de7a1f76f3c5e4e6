"""When a loop of the autoscaler is due, and what those left out leave behind."""

import pytest

from ove_capacity.openshift.autoscaler.loop import LoopMemory
from ove_capacity.openshift.autoscaler.options import AutoscalingOptions
from ove_capacity.openshift.autoscaler.scale_down import ScaleDownMemory
from ove_capacity.openshift.autoscaler.waking import awoken, looks_again_ms, next_tick_ms

OPTIONS = AutoscalingOptions()


@pytest.mark.parametrize(
    ("after", "last", "tick"),
    [
        (0, 0, 10_000),
        (9_999, 0, 10_000),
        (10_000, 0, 20_000),
        (5_000, 3_000, 13_000),
        (3_000, 3_000, 13_000),
        (0, 3_000, 13_000),
    ],
)
def test_the_next_loop_is_strictly_later(after, last, tick):
    assert next_tick_ms(after, last) == tick


def _memory(until, updated=0):
    return LoopMemory(
        scale_down=ScaleDownMemory(unremovable_until={"w": until}, updated_ms=updated)
    )


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (10_000, 300_000),  # the very next loop: none was left out
        (300_000, 300_000),  # this loop itself looks again
        (310_000, 600_000),  # the one before has
        (890_000, 900_000),
        (910_000, 1_200_000),
    ],
)
def test_nodes_were_looked_at_again_by_the_loops_left_out(now, until):
    found = awoken(_memory(300_000), now, OPTIONS).scale_down
    assert found.unremovable_until == {"w": until}
    assert found.updated_ms == max(0, now - 10_000)


def test_a_node_is_looked_at_again_when_things_have_changed_since_it_was():
    memory = _memory(300_000)  # looked at in the loop at 0
    assert looks_again_ms(memory, 0, OPTIONS) is None
    assert looks_again_ms(memory, 10_000, OPTIONS) == 299_999
