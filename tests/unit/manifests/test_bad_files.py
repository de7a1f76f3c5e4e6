"""A file that is not what it should be ends with a sentence and its place, at once."""

import re
import resource
import time

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.files import read_documents
from ove_capacity.manifests.objects import objects_of

_LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

BAD = {
    "binary": (bytes(range(256)), r"binary file|not UTF-8"),
    "a zip archive": (b"PK\x03\x04rest", r"is a zip archive"),
    "empty": (b"", r"is empty"),
    "only a comment": (b"# nothing\n", r"is empty"),
    "not UTF-8": (b"a: b\nc: \xff\n", r":2:4 — is not UTF-8 text \(byte 0xff\)"),
    "a control character": (b"a: b\x00c\n", r":1:5 — holds the control character 0x00"),
    "duplicate keys": (b"a: 1\nb: 2\na: 3\n", r":3:1 — has the key 'a' twice; .* line 1"),
    "a Python tag": (b'a: !!python/object/apply:os.system ["ls"]\n', r":1:4 — has the tag"),
    "any tag": (b"a: !!str 5\n", r":1:4 — has the tag"),
    "nested brackets": (b"[" * 50_000, r":1:101 — is nested more than 100 levels deep"),
    "nested brackets on lines": (b"[\n" * 1_000_000, r":101:1 — is nested more than 100"),
    "nested braces": (b"{a: " * 50_000, r"is nested more than 100 levels deep"),
    "nested dashes": (b"- " * 50_000, r"is nested more than 100 levels deep"),
    "a billion laughs": (_LAUGHS.encode(), r"more than 200,000 values, aliases counted"),
    "a million values": (b"[" + b"1," * 1_000_000 + b"1]", r"more than 200,000 values"),
    "an alias of itself": (b"a: &a [*a]\n", r":1:8 — alias \*a contains itself"),
    "an alias of nothing": (b"a: *b\n", r":1:4 — alias \*b has no anchor"),
    "an unclosed list": (b"a: [1, 2\n", r"is not YAML: did not find"),
    "a tab": (b"a:\n\tb: 1\n", r":2:1 — is not YAML"),
    "a list as a key": (b"? [a]\n: 1\n", r":1:3 — has a key that is not text"),
    "a Go template": (b"a: {{ .x }}\n", r":1:5 — is a Go template \(\{\{ \.x \}\}\), not YAML"),
    "a Go template with blocks": (
        b"{{- if .x }}\na: 1\n{{ end }}\n",
        r":1:3 — is a Go template \(\{\{- if",
    ),
    "a Jinja template": (b"a: {{ x | upper }}\n", r"is a Jinja template"),
    "a Jinja template with blocks": (b"{% if x %}\na: 1\n", r"is a Jinja template"),
    "a Helm template": (
        b'a: 1\n{{ include "x" . }}\n',
        r"is a Helm template with more .* `helm template`",
    ),
    "text that is wrong beside braces that are not": (
        b'a: "{{ $x }}"\nb: |\n  {{ if }}\nc: [\n',
        r"is not YAML: did not find",
    ),
    "a Helm value that is not there": (b"a: {{ .Values.b }}\n", r":1:4 — needs 'b' in"),
    "merging text": (b"a: {<<: b}\n", r"merges something that is not a mapping"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_refused_with_its_place(tmp_path, content, message):
    file = tmp_path / "bad.yaml"
    file.write_bytes(content)
    began = time.process_time()
    with pytest.raises(ScenarioError) as caught:
        read_documents(file, file="bad.yaml")
    assert time.process_time() - began < 1
    assert re.search("^bad.yaml.*" + message, str(caught.value))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (".", "is a folder, not a file"),
        ("absent.yaml", "does not exist"),
        ("a\0b", "cannot be read: not a file name"),
        ("x" * 500, "cannot be read: File name too long"),
    ],
)
def test_a_path_that_leads_to_no_file_is_refused(tmp_path, name, message):
    with pytest.raises(ScenarioError) as caught:
        read_documents(f"{tmp_path}/{name}")
    assert message in str(caught.value)


def test_a_device_is_no_file():
    with pytest.raises(ScenarioError, match="is not a file"):
        read_documents("/dev/zero")


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    file = tmp_path / "large.yaml"
    with file.open("wb") as stream:
        stream.truncate(1 << 33)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ScenarioError, match="is larger than 32 MiB"):
        read_documents(file)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_two_megabytes_of_nodes_are_read_in_a_second(tmp_path):
    node = (
        "- apiVersion: v1\n  kind: Node\n  metadata:\n    name: w{}\n    labels:\n"
        + "".join(f"      example.com/label-{n}-of-a-usual-length: some-value\n" for n in range(20))
        + "  status:\n    capacity: {{cpu: '64', memory: 263597048Ki, pods: '250'}}\n"
    )
    text = "apiVersion: v1\nkind: List\nitems:\n" + "".join(node.format(n) for n in range(1600))
    file = tmp_path / "nodes.yaml"
    file.write_text(text)
    began = time.process_time()
    documents = read_documents(file)
    seconds = time.process_time() - began
    assert len(text) > 2_000_000
    assert seconds < 1
    assert len(documents) == 1600


def test_what_is_no_object_is_set_aside_with_a_warning(problems, documents):
    found = objects_of(documents("- job: x\n---\na: 1\n---\nkind: Route\n"), problems)
    assert (dict(found.unmodelled), found.read.total()) == ({"Route": 1}, 0)
    assert [str(each) for each in problems.warnings] == [
        "test.yaml:1:1 — a list, not a Kubernetes object: it has no kind; set aside",
        "test.yaml:3:1 — not a Kubernetes object: it has no kind; set aside",
    ]
