"""CRDs as their repositories publish them -> the compact schemas beside this file.

    python -m ove_capacity.checks.schemas.compact CLONES

*CLONES* holds a clone of each repository of ``sources.csv`` as ``owner/name``. Only names, types
and bounds are kept: no descriptions, no defaults, no CEL, nothing of ``status``. Equal parts are
stored once, so that ten releases of one CRD take little more room than one.
"""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.events import documents_of_text

__all__ = ["compacted", "exported_metrics", "main"]

_HERE = Path(__file__).parent
_LONGEST_PATTERN = 300
_LONGEST_NOTE = 400
_IGNORED = re.compile(r"(is|are|was|now|and) (now )?ignored|no longer (in use|used|has)|no effect")

_METRICS = "metrics"
_METRIC_NAME = re.compile(r"^(?:### |\| )([a-z_][a-z0-9_:]*)(?: \||$)", re.MULTILINE)

_KUBEVIRT_KINDS = (
    ("kubevirt", "KubeVirt", "kubevirt.io", ("v1", "v1alpha3")),
    ("migrationpolicy", "MigrationPolicy", "migrations.kubevirt.io", ("v1alpha1",)),
    ("virtualmachine", "VirtualMachine", "kubevirt.io", ("v1", "v1alpha3")),
    ("virtualmachineinstance", "VirtualMachineInstance", "kubevirt.io", ("v1", "v1alpha3")),
    (
        "virtualmachineinstancereplicaset",
        "VirtualMachineInstanceReplicaSet",
        "kubevirt.io",
        ("v1", "v1alpha3"),
    ),
    ("virtualmachinepool", "VirtualMachinePool", "pool.kubevirt.io", ("v1alpha1", "v1beta1")),
    *(
        (name.lower(), name, "instancetype.kubevirt.io", ("v1alpha1", "v1alpha2", "v1beta1"))
        for name in (
            "VirtualMachineInstancetype",
            "VirtualMachineClusterInstancetype",
            "VirtualMachinePreference",
            "VirtualMachineClusterPreference",
        )
    ),
)
"""Key in CRDsValidation -> kind, group, versions.

Source: kubevirt v1.1.0 to v1.9.0 pkg/virt-operator/resource/generate/components/crds.go.
"""

_KUBEVIRT_NEW_SINCE = {("pool.kubevirt.io", "v1beta1"): 7}
_KUBEVIRT_GONE_SINCE = {
    ("instancetype.kubevirt.io", "v1alpha1"): 7,
    ("instancetype.kubevirt.io", "v1alpha2"): 7,
}


class _Table:
    """Nodes of schemas, each different one once."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.known: dict[str, int] = {}

    def add(self, schema: Any) -> int:
        """The number of the node that a schema becomes."""
        node = self._node(schema if isinstance(schema, Mapping) else {})
        key = json.dumps(node, sort_keys=True)
        if key not in self.known:
            self.known[key] = len(self.nodes)
            self.nodes.append(node)
        return self.known[key]

    def _node(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        kind = schema.get("type")
        if schema.get("x-kubernetes-int-or-string"):
            return {"type": "int-or-string"}
        node: dict[str, Any] = {}
        if schema.get("nullable"):
            node["nullable"] = True
        if _is_ignored(str(schema.get("description", ""))):
            node["ignored"] = True
        if kind == "object" or schema.get("properties"):
            return node | self._object(schema)
        if kind == "array":
            return node | {"type": "array", "items": self.add(schema.get("items"))}
        if kind in ("string", "integer", "number", "boolean"):
            return node | _scalar(schema)
        return {"type": "any"}

    def _object(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        node: dict[str, Any] = {"type": "object"}
        fields = schema.get("properties") or {}
        if fields:
            node["fields"] = {name: self.add(fields[name]) for name in sorted(fields)}
        if schema.get("required"):
            node["required"] = sorted(schema["required"])
        more = schema.get("additionalProperties")
        if isinstance(more, Mapping):
            node["values"] = self.add(more)
        keeps = schema.get("x-kubernetes-preserve-unknown-fields") or more is True
        if keeps or schema.get("x-kubernetes-embedded-resource"):
            node["keeps"] = True
        return node


def _scalar(schema: Mapping[str, Any]) -> dict[str, Any]:
    node: dict[str, Any] = {"type": schema["type"]}
    enum = [each for each in schema.get("enum") or () if isinstance(each, str)]
    if enum and schema["type"] == "string":
        node["enum"] = enum
    for theirs, ours in (("minimum", "least"), ("maximum", "most")):
        if isinstance(schema.get(theirs), int | float):
            node[ours] = int(schema[theirs])
    if schema.get("format") in ("int32", "int64"):
        node["format"] = schema["format"]
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and len(pattern) <= _LONGEST_PATTERN and _compiles(pattern):
        node["pattern"] = pattern
    return node


def _is_ignored(description: str) -> bool:
    """Whether a field is kept only so that old objects are not refused."""
    words = " ".join(description.split()).lower()
    if len(words) > _LONGEST_NOTE:  # a long text speaks of more than its own field
        return False
    return "deprecated" in words and _IGNORED.search(words) is not None


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _root(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without what every object has, and without what nobody writes."""
    own = {**schema, "properties": dict(schema.get("properties") or {})}
    for name in ("apiVersion", "kind", "metadata", "status"):
        own["properties"].pop(name, None)
    own["required"] = [each for each in schema.get("required") or () if each in own["properties"]]
    return own


