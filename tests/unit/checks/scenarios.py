"""Small scenarios whose findings by one rule a table of tests looks at."""

from __future__ import annotations

import textwrap
from pathlib import Path

import ove_capacity as oc
from ove_capacity.checks import Finding

__all__ = ["VM", "found", "told"]

VM = """
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: {{name: web, namespace: vms}}
spec:
  template:
    metadata: {{labels: {{app: web}}, annotations: {{{annotations}}}}}
    spec: {{{more}domain: {{{domain}}}}}
"""
_HEAD = """
apiVersion: ove-capacity/v1
name: small
manifests: [hub.yaml]
clusters:
  one:
    manifests: [own.yaml]
    pools: {{{pools}}}
"""
_NOTHING = "apiVersion: v1\nkind: Namespace\nmetadata: {name: vms}\n"
_POOL = "worker: {count: 3, node: {cpu: 8, memory: 32Gi}}"


def found(
    folder: Path,
    rule: str,
    *,
    own: str = "",
    hub: str = "",
    pools: str = _POOL,
    more: str = "",
    vms: str = "{name: web, cluster: one, cpu: 1, memory: 1Gi, count: 3, namespace: vms}",
) -> tuple[Finding, ...]:
    """What the rule finds: *own* are the manifests of cluster one, *more* lines of the scenario."""
    for name, text in (("own", own), ("hub", hub)):
        (folder / f"{name}.yaml").write_text(f"{_NOTHING}---\n{textwrap.dedent(text)}")
    text = _HEAD.format(pools=pools) + more
    if vms:
        text += f"workloads:\n- {vms}\n"
    (folder / "scenario.yaml").write_text(text)
    checked = oc.check(folder / "scenario.yaml", rules=[rule, "unreadable"])
    wrong = [str(each.problem) for each in checked.findings if each.rule == "unreadable"]
    assert not wrong, wrong
    return checked.findings


def told(folder: Path, rule: str, **given: str) -> list[str]:
    """Each finding as ``severity: consequence``."""
    return [f"{each.severity}: {each.consequence}" for each in found(folder, rule, **given)]
