"""``--set`` and variants."""

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.events import documents_of_text
from ove_capacity.scenario.changes import changed, field_path

_VARIANTS = """\
workloads:
  - {name: a, cluster: one, count: 1, cpu: 1, memory: 1Gi}
variants:
  bigger: {clusters.one.pools.worker.count: 5, "workloads[0].count": 7}
  broken: {clusters.one.pools.worker.count: -5, "workloads[4].count": 7}
  wrong: {clusters.one.pools.worker.count: -5}
  whole: &whole {clusters.one.pools.worker: {count: 2, node: {cpu: 8, memory: 32Gi}}}
  part: {<<: *whole, clusters.one.pools.worker.count: 3}
"""


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a.b", ("a", "b")),
        ("a[0].b", ("a", 0, "b")),
        ('a."b.c".d', ("a", "b.c", "d")),
        ("a['b.c/d']", ("a", "b.c/d")),
        ("a.b-c_d", ("a", "b-c_d")),
        (r"a.b\.c/d.e", ("a", "b.c/d", "e")),
    ],
)
def test_a_path_is_read(text, path):
    assert field_path(text) == path


@pytest.mark.parametrize("text", ["", ".", "a..b", "[0]", "a[x]", "a[0", 'a."b', "a.b."])
def test_what_is_no_path_is_refused(text):
    with pytest.raises(ValueError, match="is not a path"):
        field_path(text)


def test_settings_are_read_as_yaml_and_win(scenario):
    case = scenario(
        _VARIANTS,
        set={
            "clusters.one.pools.worker.count": "4",
            "workloads[0].count": "3",
            'clusters.one.labels."example.com/x"': "east",
            "clusters.one.platform.openshift": "4.20",
        },
    )
    cluster = case.fleet.cluster("one")
    assert len(cluster.nodes) == 4
    assert case.plan.workloads[0].count == 3
    assert cluster.labels == {"example.com/x": "east"}
    assert str(cluster.release.openshift) == "4.20"


def test_values_may_be_given_as_they_are(scenario):
    assert len(scenario(set={"clusters.one.pools.worker.count": 3}).fleet.clusters[0].nodes) == 3


def test_an_item_of_a_list_is_found_by_its_name(scenario):
    (found,) = scenario(_VARIANTS, set={"workloads.a.count": "3"}).plan.workloads
    assert found.count == 3
    (found,) = scenario(_VARIANTS, set={'workloads["a"].count': "4"}).plan.workloads
    assert found.count == 4


def test_a_file_of_a_list_is_found_by_its_name():
    text = "{files: [x/one.yaml, x/two.yaml, y/two.yaml]}"
    document = next(documents_of_text(text, "s.yaml", Problems()))
    after = changed(document, {'files."one.yaml"': "z.yaml"}, Problems())
    assert after.document.value["files"] == ["z.yaml", "x/two.yaml", "y/two.yaml"]
    assert list(after.settings) == [("files", 0)]
    with pytest.raises(ScenarioError, match=r"2 items of files are called 'two\.yaml'"):
        changed(document, {'files."two.yaml"': "z.yaml"}, Problems())
    after = changed(document, {'files."y/two.yaml"': "z.yaml"}, Problems())
    assert after.document.value["files"][2] == "z.yaml"


def test_a_list_grows_at_its_end(scenario):
    new = "{name: b, cluster: one, cpu: 1, memory: 1Gi}"
    case = scenario(_VARIANTS, set={"workloads[1]": new})
    assert [each.name for each in case.plan.workloads] == ["a", "b"]


def test_a_variant_is_applied_before_settings(scenario):
    case = scenario(_VARIANTS, variant="bigger", set={"workloads[0].count": "2"})
    assert len(case.fleet.clusters[0].nodes) == 5
    assert case.plan.workloads[0].count == 2


def test_a_variant_may_change_a_part_of_what_another_one_changes(scenario):
    assert len(scenario(_VARIANTS, variant="whole").fleet.clusters[0].nodes) == 2
    assert len(scenario(_VARIANTS, variant="part").fleet.clusters[0].nodes) == 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workloads[3].count": "1"}, "--set workloads[3].count — there is no item [3]; the list"),
        ({"workloads.count": "1"}, "--set workloads.count — workloads is a list: write [0]"),
        ({"name.x": "1"}, "--set name.x — name is 'small', which has no fields"),
        ({"a..b": "1"}, "--set a..b — 'a..b' is not a path"),
        ({"seed": "["}, "--set seed — is not YAML"),
        ({"seed": "-3"}, "--set seed — must be at least 0 (got -3)"),
        ({"sed": "3"}, "--set sed — no such field; did you mean 'seed'?"),
        ({"sed.x": "3"}, "--set sed.x: sed — no such field; did you mean 'seed'?"),
        (
            {"clusters.one.pools.worker.nod.cpu": "3"},
            "--set clusters.one.pools.worker.nod.cpu: clusters.one.pools.worker.nod — no such",
        ),
        (
            {"clusters.two.labels.a": "b"},
            "--set clusters.two.labels.a: clusters.two — has no nodes",
        ),
    ],
)
def test_a_wrong_setting_is_told_by_its_own_words(problems, settings, message):
    assert problems(_VARIANTS, set=settings)[0].startswith(message)


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        ("biger", "s.yaml:11:3: variants — has no variant 'biger'; it has bigger, broken"),
        ("broken", 's.yaml:12:49: variants.broken."workloads[4].count" — there is no item [4]'),
        ("wrong", "s.yaml:13:44: clusters.one.pools.worker.count — must be at least 0 (got -5)"),
    ],
)
def test_a_wrong_variant_points_into_the_file(problems, variant, message):
    assert problems(_VARIANTS, variant=variant)[0].startswith(message)


def test_a_change_leaves_the_file_alone(scenario):
    changed = scenario(set={"clusters.one.pools.worker.count": "9"})
    assert len(changed.fleet.clusters[0].nodes) == 9
    assert len(scenario().fleet.clusters[0].nodes) == 2


def test_the_hash_follows_the_resolved_scenario(scenario):
    def digest(**options):
        return scenario(_VARIANTS, **options).provenance.scenario_sha256

    assert digest() == digest()
    assert digest(set={"seed": "5"}) != digest()
    assert digest(seed=5) == digest()
