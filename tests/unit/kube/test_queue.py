import pytest

from ove_capacity.kube.queue import (
    FLUSH_MS,
    add,
    backoff_ms,
    changed,
    discard,
    next_ms,
    park,
    pop_ready,
)
from ove_capacity.state.pending import PendingQueue, Waiting


def queue_of(*pods):
    queue = PendingQueue()
    for seq, (key, priority, at) in enumerate(pods):
        add(queue, Waiting(key, priority, at, seq))
    return queue


def keys(waiting):
    return [each.key for each in waiting]


def refused(now=0, attempts=1, **fields):
    queue = PendingQueue()
    park(queue, Waiting("a", 0, now, 0, attempts=attempts - 1, **fields), now)
    return queue


@pytest.mark.parametrize(
    ("attempts", "ms"),
    [(0, 0), (1, 1000), (2, 2000), (3, 4000), (4, 8000), (5, 10_000), (10_000, 10_000)],
)
def test_backoff_doubles_from_one_second_to_ten(attempts, ms):
    assert backoff_ms(attempts) == ms


def test_higher_priority_goes_first_then_the_older_then_the_first_come():
    queue = queue_of(("d", 0, 5), ("c", 0, 3), ("a", 9, 5), ("b", 0, 3), ("late", 9, 6))
    assert keys(pop_ready(queue, 5)) == ["a", "c", "b", "d"]
    assert next_ms(queue, 5) == 6


def test_a_refused_pod_is_left_alone_while_nothing_changes():
    assert next_ms(refused(), 0) is None


def test_freed_room_wakes_it_after_its_backoff():
    queue = refused(now=0, attempts=2)
    changed(queue, 500, room=True)
    assert next_ms(queue, 500) == 2000
    assert keys(pop_ready(queue, 2000)) == ["a"]


def test_freed_room_wakes_it_at_once_when_the_backoff_is_over():
    queue = refused(now=0)
    changed(queue, 60_000, room=True)
    assert next_ms(queue, 60_000) == 60_000


def test_a_binding_wakes_only_pods_that_look_at_other_pods():
    alone, social = refused(), refused(wakes_on_bind=True)
    for queue in (alone, social):
        changed(queue, 5000, room=False)
    assert (next_ms(alone, 5000), next_ms(social, 5000)) == (FLUSH_MS, 5000)


def test_the_flush_tries_a_parked_pod_again_after_five_minutes():
    queue = refused()
    changed(queue, 5000, room=False)
    assert keys(pop_ready(queue, FLUSH_MS - 1)) == []
    assert keys(pop_ready(queue, FLUSH_MS)) == ["a"]


def test_an_overdue_flush_happens_at_the_next_change():
    queue = refused()
    changed(queue, 2 * FLUSH_MS, room=False)
    assert next_ms(queue, 2 * FLUSH_MS) == 2 * FLUSH_MS


def test_a_deleted_pod_is_never_tried():
    queue = queue_of(("a", 0, 1), ("b", 0, 2))
    assert discard(queue, "a").key == "a"
    assert next_ms(queue, 0) == 2
    assert keys(pop_ready(queue, 2)) == ["b"]
    assert discard(queue, "a") is None
