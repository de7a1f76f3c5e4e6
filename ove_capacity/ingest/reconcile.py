"""VMs out of tabs that do not agree: whose word counts, what is filled in, what is left out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ove_capacity.ingest.cells import family_of, is_true, power_of
from ove_capacity.ingest.choices import Sizes
from ove_capacity.ingest.inventory import Disagreement, LeftOut, SourceKey, SourceVm
from ove_capacity.ingest.tabs import Record, Tab
from ove_capacity.ingest.vm_details import DETAIL_TABS, Details, Tally

__all__ = ["Reconciled", "reconciled"]

_CPUS_MAX = 1024
_MEMORY_MAX_MIB = 64 * 1024 * 1024
_DETAIL = {"cpus": "vCPU", "memory_mib": "vMemory"}


@dataclass(slots=True)
class Reconciled:
    """The VMs of one workbook, and what was found out on the way."""

    vms: list[SourceVm] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)
    hints: Counter[str] = field(default_factory=Counter)
    """What a planner should know of so many VMs."""
    joined: dict[str, int] = field(default_factory=dict)
    """Tab -> rows that belong to a VM of vInfo."""
    odd_cells: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


class _Join:
    """The rows of a tab that belong to each row of vInfo: by VM ID, VM UUID, or name."""

    def __init__(self, tab: Tab | None, vinfo: Tab) -> None:
        self.rows: defaultdict[int, list[Record]] = defaultdict(list)
        self.misnamed: list[Record] = []
        self.total = 0
        owners = {key: _unique(vinfo.records, key) for key in ("id", "uuid", "name")}
        for record in tab.records if tab else ():
            for key in ("id", "uuid", "name"):
                owner = owners[key].get(record.get(key))
                if owner is not None:
                    self.rows[owner.row].append(record)
                    self.total += 1
                    if record.get("name") != owner.get("name"):
                        self.misnamed.append(record)
                    break

    def one(self, record: Record) -> Record | None:
        """The row that belongs to a row of vInfo, if it is the only one."""
        rows = self.rows.get(record.row, [])
        return rows[0] if len(rows) == 1 else None


def _unique(records: Iterable[Record], key: str) -> dict[str, Record]:
    """Records by a field, where no two share it."""
    found: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record.get(key):
            found[record.get(key)].append(record)
    return {text: same[0] for text, same in found.items() if len(same) == 1}


class _Reconciler:
    """Goes through vInfo with the other tabs at hand."""

    def __init__(self, site: str, tabs: Mapping[str, Tab], sizes: Sizes) -> None:
        self.site, self.tabs, self.sizes = site, tabs, sizes
        self.vinfo = tabs["vInfo"]
        others = ("vCPU", "vMemory", *DETAIL_TABS)
        self.joins = {name: _Join(tabs.get(name), self.vinfo) for name in others}
        self.found = Reconciled(joined={name: self.joins[name].total for name in others})
        self.details = Details(tabs, self.found.odd_cells)
        self.unequal: dict[str, list[str]] = defaultdict(list)
        clusters = {self._key(each) for each in self.vinfo.records if each.get("cluster")}
        self.only_key = clusters.pop() if len(clusters) == 1 else None

    def run(self) -> Reconciled:
        for record in self.vinfo.records:
            why = self._why_left_out(record)
            if why:
                self._leave_out(record, why)
            else:
                self._take(record)
        self._note_disagreements()
        self.found.tally = self.details.tally
        return self.found

    def _key(self, record: Record) -> SourceKey:
        return SourceKey(self.site, record.get("datacenter"), record.get("cluster"))

    def _why_left_out(self, record: Record) -> str:
        if not record.get("name"):
            return "it has no name"
        if is_true(record.get("template")):
            return "it is a template: it never runs"
        if is_true(record.get("placeholder")):
            return "it is a placeholder of Site Recovery: the VM itself is counted at its own site"
        if record.get("name").startswith("vCLS"):
            return "it belongs to vSphere itself (vCLS)"
        return ""

    def _leave_out(self, record: Record, why: str, at: str = "name") -> None:
        name = record.get("name") or "(no name)"
        self.found.left_out.append(LeftOut(name, self.vinfo.place(record, at), why))

    def _size(self, record: Record, what: str) -> tuple[int | None, bool]:
        """(amount, whether it had to be taken from the other tab)."""
        detail = _DETAIL[what]
        theirs = self.details.number(detail, self.joins[detail].one(record), what)
        ours = self.details.number("vInfo", record, what)
        if ours is None or theirs is None:
            return ours or theirs, ours is None and theirs is not None
        if ours != theirs:
            example = f"{record.get('name')}: {ours:,} and {theirs:,}"
            self.unequal[what].append(example)
        match self.sizes:
            case Sizes.VINFO:
                return ours, False
            case Sizes.DETAIL:
                return theirs, False
            case Sizes.LARGER:
                return max(ours, theirs), False

    def _take(self, record: Record) -> None:
        (cpus, filled), (memory_mib, filled_too) = (self._size(record, what) for what in _DETAIL)
        if cpus is None or memory_mib is None:
            sizes = {"CPUs": cpus, "memory": memory_mib}
            missing = " and ".join(name for name, size in sizes.items() if size is None)
            self._leave_out(record, f"no tab says its {missing}")
            return
        if cpus > _CPUS_MAX or memory_mib > _MEMORY_MAX_MIB:
            self._leave_out(record, f"no VM has {cpus:,} CPUs and {memory_mib:,} MiB", "cpus")
            return
        power = power_of(record.get("power"))
        if not power:
            self.found.hints["have no power state that we know, and count as running"] += 1
        self._hint(record)
        self._check_details(record, cpus)
        vcpu, vmemory = (self.joins[name].one(record) for name in ("vCPU", "vMemory"))
        self.details.count(vcpu, vmemory, self._parts("vPartition", record))
        vm = SourceVm(
            name=record.get("name"),
            identity=record.get("uuid") or self._vcenter_identity(record),
            place=self.vinfo.place(record, "name"),
            key=self._key_of(record),
            cpus=cpus,
            memory_mib=memory_mib,
            family=self._family(record),
            power=power or "on",
            is_filled=filled or filled_too,
            provisioned_mib=self.details.number("vInfo", record, "provisioned_mib") or 0,
            disks_mib=self.details.disks_mib(record, self._parts("vDisk", record)),
            networks=self.details.networks(record, self._parts("vNetwork", record)),
        )
        self.found.vms.append(vm)

    def _parts(self, tab: str, record: Record) -> list[Record]:
        return self.joins[tab].rows.get(record.row, [])

    @staticmethod
    def _vcenter_identity(record: Record) -> str:
        vcenter, number = record.get("vcenter"), record.get("id")
        return f"{vcenter}/{number}" if vcenter and number else ""

    def _key_of(self, record: Record) -> SourceKey:
        """Its cluster, by vInfo, else by vCPU or vMemory, else the only one there is."""
        rows = (record, *(self.joins[name].one(record) for name in ("vCPU", "vMemory")))
        for row in rows:
            if row is not None and row.get("cluster"):
                return self._key(row)
        return (
            self.only_key if self.only_key and not record.get("datacenter") else self._key(record)
        )

    def _family(self, record: Record) -> str:
        row = self.joins["vCPU"].one(record)
        theirs = (row.get("os_tools"), row.get("os_config")) if row else ()
        return family_of(record.get("os_tools"), record.get("os_config"), *theirs)

    def _hint(self, record: Record) -> None:
        if record.get("latency").casefold() == "high":
            hint = "have latency sensitivity high (consider dedicatedCpuPlacement)"
            self.found.hints[hint] += 1
        if is_true(record.get("passthrough")):
            self.found.hints["use a device of their host (and will need one here)"] += 1
        if record.get("rules"):
            self.found.hints["are under a DRS rule (consider antiAffinity)"] += 1
        if record.get("connection").casefold() not in ("", "connected"):
            self.found.hints["are not connected to their host (orphaned, inaccessible …)"] += 1

    def _check_details(self, record: Record, cpus: int) -> None:
        name = record.get("name")
        row = self.joins["vCPU"].one(record)
        sockets = self.details.number("vCPU", row, "sockets")
        cores = self.details.number("vCPU", row, "cores")
        if sockets and cores and sockets * cores != cpus:
            self.unequal["topology"].append(f"{name}: {cpus:,} and {sockets:,} × {cores:,}")
        disks = self.details.number("vInfo", record, "disks")
        listed = len(self._parts("vDisk", record))
        if disks is not None and "vDisk" in self.tabs and disks != listed:
            self.unequal["disks"].append(f"{name}: {disks:,} and {listed:,}")

    def _note_disagreements(self) -> None:
        believed = {
            Sizes.VINFO: "vInfo, the tab that is added up everywhere",
            Sizes.DETAIL: "the detailed tab",
            Sizes.LARGER: "the larger",
        }[self.sizes]
        size = {"cpus": "CPUs: vInfo and vCPU", "memory_mib": "memory in MiB: vInfo and vMemory"}
        said = {what: (text, believed) for what, text in size.items()} | {
            "topology": ("CPUs: as used, and vCPU's sockets × cores", "as used"),
            "disks": ("number of disks: vInfo and rows of vDisk", "rows of vDisk"),
        }
        for what, (text, used) in said.items():
            examples = self.unequal.get(what, [])
            if examples:
                shown = Disagreement(text, len(examples), used, examples[0])
                self.found.disagreements.append(shown)
        for tab, join in self.joins.items():
            if join.misnamed:
                row = join.misnamed[0]
                text = f"{tab}: the VM by its VM ID, and by its name"
                example = self.tabs[tab].place(row, "name")
                shown = Disagreement(text, len(join.misnamed), "the VM ID", example)
                self.found.disagreements.append(shown)


def reconciled(site: str, tabs: Mapping[str, Tab], sizes: Sizes) -> Reconciled:
    """The VMs of one workbook's tabs; vInfo says which there are."""
    return _Reconciler(site, tabs, sizes).run()
