"""What a dump says of storage: classes, volumes, and the raw capacity behind those of Ceph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ove_capacity.ingest.odd_nodes import LEAST_BYTES
from ove_capacity.ingest.sketch import Intake, Value, gib_text, memory_text
from ove_capacity.manifests.fields import Fields
from ove_capacity.model.resources import AMOUNT_MAX
from ove_capacity.tables import Table

__all__ = ["ClusterStorage"]

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_CEPH = ".csi.ceph.com"
_LEAST_DEVICE = 1 << 30
"""Claims for local disks ask for one byte, or one GiB, whatever the size of the disk."""


@dataclass(slots=True)
class ClusterStorage:
    """Storage objects, as they are found."""

    classes: dict[str, str] = field(default_factory=dict)
    """Name -> provisioner, and whether it is the default."""
    volumes: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Storage class -> (persistent volumes, bytes)."""
    raw: dict[str, int] = field(default_factory=dict)
    """Ceph cluster -> bytes of all its devices, as it measures them."""
    used: dict[str, int] = field(default_factory=dict)
    """Ceph cluster -> bytes that are taken of them."""
    ordered: dict[str, int] = field(default_factory=dict)
    """StorageCluster -> bytes of the devices it asks for."""
    pool_copies: Counter[int] = field(default_factory=Counter)
    """Copies kept of each byte -> Ceph block pools that keep so many."""
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def take(self, kind: str, fields: Fields, intake: Intake) -> bool:
        """Read an object of storage; False for one that is not."""
        readers = {
            "StorageClass": self._class,
            "PersistentVolume": self._volume,
            "CephCluster": self._ceph,
            "CephBlockPool": self._pool,
            "StorageCluster": self._storage_cluster,
        }
        if kind not in readers:
            return False
        key = (kind, fields.fields("metadata").required_text("name"))
        if key in self._seen:
            intake.set_aside(kind, "listed a second time")
        else:
            self._seen.add(key)
            readers[kind](key[1], fields)
            intake.use(kind)
        return True

    def _class(self, name: str, fields: Fields) -> None:
        default = fields.fields("metadata").labels("annotations").get(_DEFAULT_CLASS) == "true"
        self.classes[name] = fields.text("provisioner") + ", the default" * default

    def _volume(self, name: str, fields: Fields) -> None:
        spec = fields.fields("spec")
        size = spec.fields("capacity").quantity("storage")
        storage = spec.text("storageClassName") or "(no class)"
        count, total = self.volumes.get(storage, (0, 0))
        self.volumes[storage] = count + 1, total + (size.value if size else 0)

    def _ceph(self, name: str, fields: Fields) -> None:
        capacity = fields.fields("status").fields("ceph").fields("capacity")
        raw, used = capacity.whole("bytesTotal"), capacity.whole("bytesUsed")
        if LEAST_BYTES <= raw <= AMOUNT_MAX and 0 <= used <= raw:
            self.raw[name], self.used[name] = raw, used

    def _pool(self, name: str, fields: Fields) -> None:
        copies = fields.fields("spec").fields("replicated").whole("size")
        if 0 < copies <= 100:
            self.pool_copies[copies] += 1

    def _storage_cluster(self, name: str, fields: Fields) -> None:
        total = 0
        for each in fields.fields("spec").each("storageDeviceSets"):
            claim = each.fields("dataPVCTemplate").fields("spec").fields("resources")
            size = claim.fields("requests").quantity("storage")
            if size is None or size.value <= _LEAST_DEVICE:
                return
            total += size.value * each.whole("count", 1, 0) * each.whole("replica", 3, 1)
        if LEAST_BYTES <= total <= AMOUNT_MAX:
            self.ordered[name] = total

    def of_ceph(self) -> list[str]:
        """Storage classes that Ceph serves, the default one first."""
        named = [name for name, what in self.classes.items() if _CEPH in what]
        return sorted(named, key=lambda name: (", the default" not in self.classes[name], name))

    def sections(self) -> dict[str, Mapping[str, Value]]:
        """``storage`` of a scenario: one Ceph cluster, when its raw capacity is known."""
        sizes = self.raw or self.ordered
        classes = self.of_ceph()
        if len(sizes) != 1 or (self.classes and not classes):
            return {}
        ((name, raw),) = sizes.items()
        held = sum(size for each, (_, size) in self.volumes.items() if each in classes)
        said: dict[str, Value] = {"raw": memory_text(raw)}
        if len(self.pool_copies) == 1:
            said["replicas"] = next(iter(self.pool_copies))
        if classes:
            said["classes"] = classes
        if 0 < held <= AMOUNT_MAX:
            said["held"] = memory_text(held)
        return {name: said}

    def comments(self) -> list[str]:
        """Each class, and what Ceph says of itself, as a sentence."""
        said = []
        for name, what in sorted(self.classes.items()):
            count, size = self.volumes.get(name, (0, 0))
            number = "1 volume" if count == 1 else f"{count} volumes"
            volumes = f"{number}, {gib_text(size)}" if count else "no volumes"
            said.append(f"Storage class {name}: {what}; {volumes}")
        for name, raw in sorted(self.raw.items()):
            used = gib_text(self.used[name])
            said.append(f"Ceph cluster {name}: {gib_text(raw)} raw, {used} taken")
        for name, raw in sorted(self.ordered.items()):
            said.append(f"StorageCluster {name}: devices of {gib_text(raw)}, as ordered")
        if len(self.pool_copies) > 1:
            counts = sorted(self.pool_copies.items())
            listed = ", ".join(f"{copies} copies in {number}" for copies, number in counts)
            said.append(f"Block pools of Ceph keep {listed}: replicas is left to the default")
        return said

    def table(self) -> Table | None:
        """Classes and volumes; None when there are none."""
        names = sorted({*self.classes, *self.volumes})
        rows = [
            (name, self.classes.get(name, ""), count, gib_text(total))
            for name in names
            for count, total in [self.volumes.get(name, (0, 0))]
        ]
        heads = ("storage class", "provisioner", "volumes", "capacity")
        return Table.of("Storage", heads, rows) if rows else None
