"""Cluster profiles: YAML inside a ConfigMap."""

import pytest

from ove_capacity.manifests.objects import objects_of
from ove_capacity.manifests.profile import built_in_profiles

_HEAD = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: cluster-profile-test}
data:
  profile: |
    node_count: 4
    master_nodes: 3
    worker_nodes: 2
    node_specifications:
      master: {cpu: 8, memory: 32Gi, storage: 200Gi SSD}
"""


def test_a_profile_is_read_with_size_and_medium(documents, problems):
    found = objects_of(documents(_HEAD + "      worker: {cpu: 16, memory: 64Gi}\n"), problems)
    profile = found.profiles["test"]
    shape = dict(profile.shapes)["master"]
    assert (shape.storage_bytes, shape.storage_medium) == (200 << 30, "SSD")
    assert (profile.count("worker"), profile.count("storage")) == (2, 0)


def test_a_total_that_contradicts_its_parts_is_warned_of(documents, problems):
    objects_of(documents(_HEAD + "      worker: {cpu: 16, memory: 64Gi}\n"), problems)
    assert [str(each) for each in problems.warnings] == [
        "test.yaml:6:17: data.profile.node_count — node_count says 4, its parts "
        "3 master + 2 worker = 5; the parts are used"
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "      worker: {cpu: 16, memory: lots}\n",
            "test.yaml:11:33: data.profile.node_specifications.worker.memory — "
            "'lots' is not a quantity like 64Gi, 500m or 1.5",
        ),
        ("      worker: {cpu: [}\n", "test.yaml:11:22 — is not YAML"),
        ("", "test.yaml:10:7: data.profile.node_specifications — 'worker' is missing"),
    ],
)
def test_a_mistake_inside_the_string_points_into_the_file(documents, problems, line, message):
    objects_of(documents(_HEAD + line), problems)
    assert any(str(each).startswith(message) for each in problems.errors)


def test_another_config_map_is_only_counted(documents, problems):
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n"
    assert dict(objects_of(documents(text), problems).unmodelled) == {"ConfigMap": 1}


def test_the_built_in_profiles_are_sound():
    profiles = built_in_profiles()
    assert list(profiles) == ["development", "management", "production", "staging"]
    assert all(profile.built_in and profile.shapes for profile in profiles.values())


def test_more_machines_than_any_cluster_has_are_refused(documents, problems):
    text = _HEAD.replace("worker_nodes: 2", "worker_nodes: 1000000000000")
    objects_of(documents(text), problems)
    assert any("must be at most 20,000 (got 1000000000000)" in str(e) for e in problems.errors)
