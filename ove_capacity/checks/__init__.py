"""Rules over manifests and the scenario: what they do to each other, with places and repairs.

How to add a rule: a module in the folder of its kind (`schema_rules`, `cross_object`,
`arithmetic`, `operations`, `practice`) with a function that reads a `Subject` and yields
`Finding`s, and a `Rule` that names it in the folder's tuple::

    def _without_autoscaler(subject: Subject) -> Iterator[Finding]:
        \"\"\"Why it matters, in a sentence.

        Source: openshift/cluster-autoscaler-operator release-4.15 docs/…, or ours and why.
        \"\"\"
        for scaler in subject.of_kind("MachineAutoscaler"):
            if ...:
                yield Finding(
                    scaler.problem("names no MachineSet of ours", "spec", "scaleTargetRef"),
                    consequence="pool worker stays at 9 machines",
                    repair="name: worker",
                )

    RULES = (Rule("autoscaler-target", "Autoscalers without a pool", Severity.ERROR, _without...),)

`Manifest` gives values (`get`, `mapping`, `listed`: no exception, whatever the file holds) and
places (`problem`); `Subject` gives all manifests, the scenario as written, the case it makes when
it makes one, releases by cluster, and how many VMs a workload asks for; `created.created_vms` the
VM objects that the scenario creates, by cluster; `Subject.once` keeps what several rules work out;
`schemas` what CRDs and metrics there are by release. A rule is tested on a YAML text by
`ove_capacity.testing.manifests.subject`. Findings of the same rule
with the same place and message are told once, so a file that three clusters share is no trouble.
A rule never raises: what is broken is the finding of the rule `unreadable`.

Another package adds rules by the entry-point group ``ove_capacity.rules`` (id = module:RULE), a
notebook by ``oc.rules.add(rule.id, rule)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.registry import RULES
from ove_capacity.checks.run import Checked, run_rules
from ove_capacity.checks.subject import Manifest, Subject, subject_of
from ove_capacity.scenario import examine

__all__ = [
    "RULES",
    "Checked",
    "Finding",
    "Manifest",
    "Rule",
    "Severity",
    "Subject",
    "check",
    "run_rules",
    "subject_of",
]


def check(
    path: str | Path,
    *,
    rules: Iterable[str] = (),
    set: Mapping[str, object] | None = None,
    variant: str | None = None,
    allow_outside: bool = False,
) -> Checked:
    """Run rules over a scenario and all that it names; what cannot be read is a finding.

    Args:
        path: the scenario file.
        rules: ids; none of them: every rule.
        set: changes by path, as `load` takes them.
        variant: a variant that the scenario names.
        allow_outside: let the scenario name files outside its own folder.

    Raises:
        ScenarioError: the scenario file itself is no scenario.
        UnknownNameError: there is no such rule.
    """
    examined = examine(path, set=set, variant=variant, allow_outside=allow_outside)
    return run_rules(subject_of(examined), rules)
