"""Lists of very many objects: item by item, with the bounds for each."""

import resource
import time

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests import events, files, pieces
from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.files import each_document
from ove_capacity.manifests.objects import objects_of

_HEAD = "apiVersion: v1\nitems:\n"
_POD = """\
- apiVersion: v1
  kind: Pod
  metadata: {name: pNUMBER, namespace: ns}
  spec: {containers: [{name: c, resources: {requests: {cpu: 1}}}]}
"""
_TAIL = "kind: List\nmetadata: {resourceVersion: ''}\n"


def _pods(count):
    return _HEAD + "".join(_POD.replace("NUMBER", str(n)) for n in range(count)) + _TAIL


def _read(path, problems=None):
    problems = problems or Problems()
    return objects_of(each_document(path, problems, file="f.yaml"), problems)


@pytest.fixture
def file(tmp_path):
    def written(text):
        path = tmp_path / "list.yaml"
        path.write_text(text)
        return path

    return written


@pytest.fixture
def small_bounds(monkeypatch):
    """Files of a hundred KiB are large, and 200 values are many."""
    monkeypatch.setattr(events, "MAX_NODES", 200)
    for module in (files, pieces):
        monkeypatch.setattr(module, "MAX_BYTES", 100_000)
    monkeypatch.setattr(pieces, "_PIECE_BYTES", 1000)


def test_items_come_one_by_one_with_their_places(documents):
    found = documents(_pods(2))
    assert [each.value["metadata"]["name"] for each in found] == ["p0", "p1"]
    problem = found[1].problem(("spec", "containers", 0, "name"), "x")
    assert (str(problem), problem.line) == (
        "test.yaml:10:30: items[1].spec.containers[0].name — x",
        10,
    )


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("kind: PodList\n" + _pods(1).replace("kind: List", "x: 1"), 1),
        ("kind: Foo\napiVersion: v1\nitems:\n" + _POD, 1),
        ("a: 1\n" + _pods(2), 1),
        ("items:\n" + _POD * 2, 1),
        ("apiVersion: v1\nitems: &all\n" + _POD * 2, 1),
        ("apiVersion: v1\nitems:\n- {metadata: {}}\n" + _POD * 2, 1),
        ("apiVersion: v1\nitems: []\nkind: List\n", 1),
    ],
)
def test_what_is_not_surely_a_list_stays_whole(documents, text, count):
    assert len(documents(text)) == count


def test_a_list_may_be_longer_than_the_bound_of_a_document(file, small_bounds):
    assert len(_read(file(_pods(500))).pods) == 500


def test_a_large_file_is_read_in_pieces_as_a_small_one_is(file, small_bounds):
    text = _pods(1000).replace("name: p7,", "name: pé,").replace("p999,", "p999, labels: [],")
    problems = Problems()
    found = _read(file(text), problems)
    assert len(text) > 100_000
    assert [pod.name for pod in found.pods[6:9]] == ["p6", "pé", "p8"]
    assert [each.line for each in problems.errors] == [4001]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (("p900,", "p900, a: \x01,"), "f.yaml:3605:1 — holds the control character 0x01"),
        (("kind: List", "kind: ["), "is not YAML"),
        (("p900,", "p900, a: *b,"), "alias *b has no anchor"),
        (("p900,", f"p900, a: {[1] * 300},"), "has more than 200,000 values, aliases counted"),
        (("p900,", f"p900, a: {'[' * 200},"), "is nested more than 100 levels deep"),
        (("p900,", f"p900, a: {'x' * 200_000},"), "has an object of more than 0 MiB"),
    ],
)
def test_a_large_file_that_is_spoilt_is_refused_with_the_line(file, small_bounds, spoil, words):
    with pytest.raises(ScenarioError) as caught:
        _read(file(_pods(1000).replace(*spoil)))
    assert words in str(caught.value)


def test_aliases_are_counted_over_all_items(file, small_bounds):
    anchored = _POD.replace("ns}", "&ns ns, annotations: &many {a: b, c: d, e: f}}")
    more = _POD.replace("ns}", "ns, annotations: *many}") * 200
    with pytest.raises(ScenarioError, match="more than 200,000 values"):
        _read(file(_HEAD + anchored + more + _TAIL))


def test_memory_does_not_grow_with_what_is_not_modelled(file):
    route = "- apiVersion: v1\n  kind: Route\n  spec: {a: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\n"
    path = file(_HEAD + route * 5_000 + _TAIL)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    assert _read(path).unmodelled == {"Route": 5_000}
    assert time.process_time() - began < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024
