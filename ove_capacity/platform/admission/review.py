"""What the policies of a cluster say of an object that is to be created."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ove_capacity.platform.admission.condition import are_met, are_modelled, message_of
from ove_capacity.platform.admission.match import Request, applies, excepts, selects
from ove_capacity.platform.admission.overlay import Match, Outcome, matched
from ove_capacity.platform.admission.variable import MISSING, is_understood, resolved
from ove_capacity.platform.admission.wildcard import is_like

__all__ = ["Review", "is_excepted", "reviews", "unasked_parts", "unmodelled_parts"]

_OTHER_RULES = ("mutate", "generate", "verifyImages")
_OTHER_VALIDATIONS = ("cel", "foreach", "podSecurity", "manifests", "assert")
_OTHER_CONDITIONS = ("context", "celPreconditions")
_UNDECIDED = "failed to check deny conditions"
_DENIALS = {True: Outcome.FAIL, False: Outcome.PASS, None: Outcome.ERROR}
_MADE_OF_VMS = ("*", "Pod", "VirtualMachineInstance")
"""Kinds by which a rule speaks of what KubeVirt makes of a VM."""


@dataclass(frozen=True, slots=True)
class Review:
    """What one rule says of one object."""

    rule: str
    index: int
    """Of the rule in its policy."""
    outcome: Outcome
    is_enforced: bool
    """Whether a failure refuses the object; otherwise it is only reported."""
    message: str = ""
    """The policy's own."""
    path: str = ""
    """Where object and pattern part."""
    why: str = ""
    """What of the rule is not modelled, was not to be evaluated, or how each pattern failed."""
    lets_errors_in: bool = False
    """Whether the policy's failurePolicy is Ignore."""

    @property
    def is_refusal(self) -> bool:
        """Whether the object is not admitted.

        Source: kyverno v1.12.6 pkg/utils/engine/response.go, BlockRequest.
        """
        errs = self.outcome is Outcome.ERROR and not self.lets_errors_in
        return self.is_enforced and (errs or self.outcome is Outcome.FAIL)

    @property
    def words(self) -> str:
        """What Kyverno answers: ``require-labels: validation error: … failed at path /…/``.

        Source: kyverno v1.12.6 pkg/engine/handlers/validation/validate_resource.go,
        buildErrorMessage; pkg/webhooks/utils/block.go, GetBlockedMessages.
        """
        message = self.message.strip()
        if self.outcome is Outcome.ERROR and self.why:
            return f"{self.rule}: {self.why}"
        if self.outcome is Outcome.FAIL and not self.path and not self.why:
            return f"{self.rule}: {message or f'validation error: rule {self.rule} failed'}"
        said = f"{message}{'' if message.endswith('.') else '.'} " if message else ""
        how = f"failed at path {self.path}" if self.path else "execution error"
        return f"{self.rule}: validation error: {said}{self.why or f'rule {self.rule} {how}'}"


def reviews(policy: Mapping[str, Any], request: Request) -> Iterator[Review]:
    """Each rule of a policy that speaks of the object, in order.

    Source: kyverno v1.12.6 pkg/engine/handlers/validation/validate_resource.go, validatePatterns
    and validateDeny; api/kyverno/v1/spec_types.go (enforce or audit, in either case; audit when
    nothing is said).
    """
    spec = policy.get("spec")
    if not isinstance(spec, Mapping) or spec.get("admission") is False:
        return
    metadata = policy.get("metadata")
    home = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    if policy.get("kind") == "Policy" and home != request.namespace:
        return
    rules = spec.get("rules")
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if not isinstance(rule, Mapping) or not applies(rule, request):
            continue
        parts = unmodelled_parts(rule)
        found = Match(Outcome.UNMODELLED) if parts else _validated(rule, request)
        validate = rule.get("validate")
        message = validate.get("message") if isinstance(validate, Mapping) else ""
        yield Review(
            rule=str(rule.get("name", "")),
            index=index,
            outcome=found.outcome,
            is_enforced=_is_enforced(spec, rule, request),
            message=_message(_with_conditions(message, rule, found, request), request),
            path=found.path,
            why=", ".join(parts) or found.why,
            lets_errors_in=spec.get("failurePolicy") == "Ignore",
        )


def is_excepted(
    exception: Mapping[str, Any], policy: Mapping[str, Any], rule: str, request: Request
) -> bool:
    """Whether a PolicyException speaks of a rule and of the object.

    Conditions of its own that cannot be decided here count as met.

    Source: kyverno v1.12.6 api/kyverno/v2/policy_exception_types.go, Contains;
    pkg/engine/utils/exceptions.go, MatchesException. Exceptions are on by default in v1.12.6 and
    off in the chart of v1.19.0.
    """
    spec, metadata = exception.get("spec"), policy.get("metadata")
    if not isinstance(spec, Mapping) or not isinstance(metadata, Mapping):
        return False
    name = str(metadata.get("name"))
    if policy.get("kind") == "Policy":
        name = f"{metadata.get('namespace')}/{name}"
    listed = spec.get("exceptions")
    names = [
        str(each)
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, Mapping) and entry.get("policyName") == name
        for each in (entry["ruleNames"] if isinstance(entry.get("ruleNames"), list) else ())
    ]
    if not any(is_like(each, rule) for each in names) or not excepts(spec, request):
        return False
    conditions = spec.get("conditions")
    if isinstance(conditions, Mapping):  # here `any` of nothing holds
        conditions = {key: each for key, each in conditions.items() if each}
    return not are_modelled(conditions) or are_met(conditions, request) is True


