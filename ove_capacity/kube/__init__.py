"""kube-scheduler: filters, scores, the cycle, preemption and the queue's order; no clock.

It knows node totals and no NUMA cells, as the real one.
"""
