"""VMs that admission refuses: counted, explained, and nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

import ove_capacity as oc
from ove_capacity.model.plan import Arrivals
from ove_capacity.model.storage import Disk, StorageSystem
from ove_capacity.report.text import simulate_text
from ove_capacity.sim.run import Run
from ove_capacity.simtime import HOUR_MS
from tests.simulation.build import GIB, case, cluster, workload

WHY = "labels: owner: validation error: say whose it is. rule owner failed at path /metadata/"
REFUSED = {"production": WHY}


@pytest.fixture
def run() -> Run:
    """Two VMs are refused and one runs; more of the refused arrive all day."""
    web = replace(workload("web", count=2, refused=REFUSED), disks=(Disk("root", GIB),))
    stream = Arrivals(replace(web, name="batch", count=1), HOUR_MS)
    odf = StorageSystem("odf", 1024 * GIB)
    plan = case(web, workload("app"), arrivals=[stream], clusters=[cluster(storage=(odf,))])
    return oc.simulate(plan, until="1d", check=True)


def test_they_are_counted_and_take_nothing(run: Run) -> None:
    counts = run.counts["production"]
    assert (counts["running"], counts["pending"]) == (1, 0)
    assert counts["refused"] == run.events.count("vm-refused") > 2
    budgets = oc.headroom(run).clusters["production"].budgets
    assert all(each.held == 0 for each in budgets if each.name.startswith("storage:"))


def test_they_exist_for_no_tested_maximum_and_for_no_mix(run: Run) -> None:
    limits = {each.name: each.have for each in oc.headroom(run).clusters["production"].limits}
    assert limits["vms_per_cluster"] == 1
    assert dict(oc.ladder(run).clusters["production"].mix) == {"app": 1.0}


def test_each_says_why(run: Run) -> None:
    assert run.vm("web-0").reason == WHY
    assert run.vm("web-0") in run.unplaced
    found = oc.explain(run, "web-0")
    assert f"is refused by admission ({WHY}); let in and placed now it would go to" in found.answer
    assert found.to_dict()["refused_by_admission"] == WHY
    assert oc.explain(run, "app-0").to_dict()["refused_by_admission"] is None


def test_no_more_of_them_fit(run: Run) -> None:
    fits = {each.shape: each for each in oc.headroom(run).clusters["production"].fits}
    assert (fits["web"].count, fits["web"].binding) == (0, "admission does not let it in")
    assert fits["web"].message == WHY
    assert fits["app"].count > 0


def test_a_vm_that_is_refused_elsewhere_is_let_in_here() -> None:
    run = oc.simulate(case(workload("web", refused={"staging": WHY})), until=1)
    assert run.counts["production"]["running"] == 1


def test_the_page_tells_them(run: Run) -> None:
    page = simulate_text(run)
    assert "1 running" in page
    assert "refused by admission" in page.partition("\n\n")[0]
    assert f"{WHY[:40]}" in page
    planned = oc.simulate(case(workload("web", count=2, refused=REFUSED)), until=1)
    assert "refused" not in simulate_text(oc.simulate(case(workload("web")), until=1))
    assert planned.counts["production"]["refused"] == 2


def test_the_verdict_is_no_and_machines_are_no_cure() -> None:
    found = oc.verdict(case(workload("web", count=2, refused=REFUSED)))
    fits = next(iter(found.clusters["production"].findings.values()))
    assert (str(fits.answer), fits.change) == ("NO", "none known")
    assert fits.detail == "2 of 2 VMs are refused by admission"
    assert WHY in fits.binding
