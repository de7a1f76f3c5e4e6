"""What people get wrong, and the sentence that each is told, at its place."""

import pytest

_HEAD = "apiVersion: ove-capacity/v1\nname: x\n"
_POOL = _HEAD + "clusters: {a: {pools: {worker: {count: 1, NODE}}}}\n"
_WORKLOAD = "workloads: [{name: w, cluster: one, FIELDS}]\n"


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (
            "node: {cpu: 8, memory: 32GB}",
            "node.memory — '32GB' is not a quantity like 64Gi, 500m or",
        ),
        ("node: {cpu: 8, memory: 32GB}", "did you mean '32Gi'?"),
        ("node: {cpu: 8, memory: 16 gib}", "did you mean '16Gi'?"),
        ("node: {cpu: 8, memory: 4gi}", "did you mean '4Gi'?"),
        ("node: {cpu: 8, memory: 32}", "node.memory — is 32 bytes: write the unit, as in 64Gi"),
        ("min: 5, max: 2, node: {cpu: 8, memory: 32Gi}", "worker — min is more than max"),
    ],
)
def test_machines_that_cannot_be_meant(problems, node, words):
    found = problems(small=_POOL.replace("NODE", node))
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            "cpu: 1, memory: 1Gi, priorityClass: openshift-user-critcal",
            "workloads[0].priorityClass — there is no PriorityClass 'openshift-user-critcal'; "
            "did you mean 'openshift-user-critical'?",
        ),
        ("instancetype: u1.mediun", "workloads[0].instancetype — unknown instancetype 'u1.mediun'"),
        ("instancetype: u1.small, preference: rehl.9", "workloads[0].preference — unknown"),
    ],
)
def test_names_of_nothing_are_told_at_the_field(problems, fields, words):
    found = problems(_WORKLOAD.replace("FIELDS", fields))
    assert len(found) == 1
    assert words in found[0]


def test_a_variant_that_is_not_chosen_is_only_warned_of(scenario):
    text = "variants: {a: {'clusters.one.pools[0].count': 3}, b: {name: z}, c: {'x..y': 1}}\n"
    found = [each.split("/")[-1].split(" — ")[0] for each in scenario(text).warnings]
    assert found == [
        's.yaml:8:16: variants.a."clusters.one.pools[0].count"',
        's.yaml:8:69: variants.c."x..y"',
    ]


def test_a_variant_is_not_changed_from_the_command_line(problems):
    text = "variants: {a: {name: z}}\n"
    found = problems(text, variant="a", set={"variants.a.name": "x"})
    assert "what is set here does not reach variant 'a'" in found[0]


def test_a_line_that_is_indented_with_a_tab_is_told_so(problems):
    found = problems("events:\n\t- {kind: upgrade}\n")
    assert found == ["s.yaml:9:1 — is not YAML: the line is indented with a tab; use spaces"]
