"""MachineConfigPools: which nodes a KubeletConfig or a PerformanceProfile is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ove_capacity.manifests.fields import Fields
from ove_capacity.manifests.selectors import label_selector_of

__all__ = ["POOL", "WORKER", "check_pools", "pools_of"]

POOL = "MachineConfigPool"
WORKER = "worker"
_MASTER = "master"
_LABEL = "pools.operator.machineconfiguration.openshift.io/"
_ROLE = "machineconfiguration.openshift.io/role"
_NODE_ROLE = "node-role.kubernetes.io/"
_UPDATES = ("maxUnavailable", "pinnedImageSets")
"""Fields of its spec that matter while machines are updated, and then alone."""


def _labels_of(pools: Iterable[Fields]) -> dict[str, Mapping[str, str]]:
    """Pool -> its labels; those that every cluster has are there also when nobody lists them."""
    found: dict[str, Mapping[str, str]] = {
        name: {f"{_LABEL}{name}": "", _ROLE: name} for name in (_MASTER, WORKER)
    }
    for pool in pools:
        meta = pool.fields("metadata")
        name = meta.text("name")
        found[name] = {_ROLE: name, **meta.labels("labels")}
    return found


def pools_of(fields: Fields, pools: Sequence[Fields]) -> tuple[str, ...]:
    """The pools that an object selects: by their labels, else by the role of their nodes.

    Labels that nobody has are taken for the workers' pool's, where that is not listed.
    """
    spec = fields.fields("spec")
    selector = label_selector_of(spec, "machineConfigPoolSelector")
    if selector is not None and selector.requirements:
        labels = _labels_of(pools)
        names = tuple(name for name, worn in labels.items() if selector.matches(worn))
        listed = {pool.fields("metadata").text("name") for pool in pools}
        return names if names or WORKER in listed else (WORKER,)
    roles = [key.removeprefix(_NODE_ROLE) for key in spec.labels("nodeSelector")]
    return tuple(roles) or (WORKER,)


def check_pools(pools: Iterable[Fields]) -> None:
    """Warn of what a pool holds back, and count what matters to updates alone."""
    for pool in pools:
        spec = pool.fields("spec")
        if spec.flag("paused"):
            spec.warning(
                "machines of this pool take up no new configuration: they may run with an older "
                "one than the objects say",
                "paused",
            )
        for key in _UPDATES:
            if spec.get(key) is not None:
                spec.not_modelled(key)
