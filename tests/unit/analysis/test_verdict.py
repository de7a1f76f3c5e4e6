from __future__ import annotations

from dataclasses import replace

import pytest

import ove_capacity as oc
from ove_capacity.analysis.binding import binding_of
from ove_capacity.analysis.finding import Question, weakest
from ove_capacity.model.assumption import Assumption, Evidence
from ove_capacity.model.autoscaling import Autoscaling, ClusterAutoscaler, NodeGroup
from ove_capacity.model.network import VmNetwork
from ove_capacity.model.placement import ClusterSelector, Placement
from ove_capacity.model.selector import LabelSelector, Requirement
from ove_capacity.model.storage import Disk, StorageSystem
from tests.simulation.build import GIB, case, cluster, node, workload

TIB = 1024 * GIB
ODF = StorageSystem("odf", 4 * TIB)  # a third of it, and of that 75 %: 1 TiB


def answer(question, *plan, **fields):
    """(answer, what binds, change) of one question, on a cluster called production."""
    fields.setdefault("clusters", [cluster(remediation="nhc-snr")])
    verdict = oc.verdict(case(*plan, **fields))
    found = verdict.clusters["production"].findings[Question(question)]
    return str(found.answer), found.binding, found.change


def vms(count, memory_gib=32, **fields):
    return workload("db", count=count, memory_gib=memory_gib, **fields)


def of_storage(**fields):
    return [cluster(storage=(ODF,), **fields)]


def test_a_lone_worker_needs_company() -> None:
    lone = [cluster(nodes=(node("w1"),), remediation="nhc-snr")]
    said, what, change = answer("n_plus_1", vms(1), clusters=lone)
    assert (said, what) == ("NO", "workers")
    assert change.startswith("1 more machine like w1, of which 33 GiB of memory and 2 cores")
    told = answer("n_plus_1_while_draining", vms(1), clusters=lone)
    assert told == ("NO", "workers", "2 more machines like w1")


def test_vms_larger_than_any_machine_fit_with_larger_ones() -> None:
    change = "2 more machines like w1 with 32 cores and 301 GiB for VMs"
    assert answer("fits", vms(2, memory_gib=300)) == ("NO", "memory", change)


def test_vms_fit_when_workers_are_no_longer_cordoned() -> None:
    shut = [cluster(nodes=tuple(node(f"w{i}", unschedulable=True) for i in range(2)))]
    expected = ("NO", "node(s) were unschedulable", "uncordon w0, w1")
    assert answer("fits", vms(1), clusters=shut) == expected


# Three workers of 32 cores and 128 GiB; a VM of 32 GiB asks for a little more: three fit on each.
@pytest.mark.parametrize(
    ("question", "count", "expected"),
    [
        ("fits", 0, ("-", "", "")),
        ("fits", 9, ("yes", "", "")),
        ("fits", 10, ("NO", "memory", "1 more machine like w1")),
        ("fits", 16, ("NO", "memory", "3 more machines like w1")),
        ("n_plus_1", 0, ("-", "", "")),
        ("n_plus_1", 6, ("yes", "", "")),
        ("n_plus_1_while_draining", 3, ("yes", "", "")),
        ("n_plus_1_while_draining", 4, ("NO", "memory", "1 more machine like w2")),
        ("n_plus_1_while_draining", 9, ("NO", "memory", "2 more machines like w2")),
        ("guideline", 1, ("yes", "", "")),
        ("storage", 1, ("unknown", "", "")),
        ("limits", 1, ("yes", "", "")),
    ],
)
def test_each_question_has_an_answer_what_binds_and_what_would_change_it(
    question: str, count: int, expected: tuple[str, str, str]
) -> None:
    assert answer(question, *([vms(count)] if count else [])) == expected


def test_a_loss_that_is_not_survived_names_the_smallest_spare() -> None:
    said, binds, change = answer("n_plus_1", vms(7))
    assert (said, binds) == ("NO", "memory")
    assert change.startswith("1 more machine like w")


@pytest.mark.parametrize(("count", "more"), [(3, ""), (4, " and 1 more machine like w1")])
def test_vms_that_bridge_the_pod_network_keep_their_node_from_being_drained(
    count: int, more: str
) -> None:
    bridging = vms(count, vmi_fields={"eviction_strategy": "LiveMigrate"})
    said, binds, change = answer("n_plus_1_while_draining", bridging)
    assert (said, binds) == ("NO", "cannot migrate: it bridges the pod network")
    assert change == f"masquerade instead of bridge on the pod network for db{more}"


def test_without_fencing_a_yes_has_a_but() -> None:
    said, binds, _ = answer("n_plus_1", vms(3), clusters=[cluster()])
    assert said == "yes"
    assert "by hand" in binds


@pytest.mark.parametrize(
    ("disk_gib", "expected"),
    [
        (100, ("yes", "", "")),
        (256, ("yes", "", "")),
        (300, ("NO", "storage:odf", "176 GiB more usable storage")),
    ],
)
def test_disks_are_counted_against_what_is_usable(
    disk_gib: int, expected: tuple[str, str, str]
) -> None:
    disks = (Disk("root", disk_gib * GIB),)
    assert answer("storage", vms(4, disks=disks), clusters=of_storage()) == expected