def unmodelled_parts(rule: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a rule is not decided here: other rule types, conditions, variables.

    Source: ours; upstream decides them with JMESPath, CEL, image registries and the API server.
    """
    validate = rule.get("validate")
    held = validate if isinstance(validate, Mapping) else {}
    found = [key for key in (*_OTHER_RULES, *_OTHER_CONDITIONS) if rule.get(key)]
    found += [f"validate.{key}" for key in _OTHER_VALIDATIONS if held.get(key)]
    if not are_modelled(rule.get("preconditions")):
        found.append("preconditions")
    if "deny" in held and not are_modelled(_denied_by(held)):
        found.append("validate.deny")
    if not all(is_understood(held.get(key)) for key in ("pattern", "anyPattern")):
        found.append("variables in the pattern")
    return tuple(found)


def _denied_by(validate: Mapping[str, Any]) -> Any:
    """The conditions of a deny; none of them: it denies whatever comes."""
    deny = validate.get("deny")
    return deny.get("conditions") if isinstance(deny, Mapping) else None


def _with_conditions(message: Any, rule: Mapping[str, Any], found: Match, request: Request) -> str:
    """The message of a rule, and of the conditions by which it denies."""
    validate = rule.get("validate")
    text = str(message or "")
    if found.outcome is Outcome.FAIL and isinstance(validate, Mapping) and "deny" in validate:
        text = "; ".join(filter(None, (text, message_of(_denied_by(validate), request))))
    return text


def _message(given: Any, request: Request) -> str:
    """The policy's own, with its variables as far as they are understood."""
    text = str(given or "")
    found = resolved(text, request) if is_understood(text) else text
    return found if isinstance(found, str) else text


def unasked_parts(rule: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a rule is never asked here: it speaks of objects that KubeVirt makes of a VM.

    Source: ours; their fields come from KubeVirt's webhooks and templates, not from the VM alone.
    """
    match = rule.get("match")
    blocks = [match] if isinstance(match, Mapping) else []
    for block in tuple(blocks):
        for key in ("any", "all"):
            found = block.get(key)
            listed = found if isinstance(found, list) else []
            blocks += [each for each in listed if isinstance(each, Mapping)]
    told: dict[str, None] = {}
    for block in blocks:
        resources = block.get("resources")
        kinds = resources.get("kinds") if isinstance(resources, Mapping) else None
        for kind in kinds if isinstance(kinds, list) else ():
            last = str(kind).rpartition("/")[2].rpartition(".")[2]
            if last in _MADE_OF_VMS:
                told |= dict.fromkeys(_asked_of(last))
    return tuple(told)


def _asked_of(kind: str) -> tuple[str, ...]:
    """In words."""
    pods, instances = "launcher pods of VMs", "VirtualMachineInstances of VMs"
    return (pods, instances) if kind == "*" else (pods,) if kind == "Pod" else (instances,)


def _validated(rule: Mapping[str, Any], request: Request) -> Match:
    validate = rule.get("validate")
    if not isinstance(validate, Mapping):
        return Match(Outcome.PASS)
    met = are_met(rule.get("preconditions"), request)
    if not met:
        unknown = Match(Outcome.ERROR, why="failed to evaluate preconditions")
        return unknown if met is None else Match(Outcome.SKIP)
    if "deny" in validate:
        denied = are_met(_denied_by(validate), request)
        return Match(_DENIALS[denied], why=_UNDECIDED if denied is None else "")
    pattern, patterns = (resolved(validate.get(key), request) for key in ("pattern", "anyPattern"))
    if MISSING in (pattern, patterns):
        return Match(Outcome.ERROR, why="variable substitution failed")
    if pattern is not None:
        return matched(request.resource, pattern)
    if not isinstance(patterns, list):
        return Match(Outcome.PASS)
    found = [matched(request.resource, each) for each in patterns]
    if any(each.outcome is Outcome.PASS for each in found):
        return Match(Outcome.PASS)
    failed = {n: each for n, each in enumerate(found) if each.outcome is not Outcome.SKIP}
    if failed:
        told = (
            f"rule {rule.get('name', '')}[{n}] failed" + f" at path {each.path}" * bool(each.path)
            for n, each in failed.items()
        )
        first = next(iter(failed.values()))
        return Match(Outcome.FAIL, first.path, " ".join(told))
    return Match(Outcome.SKIP if found else Outcome.PASS)


def _list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_enforced(spec: Mapping[str, Any], rule: Mapping[str, Any], request: Request) -> bool:
    """Whether a failure refuses; what stands in the rule is of Kyverno 1.13 and later.

    Source: kyverno v1.12.6 pkg/engine/api/engineresponse.go, GetValidationFailureAction.
    """
    validate = rule.get("validate")
    held = validate if isinstance(validate, Mapping) else {}
    action = held.get("failureAction") or spec.get("validationFailureAction")
    overrides = held.get("failureActionOverrides") or spec.get("validationFailureActionOverrides")
    for each in overrides if isinstance(overrides, list) else ():
        if isinstance(each, Mapping) and _overrides(each, request):
            action = each.get("action")
            break
    return str(action).lower() == "enforce"


def _overrides(override: Mapping[str, Any], request: Request) -> bool:
    names, selector = override.get("namespaces"), override.get("namespaceSelector")
    if str(override.get("action")).lower() not in ("audit", "enforce"):
        return False
    if names and not any(is_like(str(name), request.namespace) for name in _list_of(names)):
        return False
    if isinstance(selector, Mapping):
        return selects(selector, request.namespace_labels)
    return bool(names)
