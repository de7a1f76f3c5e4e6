"""What a pod asks of its node's kubelet, in plain words."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Asks:
    """A container: whole CPUs or 0, bytes by type, devices by resource."""

    name: str
    kind: str = "app"
    """app, init or sidecar."""
    cpus: int = 0
    memory: dict[str, int] = field(default_factory=dict)
    devices: dict[str, int] = field(default_factory=dict)


def total(pod: list[Asks]) -> Asks:
    """What all containers ask for at the worst moment."""

    def worst(read) -> dict[str, int]:
        names = sorted({name for each in pod for name in read(each)})
        found = {}
        for name in names:
            running = peak = 0
            for each in pod:
                amount = read(each).get(name, 0)
                if each.kind == "init":
                    peak = max(peak, running + amount)
                else:
                    running += amount
            found[name] = max(running, peak)
        return found

    apps = {kind for each in pod if each.kind == "app" for kind in each.memory}
    memory = {kind: n for kind, n in worst(lambda each: each.memory).items() if kind in apps}
    cpus = worst(lambda each: {"cpu": each.cpus})["cpu"]
    return Asks("", "app", cpus, memory, worst(lambda each: each.devices))