def test_storage_of_vms_that_name_no_disks_is_unknown() -> None:
    assert answer("storage", vms(4), clusters=of_storage())[0] == "unknown"


def test_addresses_that_do_not_suffice_are_a_limit() -> None:
    lan = cluster(vm_networks=(VmNetwork("lan", addresses=3),))
    assert answer("limits", vms(4, networks=("lan",)), clusters=[lan]) == (
        *("NO", "addresses:lan", "1 address more"),
    )


@pytest.mark.parametrize(
    ("count", "most", "expected"),
    [
        (6, 4, ("yes", "", "")),
        (9, 5, ("yes", "", "")),
        (9, 4, ("NO", "autoscaler: maxReplicas", "more maxReplicas of worker")),
    ],
)
def test_limits_of_the_autoscaler_matter_when_vms_wait(count, most, expected) -> None:
    nodes = tuple(node(f"w{i}") for i in range(3))
    members = dict.fromkeys((each.name for each in nodes), "worker")
    asked = Autoscaling(ClusterAutoscaler(), (NodeGroup("worker", 1, most),), members)
    scaled = [cluster(nodes=nodes, autoscaling=asked)]
    assert answer("limits", vms(count, memory_gib=60), clusters=scaled) == expected
    refused = [replace(scaled[0], autoscaling=replace(asked, refused=("memory in Gi",)))]
    told = answer("limits", vms(count, memory_gib=60), clusters=refused)
    assert told == ("yes", "its autoscaler is refused: nothing is scaled", "")


def test_a_share_that_is_above_by_one_definition_only_depends() -> None:
    masters = [replace(node(f"m{i}"), labels={}) for i in range(3)]
    machines = (*masters, *(node(f"w{i}") for i in range(3)))
    said, binds, change = answer("guideline", clusters=[cluster(nodes=machines)])
    # 3 of 3 + 7 machines are 30 %; without anything reserved the other two are no more.
    assert (said, change) == ("depends", "4 more machines in pool worker")
    assert "no workers" in binds


def test_more_workers_do_not_help_where_the_system_takes_too_much_of_each() -> None:
    greedy = [replace(node(f"w{i}"), platform={"memory": 100 * GIB}) for i in range(3)]
    said, _, change = answer("guideline", clusters=[cluster(nodes=tuple(greedy))])
    assert (said, change) == ("depends", "none known")


def test_an_empty_cluster_has_nothing_to_ask_about() -> None:
    verdict = oc.verdict(case(clusters=[replace(cluster(), nodes=())]))
    answers = {
        str(name): str(found.answer)
        for name, found in verdict.clusters["production"].findings.items()
    }
    assert answers == {
        **{"fits": "-", "n_plus_1": "-", "n_plus_1_while_draining": "-", "guideline": "-"},
        **{"storage": "unknown", "limits": "yes"},
    }
    assert not verdict.is_no


def test_one_no_makes_the_whole_a_no() -> None:
    assert oc.verdict(case(vms(10))).is_no


def test_vms_whose_placement_finds_no_cluster_are_a_no_of_all() -> None:
    labelled = LabelSelector((Requirement("tier", "In", ("gold",)),))
    nowhere = Placement("gold", "vms", predicates=(ClusterSelector(labels=labelled),))
    verdict = oc.verdict(case(vms(2, placement="vms/gold"), placements=(nowhere,)))
    assert verdict.is_no
    assert verdict.sentences[-1].startswith("db: its Placement chose no cluster")


def test_the_page_names_what_is_not_a_plain_yes_and_only_that() -> None:
    page = str(oc.verdict(case(vms(10))))
    assert "- fits, production: NO; 1 of 10 VMs find no node. What binds: memory." in page
    assert "- limits" not in page


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([], "given"),
        ([("platform.worker", Evidence.MEASURED, "production")], "measured"),
        (
            [
                ("platform.worker", Evidence.ASSUMED, "lab, production"),
                ("node.max_pods", Evidence.DOCUMENTED, ""),
            ],
            "assumed",
        ),
        ([("platform.worker", Evidence.ASSUMED, "production-2")], "given"),
        ([("storage.replicas", Evidence.ASSUMED, "production")], "given"),
    ],
)
def test_an_answer_is_as_sure_as_the_weakest_number_that_matters(
    known: list[tuple[str, Evidence, str]], expected: str
) -> None:
    assumptions = [Assumption(name, "1", "here", how, where) for name, how, where in known]
    assert weakest(Question.FITS, "production", assumptions) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes …", "memory"),
        (
            "0/9 nodes are available: 2 Insufficient cpu, 7 Insufficient hugepages-1Gi.",
            "hugepages-1Gi",
        ),
        ("0/9 nodes are available: 4 Too many pods, 5 node(s) were unschedulable.", "pods"),
        (
            "0/2 nodes are available: 2 node(s) had untolerated taint {a: }.",
            "node(s) had untolerated taint {a: }",
        ),
        ("node w1 is down", "node w1 is down"),
    ],
)
def test_what_binds_is_read_from_the_scheduler_s_sentence(sentence: str, expected: str) -> None:
    assert binding_of(sentence) == expected
