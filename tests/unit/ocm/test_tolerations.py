import random

import pytest

from ove_capacity.model.placement import Placement
from ove_capacity.model.pod import Toleration
from ove_capacity.ocm import decide
from ove_capacity.ocm.tolerations import timer_ms
from tests.unit.ocm.build import cluster, hub, page, taint

ANY = Toleration(operator="Exists")


def chosen(taints, tolerations, now_s=0, is_decided=False):
    decisions = [page("p", "c")] if is_decided else []
    asked = Placement("p", tolerations=tuple(tolerations))
    decision = decide(asked, hub(cluster("c", taints=taints), decisions=decisions), now_s * 1000)
    return decision.clusters == ("c",)


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        (ANY, True),
        (Toleration("gpu", "Exists"), True),
        (Toleration("gpu", "Exists", effect="NoSelect"), True),
        (Toleration("gpu", "Exists", effect="NoSelectIfNew"), False),
        (Toleration("gpu", "Equal", "v100"), True),
        (Toleration("gpu", "", "v100"), True),
        (Toleration("gpu", "Equal", "a100"), False),
        (Toleration("gpu"), False),
        (Toleration("zone", "Exists"), False),
        (Toleration("gpu", "In", "v100"), False),
    ],
)
def test_a_toleration_matches_by_key_value_and_effect(toleration, expected):
    assert chosen([taint("gpu", value="v100")], [toleration]) is expected


@pytest.mark.parametrize(
    ("effect", "is_decided", "expected"),
    [
        ("NoSelect", True, False),
        ("NoSelectIfNew", False, False),
        ("NoSelectIfNew", True, True),
        ("PreferNoSelect", False, True),
    ],
)
def test_an_effect_says_whom_a_taint_keeps_away(effect, is_decided, expected):
    assert chosen([taint(effect=effect)], [], is_decided=is_decided) is expected


def test_every_taint_must_be_tolerated():
    tainted = [taint("a"), taint("b")]
    assert not chosen(tainted, [Toleration("a", "Exists")])
    assert chosen(tainted, [Toleration("a", "Exists"), Toleration("b", "Exists")])


@pytest.mark.parametrize(
    ("seconds", "now_s", "expected"),
    [
        (300, 399, True),
        (300, 400, False),
        (0, 100, False),
        (-5, 95, False),
        (0, 99, True),  # a taint of the future
        (9_223_372_037, 100, False),  # more nanoseconds than 64 bits hold
        (9_223_372_036, 100, True),
    ],
)
def test_a_toleration_is_over_at_its_very_end(seconds, now_s, expected):
    timed = Toleration("gone", "Exists", seconds=seconds)
    assert chosen([taint(added_s=100)], [timed], now_s) is expected


def test_seconds_count_for_no_select_if_new_and_for_clusters_that_are_not_chosen_yet():
    timed = Toleration("gone", "Exists", seconds=60)
    tainted = [taint(effect="NoSelectIfNew")]
    assert chosen(tainted, [timed], 59)
    assert not chosen(tainted, [timed], 60)
    assert chosen(tainted, [timed], 60, is_decided=True)


def test_a_longer_toleration_takes_over_when_a_shorter_one_ends():
    both = [Toleration("gone", "Exists", seconds=s) for s in (60, 300)]
    assert chosen([taint()], both, 299)
    assert not chosen([taint()], both, 300)


def requeue(clusters, tolerations, decided, now_s):
    asked = Placement("p", tolerations=tuple(tolerations))
    told = decide(asked, hub(*clusters, decisions=[page("p", *decided)]), now_s * 1000)
    return None if told.requeue_ms is None else told.requeue_ms / 1000


def timed(seconds, key="gone"):
    return Toleration(key, "Exists", seconds=seconds)


@pytest.mark.parametrize(
    ("tolerations", "now_s", "expected"),
    [
        ([timed(300)], 120, 180),
        ([timed(300)], 300, None),
        ([timed(60), timed(300)], 30, 30),
        ([timed(60), timed(300)], 60, 240),
        ([timed(300), timed(60)], 30, 270),  # the first that matches, not the shortest
        ([ANY, timed(60)], 30, None),
        ([timed(60), ANY], 30, 30),
        ([timed(60), ANY], 60, None),
        ([timed(60, "other")], 30, None),
    ],
)
def test_the_first_matching_toleration_that_lasts_sets_the_timer(tolerations, now_s, expected):
    assert requeue([cluster("c", taints=[taint()])], tolerations, ["c"], now_s) == expected


def test_only_clusters_that_were_decided_before_have_a_timer():
    tainted = cluster("c", taints=[taint()])
    assert requeue([tainted], [timed(300)], [], 0) is None
    assert requeue([tainted], [timed(300)], ["gone"], 0) is None


def test_a_cluster_with_one_taint_that_is_not_tolerated_has_no_timer():
    lost = cluster("lost", taints=[taint(), taint("other")])
    kept = cluster("kept", taints=[taint(added_s=50)])
    assert requeue([lost, kept], [timed(300)], ["lost", "kept"], 100) == 250


def test_a_cluster_that_no_longer_matches_keeps_its_timer():
    asked = Placement("p", number_of_clusters=0, tolerations=(timed(300),))
    told = decide(asked, hub(cluster("c", taints=[taint()]), decisions=[page("p", "c")]), 0)
    assert (told.clusters, told.requeue_ms) == ((), 300_000)


def test_timers_of_many_clusters_are_those_of_each():
    rng = random.Random(4)
    effects = ("NoSelect", "NoSelectIfNew", "PreferNoSelect")
    for _ in range(200):
        clusters = [
            cluster(
                f"c{i}",
                taints=[
                    taint(rng.choice("ab"), rng.choice(effects), added_s=rng.randrange(300))
                    for _ in range(rng.randrange(3))
                ],
            )
            for i in range(4)
        ]
        tolerations = tuple(
            timed(rng.choice((None, 60, 120, 300)), rng.choice("ab")) for _ in range(3)
        )
        now_s = rng.randrange(500)
        decided = [each for each in clusters if rng.random() < 0.7]
        timers = [timer_ms(each.taints, tolerations, now_s * 1000) for each in decided]
        ends = [timer / 1000 - now_s for timer in timers if timer is not None]
        found = requeue(clusters, tolerations, [each.name for each in decided], now_s)
        assert found == min(ends, default=None)


@pytest.mark.parametrize(
    ("toleration", "message"),
    [
        (Toleration(value="x"), "If the key is empty, operator must be Exists."),
        (Toleration("a", "Exists", "x"), "If the operator is Exists, the value should be empty."),
        (Toleration("", "Exists", "x"), "If the operator is Exists, the value should be empty."),
    ],
)
def test_a_toleration_that_says_nothing_misconfigures_when_there_is_a_candidate(
    toleration, message
):
    asked = Placement("p", tolerations=(toleration,))
    told = decide(asked, hub(cluster("c")))
    assert (told.status.plugin, told.misconfigured) == ("TaintToleration", message)
    assert decide(asked, hub()).misconfigured == ""
