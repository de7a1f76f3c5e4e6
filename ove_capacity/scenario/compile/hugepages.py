"""Which hugepages machines of a pool keep: as the scenario, an object or else the profile says."""

from __future__ import annotations

from collections.abc import Mapping

from ove_capacity.manifests.document import FieldPath
from ove_capacity.manifests.kubelet_configs import WrittenPages
from ove_capacity.manifests.profile import ClusterProfile
from ove_capacity.model.assumption import Evidence
from ove_capacity.model.resources import page_bytes
from ove_capacity.quantity import QuantityError
from ove_capacity.scenario.compile.context import Context
from ove_capacity.scenario.schema.cluster import PoolSection

__all__ = ["hugepages_of_pool", "hugepages_of_workers"]


def hugepages_of_pool(
    context: Context, path: FieldPath, section: PoolSection, of_workers: dict[str, int]
) -> dict[str, int]:
    """Page size -> bytes on each machine of a pool.

    *path*: of the pool. *of_workers*: what its machines have if they are workers that say nothing.
    """
    if section.node.hugepages:
        return _page_bytes(context, (*path, "node", "hugepages"), section.node.hugepages)
    is_worker = (section.role or path[-1]) not in ("master", "storage", "infra")
    return of_workers if is_worker else {}


def hugepages_of_workers(
    context: Context, cluster: str, profile: ClusterProfile | None, written: WrittenPages | None
) -> dict[str, int]:
    """Page size -> bytes on each worker whose pool says nothing of it.

    A PerformanceProfile counts pages. A cluster profile only names their size, so that their
    number is the scenario's assumption, or 0.
    """
    section, fleet = context.scenario.clusters[cluster], context.scenario.assume.hugepages
    workers = section.pools.get("worker")
    is_said = workers is not None and bool(workers.node.hugepages)
    if written is not None and written.pages:
        if not is_said and (written.by_cell or section.assume.hugepages or fleet):
            more = "cell by cell; they count as spread evenly" if written.by_cell else ""
            more = more or "and assume.hugepages is not used"
            written.fields.warning(f"says hugepages, {more}", "spec", "hugepages")
        return {size: page_bytes(size) * count for size, count in written.pages.items()}
    size = profile.hugepages if profile else ""
    if size in ("", "optional", "none", "disabled") or profile is None or is_said:
        return {}
    own = section.assume.hugepages
    pages = own.get(size, fleet.get(size))
    path = ("clusters", cluster, "assume") if own else ("assume",)
    source = f"profile {profile.name} names the page size without a count"
    source += "; the scenario's assume.hugepages" if pages is not None else ""
    name = f"node.hugepages-{size}"
    context.assume(name, f"{pages or 0} pages a worker", source, cluster, Evidence.ASSUMED)
    return _page_bytes(context, (*path, "hugepages"), {size: pages or 0})


def _page_bytes(context: Context, path: FieldPath, sizes: Mapping[str, int]) -> dict[str, int]:
    """Page size as Kubernetes prints it -> bytes in all; an odd size is an error."""
    found = {}
    for size, count in sizes.items():
        try:
            found[size] = page_bytes(size) * count
        except QuantityError as error:
            context.error((*path, size), str(error), key=True)
    return found
