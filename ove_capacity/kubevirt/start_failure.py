"""A VM whose launcher pod fails before it runs: when KubeVirt makes the next one."""

from __future__ import annotations

__all__ = ["BACKOFF_LONGEST_MS", "start_backoff_ms"]

_SECOND_MS = 1000
_FIRST_S, _LONGEST_S = 10, 300
BACKOFF_LONGEST_MS = _LONGEST_S * _SECOND_MS
"""However often it has failed, it is tried again after so long."""


def start_backoff_ms(failures: int, draw: float) -> int:
    """How long a VM waits after that many failed starts in a row: 10 s times their square.

    *draw* in [0, 1) adds up to half of it, so that VMs which failed together come apart; 300 s at
    most.

    Source: kubevirt v1.8.4 pkg/virt-controller/watch/vm/vm.go, calculateStartBackoffTime.
    """
    delay_s = max(_FIRST_S, _LONGEST_S // 30) * max(1, failures) ** 2
    return min(_LONGEST_S, delay_s + int(draw * (delay_s // 2 + 1))) * _SECOND_MS
