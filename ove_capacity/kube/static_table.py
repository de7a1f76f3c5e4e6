"""What never changes between a pod spec and a node: computed once, one row per distinct demand."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import numpy as np

from ove_capacity.kernels.compile import Array
from ove_capacity.kube.codes import (
    ADDED_AFFINITY,
    NODE_AFFINITY,
    NODE_NAME,
    NOT_PRESELECTED,
    PASS,
    TAINT,
)
from ove_capacity.kube.filters.node_affinity import (
    matches_added_affinity,
    matches_node,
    preselected_nodes,
)
from ove_capacity.kube.filters.node_name import matches_name
from ove_capacity.kube.filters.node_unschedulable import tolerates_cordon
from ove_capacity.kube.filters.taint_toleration import untolerated_taint
from ove_capacity.kube.pod_class import freeze
from ove_capacity.kube.profile import Profile
from ove_capacity.kube.scores.image_locality import image_score, image_spread, normalized_name
from ove_capacity.kube.scores.node_affinity import preference
from ove_capacity.kube.scores.taint_toleration import intolerable_taints
from ove_capacity.model.node import Node
from ove_capacity.model.pod import Affinity, PodSpec
from ove_capacity.model.selector import NodeSelectorTerm

__all__ = ["StaticRow", "StaticTable"]


@dataclass(frozen=True, slots=True)
class StaticRow:
    """One demand against every node; arrays of shape (N,)."""

    code: Array
    """int64: first static filter that rejects."""
    taint_raw: Array
    affinity_raw: Array
    image_raw: Array
    affinity_ok: Array
    """bool: nodeSelector and required affinity alone, as topology spread honours them."""
    taint_ok: Array
    """bool: no taint keeps the pod away."""
    tolerates_cordon: bool
    uniform: bool
    """Soft taints and preferences do not tell the nodes that pass apart."""


def _referenced_keys(affinity: Affinity) -> tuple[set[str], bool]:
    """Label keys that node affinity reads, and whether it reads the node's name."""
    preferred = tuple(p.term for p in affinity.node_preferred or ())
    terms: tuple[NodeSelectorTerm, ...] = (*(affinity.node_required or ()), *preferred)
    keys = {r.key for term in terms for r in term.match_expressions}
    return keys, any(term.match_fields for term in terms)


@dataclass(slots=True)
class StaticTable:
    """Rows by demand; grows, never changes."""

    nodes: list[Node]
    profile: Profile
    rows: list[StaticRow] = field(default_factory=list)
    _index: dict[Hashable, int] = field(default_factory=dict)
    _images: dict[str, tuple[int, int]] = field(default_factory=dict)
    _held: list[frozenset[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Gather the images once: they are the only thing that all nodes decide together."""
        self._images = image_spread(self.nodes)
        self._held = [frozenset(n for i in node.images for n in i.names) for node in self.nodes]

    def copy(self) -> StaticTable:
        """An independent table; rows are shared."""
        return StaticTable(self.nodes, self.profile, list(self.rows), dict(self._index))

    def row(self, spec: PodSpec) -> int:
        """Index of the row for a spec."""
        containers = (*spec.init_containers, *spec.containers)
        images = tuple(container.image for container in containers) if self._images else ()
        key = freeze(
            (
                spec.node_selector,
                spec.affinity.node_required,
                spec.affinity.node_preferred,
                spec.tolerations,
                spec.node_name,
                images,
            )
        )
        if key not in self._index:
            self._index[key] = len(self.rows)
            self.rows.append(self._compute(spec))
        return self._index[key]

    def _compute(self, spec: PodSpec) -> StaticRow:
        added = self.profile.added_affinity
        names = preselected_nodes(spec)
        preferred = (
            *(added.node_preferred or ()),
            *(spec.affinity.node_preferred or ()),
        )

        def verdict(node: Node) -> tuple[int, int, int, bool, bool]:
            affinity_ok = matches_node(spec, node)
            taint_ok = untolerated_taint(node.taints, spec.tolerations) is None
            if names is not None and node.name not in names:
                code = NOT_PRESELECTED
            elif not matches_name(spec, node):
                code = NODE_NAME
            elif not taint_ok:
                code = TAINT
            elif not matches_added_affinity(added, node):
                code = ADDED_AFFINITY
            else:
                code = PASS if affinity_ok else NODE_AFFINITY
            soft = intolerable_taints(spec, node)
            return code, soft, preference(preferred, node), affinity_ok, taint_ok

        table = np.array(self._for_each_node(spec, verdict), np.int64).reshape(-1, 5)
        passing = table[table[:, 0] == PASS]
        return StaticRow(
            code=table[:, 0].astype(np.int64),
            taint_raw=table[:, 1].astype(np.int64),
            affinity_raw=table[:, 2].astype(np.int64),
            image_raw=self._image_scores(spec),
            affinity_ok=table[:, 3] != 0,
            taint_ok=table[:, 4] != 0,
            tolerates_cordon=tolerates_cordon(spec),
            uniform=bool(len(passing) == 0 or (passing[:, 1:3] == passing[0, 1:3]).all()),
        )

    def _for_each_node(
        self, spec: PodSpec, verdict: Callable[[Node], tuple[int, int, int, bool, bool]]
    ) -> list[tuple[int, int, int, bool, bool]]:
        """One verdict a kind of node: 5,000 like nodes are asked about once."""
        keys, by_name = _referenced_keys(spec.affinity)
        more, more_by_name = _referenced_keys(self.profile.added_affinity)
        read = sorted(keys | more | set(spec.node_selector))
        by_name = by_name or more_by_name or bool(spec.node_name)
        known: dict[Hashable, tuple[int, int, int, bool, bool]] = {}
        verdicts = []
        for node in self.nodes:
            labels = node.labels
            kind = (
                tuple(labels.get(key) for key in read),
                node.taints,
                node.name if by_name else "",
            )
            if kind not in known:
                known[kind] = verdict(node)
            verdicts.append(known[kind])
        return verdicts

    def _image_scores(self, spec: PodSpec) -> Array:
        if not self._images:
            return np.zeros(len(self.nodes), np.int64)
        wanted = {normalized_name(c.image) for c in (*spec.init_containers, *spec.containers)}
        known: dict[frozenset[str], int] = {}
        scores = []
        for held in self._held:
            useful = held & wanted
            if useful not in known:
                known[useful] = image_score(spec, useful, self._images, len(self.nodes))
            scores.append(known[useful])
        return np.array(scores, np.int64)