def _of_crds(text: str, file: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(``group/version/Kind``, schema) of each version that a file of CRDs serves."""
    for document in documents_of_text(text, file, Problems()):
        spec = (document.value or {}).get("spec", {})
        for version in spec.get("versions", ()):
            if version.get("served", True):
                schema = (version.get("schema") or spec.get("validation") or {}).get(
                    "openAPIV3Schema", {}
                )
                yield f"{spec['group']}/{version['name']}/{spec['names']['kind']}", schema


def _of_kubevirt(text: str, release: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The same of KubeVirt, whose schemas are texts in a Go map."""
    minor = int(release.split(".")[1])
    texts = dict(re.findall(r'^\t"([a-z]+)": `(.*?)`,$', text, re.DOTALL | re.MULTILINE))
    for key, kind, group, versions in _KUBEVIRT_KINDS:
        (document,) = documents_of_text(texts[key], key, Problems())
        for version in versions:
            begin = _KUBEVIRT_NEW_SINCE.get((group, version), 0)
            end = _KUBEVIRT_GONE_SINCE.get((group, version), 1000)
            if begin <= minor < end:
                yield f"{group}/{version}/{kind}", document.value["openAPIV3Schema"]


def _shown(clones: Path, row: Mapping[str, str]) -> str:
    command = ["git", "-C", str(clones / row["repository"]), "show", f"{row['ref']}:{row['path']}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def compacted(rows: Iterable[Mapping[str, str]], clones: Path) -> dict[str, Any]:
    """The schemas of one product: nodes, and by kind and release the number of the root."""
    table = _Table()
    kinds: dict[str, dict[str, int]] = {}
    since: dict[str, str] = {}
    assumed = False
    for row in rows:
        assumed |= row["basis"] == "assumed"
        text = _shown(clones, row)
        found = (
            _of_kubevirt(text, row["release"])
            if row["product"] == "kubevirt"
            else _of_crds(text, row["path"])
        )
        since[row["release"]] = row["openshift"]
        for key, schema in found:
            kinds.setdefault(key, {})[row["release"]] = table.add(_root(schema))
    return {
        "since": since,
        "assumed": assumed,
        "kinds": dict(sorted(kinds.items())),
        "nodes": table.nodes,
    }


def exported_metrics(rows: Iterable[Mapping[str, str]], clones: Path) -> dict[str, list[str]]:
    """Metric or recording rule -> the OpenShift releases whose documents list it."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for name in sorted(set(_METRIC_NAME.findall(_shown(clones, row)))):
            releases = found.setdefault(name, [])
            if row["openshift"] not in releases:
                releases.append(row["openshift"])
    return dict(sorted(found.items()))


def main(clones: str) -> None:
    """Write a file for each product, and the index of kinds."""
    with (_HERE / "sources.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    index: dict[str, str] = {}
    for product, own in groupby(rows, key=lambda row: row["product"]):
        if product == _METRICS:
            _write("metrics.json", exported_metrics(own, Path(clones)))
            continue
        found = compacted(own, Path(clones))
        index.update(dict.fromkeys(found["kinds"], product))
        _write(f"{product}.json", found)
    _write("index.json", dict(sorted(index.items())))


def _write(name: str, value: object) -> None:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    (_HERE / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
