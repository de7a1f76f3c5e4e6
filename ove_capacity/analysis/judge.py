"""Each question of the verdict, answered from what headroom and failover found by placing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ove_capacity.analysis.applied import Applied
from ove_capacity.analysis.binding import binding_of
from ove_capacity.analysis.budgets import Budget
from ove_capacity.analysis.cluster_failover import (
    NOTHING_TO_LOSE,
    ClusterFailover,
    WhileDrained,
)
from ove_capacity.analysis.finding import NONE_KNOWN, Answer, Finding, Question
from ove_capacity.analysis.headroom import ClusterHeadroom
from ove_capacity.analysis.limit_room import GroupRoom
from ove_capacity.analysis.limit_waiting import Waiting
from ove_capacity.analysis.limits import ClusterLimits
from ove_capacity.analysis.rehearsal import Loss
from ove_capacity.analysis.spare import Spare
from ove_capacity.analysis.system_share import GUIDELINE_PERCENT
from ove_capacity.sim.run import VmRecord
from ove_capacity.sim.world import VmStatus

__all__ = [
    "as_applied",
    "fits",
    "guideline",
    "limits",
    "n_plus_1",
    "storage",
    "while_draining",
]

_GIB = 1 << 30
_STORAGE, _ADDRESSES = "storage:", "addresses:"
_NO_FENCING = "nothing fences a lost worker: its VMs return when somebody has done so by hand"


def fits(vms: Sequence[VmRecord]) -> Finding:
    """Whether every VM that is to run has a node."""
    waiting = [vm for vm in vms if vm.status in (VmStatus.PENDING, VmStatus.LOST)]
    refused = [vm for vm in vms if vm.status is VmStatus.REFUSED]
    placed = sum(vm.status is VmStatus.RUNNING for vm in vms)
    every = _count(placed + len(waiting) + len(refused), "VM")
    if not waiting and not refused:
        if not placed:
            return Finding(Question.FITS, Answer.NOTHING, "no VM is planned here")
        return Finding(Question.FITS, Answer.YES, f"{_count(placed, 'VM')} placed")
    told, what = [], ""
    if refused:
        told.append(f"{len(refused)} of {every} are refused by admission")
        what = f"admission: {_commonest(vm.reason for vm in refused)}"
    if waiting:
        told.append(f"{len(waiting)} of {every} find no node")
        what = _commonest(binding_of(vm.reason) for vm in waiting if vm.reason) or what
    return Finding(Question.FITS, Answer.NO, ", ".join(told), what, NONE_KNOWN)


def n_plus_1(found: ClusterFailover, *, is_fenced: bool) -> Finding:
    """Whether every VM runs again after the loss of any one worker."""
    question = Question.N_PLUS_1
    if not found.vms:
        return Finding(question, Answer.NOTHING, f"{NOTHING_TO_LOSE}: no VM runs here")
    weak = [loss for loss in found.losses if not loss.is_survived]
    if not weak:
        more = found.survives_nodes
        detail = f"any {more} of {_count(found.workers, 'worker')} may be lost"
        return Finding(question, Answer.YES, detail, "" if is_fenced else _NO_FENCING)
    detail = f"{len(weak)} of {len(found.losses)} losses leave {found.counted}s without a node"
    change = _spare(found.spare) if found.spare else NONE_KNOWN
    what = _what(weak) if found.workers > 1 else "workers"
    most = _count(max(len(loss.not_returned) for loss in weak), found.counted)
    return Finding(question, Answer.NO, f"{detail}, {most} at most", what, change)


def while_draining(found: ClusterFailover) -> Finding:
    """The same while one worker is drained for maintenance."""
    question, tried = Question.WHILE_DRAINING, found.while_drained
    if not found.vms:
        return Finding(question, Answer.NOTHING, f"{NOTHING_TO_LOSE}: no VM runs here")
    if found.workers < 2:
        return Finding(question, Answer.NO, "the only worker cannot be drained", "workers")
    if tried is None:
        return Finding(question, Answer.UNKNOWN, "too many losses to try; `failover --budget`")
    if tried.is_survived:
        detail = f"{tried.losses.tried:,} losses tried while another is drained"
        return Finding(question, Answer.YES, detail)
    return Finding(question, Answer.NO, _patch_night(tried), _what_stops(tried), NONE_KNOWN)


def guideline(found: ClusterHeadroom) -> Finding:
    """Whether the system takes no more than the guideline plans, however one counts."""
    question = Question.GUIDELINE
    told = [share for share in found.shares if share.percent is not None]
    if not found.workers or not told:
        return Finding(question, Answer.NOTHING, "no worker in service")
    low, high = GUIDELINE_PERCENT
    percents = " / ".join(f"{share.percent:.0f}" for share in told)
    detail = f"{percents} % by three definitions; planned are {low}-{high} %"
    above = [share for share in told if share.verdict == "above"]
    if not above:
        return Finding(question, Answer.YES, detail)
    answer = Answer.NO if len(above) == len(told) else Answer.DEPENDS
    return Finding(
        question, answer, detail, f"{above[0].larger}: {above[0].definition}", NONE_KNOWN
    )


def storage(found: ClusterHeadroom) -> Finding:
    """Whether the disks of all VMs fit below near-full."""
    question = Question.STORAGE
    systems = [each for each in found.budgets if each.name.startswith(_STORAGE)]
    if not systems:
        return Finding(question, Answer.UNKNOWN, "no storage is described")
    over = [each for each in systems if each.left < 0]
    detail = "; ".join(
        f"{_percent(each):.0f} % of {each.limit / _GIB:,.0f} GiB" for each in systems
    )
    bare = [note for note in found.notes if "name no disks" in note]
    if over:
        missing = sum(-each.left for each in over)
        change = f"{missing / _GIB:,.0f} GiB more usable storage"
        return Finding(question, Answer.NO, f"{detail} promised", over[0].name, change)
    if bare and not any(each.held for each in systems):
        return Finding(question, Answer.UNKNOWN, "no VM names its disks")
    return Finding(question, Answer.YES, f"{detail} promised", _last(bare))


def limits(found: ClusterHeadroom, growth: ClusterLimits) -> Finding:
    """Whether addresses suffice, all is within what the vendor has tested, and pools may grow."""
    question = Question.LIMITS
    over = [each for each in found.limits if not each.is_within]
    short = [each for each in found.budgets if each.name.startswith(_ADDRESSES) and each.left < 0]
    if short:
        change = f"{_count(-short[0].left, 'address', 'es')} more"
        detail = f"{short[0].held:,} of {short[0].limit:,} addresses"
        return Finding(question, Answer.NO, detail, short[0].name, change)
    if over:
        detail = f"{over[0].have:,} {over[0].words}, tested are {over[0].limit:,}"
        return Finding(question, Answer.NO, detail, over[0].name, "spread over more clusters")
    if growth.waiting.limits:
        return _stopped(growth.waiting)
    nearest = max(found.limits, key=lambda each: each.have / each.limit, default=None)
    told = [f"nearest: {nearest.have:,} of {nearest.limit:,} {nearest.words}"] if nearest else []
    told += [_growing(each) for each in growth.rooms if growth.applies]
    but = "its autoscaler is refused: nothing is scaled" if growth.refused else ""
    return Finding(question, Answer.YES, "; ".join(told), but)


def _stopped(waiting: Waiting) -> Finding:
    """VMs wait, and the autoscaler may add no machine for them."""
    vms = sum(each.vms for each in waiting.pending)
    added = sum(waiting.added.values())
    detail = f"{_count(vms, 'VM')} wait{'s' if vms == 1 else ''} when the autoscaler has added "
    detail += _count(added, "machine")
    names = " and ".join(waiting.limits)
    change = "; ".join(f"more {name} of {', '.join(g)}" for name, g in waiting.limits.items())
    return Finding(Question.LIMITS, Answer.NO, detail, f"autoscaler: {names}", change)


def _growing(room: GroupRoom) -> str:
    return f"{room.group} may grow by {room.room:,} ({' and '.join(room.binding)})"


def as_applied(found: Applied) -> Finding:
    """Whether the manifests do what they say when a real API server gets them."""
    question = Question.AS_APPLIED
    if not found.errors:
        return Finding(question, Answer.YES, found.headline)
    return Finding(question, Answer.NO, found.headline, found.worst, found.repair or NONE_KNOWN)


def _spare(spare: Spare) -> str:
    """As few words as a page has room for."""
    if spare.nodes is None:
        return NONE_KNOWN
    told = f"{_count(spare.nodes, 'more machine')} like {spare.like}"
    if spare.cpu_milli is None or spare.memory_bytes is None:
        return told
    cores, gib = spare.cpu_milli // 1000, spare.memory_bytes // _GIB
    return f"{told}, of which {gib} GiB of memory and {_count(cores, 'core')} will do"


def _patch_night(tried: WhileDrained) -> str:
    told = []
    if tried.not_completed:
        told.append(f"{len(tried.not_completed)} of {tried.drains} drains get stuck")
    if tried.losses.not_survived:
        told.append(f"{tried.losses.not_survived:,} of {tried.losses.tried:,} losses not survived")
    return ", ".join(told)


def _what_stops(tried: WhileDrained) -> str:
    stuck = [each.message for drain in tried.not_completed for each in drain.not_moved]
    return _commonest(map(binding_of, stuck)) if stuck else _what(tried.losses.worst)


def _what(losses: Iterable[Loss]) -> str:
    return _commonest(
        binding_of(each.message) for loss in losses for each in loss.not_returned if each.message
    )


def _commonest(words: Iterable[str]) -> str:
    found = Counter(words)
    return min(found, key=lambda word: (-found[word], word), default="")


def _percent(budget: Budget) -> float:
    return 100 * budget.held / budget.limit if budget.limit else 100.0


def _last(notes: Sequence[str]) -> str:
    return notes[0].partition(": ")[2] if notes else ""


def _count(number: int, noun: str, ending: str = "s") -> str:
    return f"{number:,} {noun}{'' if number == 1 else ending}"
