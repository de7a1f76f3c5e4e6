"""Parts of a scenario in files of their own."""

import pytest

from tests.unit.scenario.conftest import SMALL

POOL = "clusters: {one: {pools: {worker: {count: 9, labels: {a: b}}}}}\n"
VMS = "workloads: [{name: NAME, cluster: one, instancetype: u1.small}]\n"
POD = "{kind: Pod, apiVersion: v1, metadata: {name: p}, spec: {nodeName: x, containers: []}}"


def test_what_the_scenario_says_wins_and_workloads_are_joined(scenario):
    files = {
        "a.yaml": POOL + VMS.replace("NAME", "a") + "seed: 5\n",
        "b.yaml": VMS.replace("NAME", "b") + "seed: 6\n",
    }
    case = scenario("imports: [a.yaml, b.yaml]\n" + VMS.replace("NAME", "own"), files)
    assert [each.name for each in case.plan.workloads] == ["a", "b", "own"]
    nodes = case.fleet.clusters[0].nodes
    assert (len(nodes), nodes[0].labels["a"], case.seed) == (2, "b", 6)


def test_a_part_names_files_relative_to_itself(scenario):
    files = {
        "parts/one.yaml": "imports: deep/two.yaml\nclusters: {one: {nodes: n.yaml}}\n",
        "parts/deep/two.yaml": "clusters: {one: {manifests: [m/], vms: [{path: v.yaml}]}}\n",
        "parts/n.yaml": POD,
        "parts/deep/m/r.yaml": "kind: Route\n",
        "parts/deep/v.yaml": "kind: Gate\n",
    }
    case = scenario("imports: parts/one.yaml\n", files)
    assert any("1 Gate, 1 Route" in warning for warning in case.warnings)
    assert any("1 pods are on no node" in warning for warning in case.warnings)


def test_a_part_that_is_imported_twice_is_read_once(scenario):
    files = {
        "a.yaml": "imports: c.yaml\n",
        "b.yaml": "imports: [c.yaml]\n",
        "c.yaml": VMS.replace("NAME", "c"),
    }
    assert len(scenario("imports: [a.yaml, b.yaml]\n", files).plan.workloads) == 1


def test_what_is_wrong_in_a_part_is_told_with_its_own_place(problems):
    files = {
        "p/a.yaml": "# a part\nseed: x\nclusters:\n  one:\n    remediaton: none\n",
        "p/b.yaml": "workloads:\n- {name: w, cluster: two, instancetype: u1.small}\n",
    }
    assert problems("imports: [p/a.yaml]\n", files) == [
        "p/a.yaml:2:7: seed — must be a whole number (got 'x')",
        "p/a.yaml:5:5: clusters.one.remediaton — no such field; did you mean 'remediation'?",
    ]
    assert problems("imports: [p/b.yaml]\n", files, set={"seed": "1"}) == [
        "p/b.yaml:2:22: workloads[0].cluster — there is no cluster 'two'; known: one"
    ]


@pytest.mark.parametrize(
    ("imports", "files", "problem"),
    [
        ("a.yaml", {"a.yaml": "imports: s.yaml"}, "imports itself: s.yaml → a.yaml → s.yaml"),
        ("a.yaml", {"a.yaml": "imports: a.yaml"}, "imports itself: a.yaml → a.yaml"),
        ("../a.yaml", {}, "leads out of the scenario's folder, which needs --allow-outside"),
        ("/etc/hostname", {}, "leads out of the scenario's folder"),
        ("a.yaml", {}, "there is no file 'a.yaml'"),
        ("[1]", {}, "must be names of files (got a list)"),
        ("a.yaml", {"a.yaml": "- 1"}, "a.yaml:1:1 — is not a part of a scenario"),
        ("a.yaml", {"a.yaml": "kind: Node"}, "is a Kubernetes object, not a part of a scenario"),
        ("a.yaml", {"a.yaml": "a: ["}, "a.yaml:2:1 — is not YAML"),
    ],
)
def test_a_part_that_cannot_be_had_is_refused(problems, imports, files, problem):
    (told,) = problems(f"imports: {imports}\n", files)
    assert problem in told


def test_parts_of_parts_have_an_end(problems):
    files = {f"{n}.yaml": f"imports: {n + 1}.yaml" for n in range(50)}
    (told,) = problems("imports: 0.yaml\n", files)
    assert "19.yaml:1:10: imports — is the 20th import in a row" in told


def test_outside_is_read_when_that_is_allowed(scenario, tmp_path):
    outside = tmp_path.parent / f"{tmp_path.name}-part.yaml"
    outside.write_text("seed: 8\n")
    text = f"imports: ../{outside.name}\n"
    assert scenario(text, allow_outside=True).seed == 8


def test_imports_cannot_be_changed_later(problems):
    (told,) = problems("", set={"imports": "a.yaml"})
    assert "cannot be changed" in told


def test_changes_reach_what_was_imported(scenario):
    case = scenario(
        "imports: a.yaml\n",
        {"a.yaml": VMS.replace("NAME", "a")},
        small=SMALL,
        set={"workloads[0].count": "3"},
    )
    assert case.plan.workloads[0].count == 3
