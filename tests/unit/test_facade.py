from __future__ import annotations

from collections.abc import Callable

import pytest

import ove_capacity as oc
from tests.simulation.build import case, cluster, loss, workload


@pytest.mark.parametrize("name", oc.__all__)
def test_every_public_name_is_found_when_it_is_used(name: str) -> None:
    assert getattr(oc, name) is not None
    assert name in dir(oc)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'simulat'"):
        _ = oc.simulat


def test_completion_offers_what_is_public_and_nothing_else() -> None:
    assert dir(oc) == sorted(oc.__all__)


@pytest.mark.parametrize("ask", [oc.headroom, oc.failover, oc.verdict, oc.limits, oc.hub_load])
def test_a_path_where_a_case_is_due_is_told(ask: Callable[[str], object]) -> None:
    with pytest.raises(TypeError, match="not str; load"):
        ask("scenario.yaml")


def test_a_seed_given_to_simulate_replaces_the_case_s_in_the_provenance_too() -> None:
    run = oc.simulate(case(workload("db")), until="1h", seed=99)
    assert run.case.seed == 99


def test_a_length_is_text_or_milliseconds() -> None:
    lengths = [oc.simulate(case(), until=until).until_ms for until in ("2h", 7_200_000)]
    assert lengths == [7_200_000, 7_200_000]


@pytest.mark.parametrize("until", ["soon", "-1d", 0])
def test_a_length_that_is_none_is_a_value_error(until: str | int) -> None:
    with pytest.raises(ValueError, match=r"duration|after the start"):
        oc.simulate(case(), until=until)


def test_results_show_themselves_in_a_notebook() -> None:
    asked = case(workload("db"), loss("w1", at="1h", repair="1h"))
    run = oc.simulate(asked, until="1d")
    shown = [asked, run, oc.headroom(run), oc.failover(run), oc.explain(run, "vms/db-0")]
    assert all("<table>" in each._repr_html_() for each in shown)


def test_results_show_themselves_in_a_terminal() -> None:
    room = oc.headroom(case(workload("db")))
    assert repr(room) == str(room)


def test_a_run_has_its_clusters_in_the_order_of_the_scenario() -> None:
    asked = case(workload("db", cluster="alpha"), clusters=(cluster("zeta"), cluster("alpha")))
    tables = oc.simulate(asked, until="1h").tables[:2]
    assert [[row[0] for row in table.rows] for table in tables] == [["zeta", "alpha"]] * 2


def test_a_case_is_short_in_a_terminal() -> None:
    assert repr(case(workload("db"))) == "<Case test: 1 clusters, 1 workloads, seed 7>"
