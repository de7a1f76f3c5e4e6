from dataclasses import replace

import pytest

from ove_capacity.model.managed_cluster import (
    AddOnPlacementScore,
    ClusterTaint,
    ManagedCluster,
)
from ove_capacity.model.placement import ClusterSelector, Placement
from ove_capacity.ocm import decide
from ove_capacity.ocm.cel import compile_error, holds, not_modelled
from tests.unit.ocm.build import cluster, hub

DOCUMENT = {
    "metadata": {"name": "a", "labels": {"env": "prod", "version": "1.30.4"}},
    "status": {"allocatable": {"cpu": "8"}, "capacity": {"memory": "64Gi"}},
}


def is_true(expression):
    assert compile_error(expression) == ""
    scores = {("a", "demo"): [{"name": "cpu", "value": 70}]}
    return holds(expression, DOCUMENT, lambda *named: scores[named])


@pytest.mark.parametrize(
    "expression",
    [
        'managedCluster.metadata.labels["env"] == "prod"',
        "managedCluster.metadata.labels.exists(k, k == 'env')",
        "'env' in managedCluster.metadata.labels",
        "!has(managedCluster.metadata.annotations)",
        "managedCluster.metadata.name.matches('^[a-c]$')",
        "managedCluster.scores('demo').exists_one(s, s.name == 'cpu' && s.value > 69)",
        "semver(managedCluster.metadata.labels['version']).isGreaterThan(semver('1.29.9'))",
        "semver('1.2.3').isLessThan(semver('1.10.0'))",
        "semver('1.0.0-rc.1').compareTo(semver('1.0.0')) == -1",
        "semver('1.0.0-2').compareTo(semver('1.0.0-10')) == -1",
        "semver('1.0.0-a').compareTo(semver('1.0.0-10')) == 1",
        "semver('1.0.0+b') == semver('1.0.0+c')",
        "isSemver('1.2.3') && !isSemver('v1.2.3') && !isSemver('1.2') && !isSemver('1.02.3')",
        "quantity(managedCluster.status.capacity.memory).isGreaterThan(quantity('63Gi'))",
        "quantity('1500m').add(quantity('500m')).asInteger() == 2",
        "sign(quantity('2').sub(3)) == -1 && !quantity('500m').isInteger()",
        "isQuantity('4Gi') && !isQuantity('4GiB')",
        "quantity('2k').asApproximateFloat() == 2000.0",
        "'a-b-c'.split('-') == ['a', 'b', 'c'] && 'a-b-c'.split('-', 2) == ['a', 'b-c']",
        "'abc'.split('', 2) == ['a', 'bc'] && 'abc'.split('b', 0) == []",
        "'abcb'.indexOf('b', 2) == 3 && 'abcb'.lastIndexOf('b', 2) == 1 && [1].indexOf(2) == -1",
        "['a', 'b'].join('+') == 'a+b' && [1, 2, 1].lastIndexOf(1) == 2",
        "'aXé'.lowerAscii() == 'axé' && 'aÉ'.upperAscii() == 'AÉ' && ' x '.trim() == 'x'",
        "'abc'.substring(1) == 'bc' && 'abc'.substring(0, 1) == 'a' && 'abc'.charAt(3) == ''",
        "'aaa'.replace('a', 'b', 2) == 'bba' && 'abc'.reverse() == 'cba'",
        "[3, 1, 2].max() == 3 && [3, 1].min() == 1 && [1, 2].sum() == 3 && [1, 2].isSorted()",
        "'{\"a\": [1]}'.parseJSON().a[0] == 1",
        "cidr('10.0.0.0/8').containsIP('10.9.9.9') && !isIP('10.0.0') && ip('::1').family() == 6",
        "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')",
        "cidr('10.1.0.0/16').prefixLength() == 16",
        "managedCluster.nothing.here == 1 || true",
        "{'metadata': {'name': 'a'}}.scores('demo').size() == 1",
    ],
)
def test_an_expression_is_true(expression):
    assert is_true(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "managedCluster.metadata.labels['zone'] == 'a'",
        "managedCluster.scores('absent').all(s, s.value > 0)",
        "semver('v1.31.0').isGreaterThan(semver('1.29.0'))",
        "managedCluster.metadata.name",
        "1 / 0 == 1",
        "9223372036854775807 + 1 > 0",
        "'abc'.substring(2, 1) == ''",
        "'abc'.charAt(4) == ''",
        "quantity('500m').asInteger() == 0",
        "sign(quantity('x')) == 0",
        "'{'.parseJSON() == 1",
    ],
)
def test_a_run_time_error_or_what_is_no_boolean_is_false(expression):
    assert not is_true(expression)


EXPECTING = (
    "expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, "
    "NUM_UINT, STRING, BYTES, IDENTIFIER}"
)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            "1 +",
            f"<input>:1:4: Syntax error: mismatched input '<EOF>' {EXPECTING}\n | 1 +\n | ...^",
        ),
        (
            "",
            f"<input>:1:1: Syntax error: mismatched input '<EOF>' {EXPECTING}\n | \n | ^",
        ),
        (
            "true\n && (",
            f"<input>:2:6: Syntax error: mismatched input '<EOF>' {EXPECTING}\n |  && (\n | .....^",
        ),
        (
            "'é' 2",
            "<input>:1:5: Syntax error: extraneous input '2' expecting <EOF>\n | 'é' 2\n | .．..^",
        ),
        (
            "invalid.expression",
            "<input>:1:1: undeclared reference to 'invalid' (in container '')\n"
            " | invalid.expression\n | ^",
        ),
        (
            "true || nosuch(1)",
            "<input>:1:15: undeclared reference to 'nosuch' (in container '')\n"
            " | true || nosuch(1)\n | ..............^",
        ),
        (
            "x == 'x' && y",
            "<input>:1:1: undeclared reference to 'x' (in container '')\n | x == 'x' && y\n | ^\n"
            "ERROR: <input>:1:13: undeclared reference to 'y' (in container '')\n"
            " | x == 'x' && y\n | ............^",
        ),
        (
            "scores(managedCluster, 'x').size() > 0",
            "<input>:1:7: found no matching overload for 'scores' applied to "
            "'(map(string, dyn), string)'\n"
            " | scores(managedCluster, 'x').size() > 0\n | ......^",
        ),
        (
            "managedCluster.status.version.semver(1, [2, 3]) == 1",
            "<input>:1:37: found no matching overload for 'semver' applied to 'dyn.(int, dyn)'\n"
            " | managedCluster.status.version.semver(1, [2, 3]) == 1\n"
            f" | {'.' * 36}^",
        ),
    ],
)
def test_what_does_not_compile_is_told_in_the_compilers_words(expression, message):
    assert compile_error(expression) == f"compilation failed: ERROR: {message}"


@pytest.mark.parametrize(
    ("expression", "at", "applied"),
    [
        ("'a' == 1", 5, "'_==_' applied to '(string, int)'"),
        ("1 < 2.0", 3, "'_<_' applied to '(int, double)'"),
        ("'a' in 'abc'", 5, "'@in' applied to '(string, string)'"),
        ("[1].exists(x, x == 'a')", 17, "'_==_' applied to '(int, string)'"),
        (
            "{'a': 1} == {'a': 1.0}",
            10,
            "'_==_' applied to '(map(string, int), map(string, double))'",
        ),
        ("managedCluster == 'x'", 16, "'_==_' applied to '(map(string, dyn), string)'"),
        ("managedCluster.metadata.name.size() > 'x'", 37, "'_>_' applied to '(int, string)'"),
        (
            "quantity('1') > quantity('2')",
            15,
            "'_>_' applied to '(kubernetes.Quantity, kubernetes.Quantity)'",
        ),
        (
            "semver('1.0.0').isGreaterThan('0.9.0')",
            30,
            "'isGreaterThan' applied to 'kubernetes.Semver.(string)'",
        ),
        ("semver('v1.2', true).minor() == 2", 7, "'semver' applied to '(string, bool)'"),
        ("isQuantity(5)", 11, "'isQuantity' applied to '(int)'"),
        ("!1", 1, "'!_' applied to '(int)'"),
    ],
)
def test_types_that_do_not_go_together_do_not_compile(expression, at, applied):
    told = compile_error(expression)
    where = "compilation failed: ERROR: <input>:1"
    assert told.startswith(f"{where}:{at}: found no matching overload for {applied}\n")


@pytest.mark.parametrize(
    "expression",
    [
        "managedCluster.metadata.name + 'x' == 'ax'",
        "[1, 'a'].exists(x, x == 'a')",
        "['a'].exists(x, [2].exists(x, x == 2))",
        "duration('1h') + timestamp('2026-01-01T00:00:00Z') > timestamp('2025-01-01T00:00:00Z')",
        "quantity('1').add(5) == quantity('6')",
        "managedCluster.metadata.name == null || 1 + 2 * 3 == 7",
        "{'a': 1}['a'] + 1 == 2 // > 'x'",
        "managedCluster.scores('x').map(s, s.value).sum() > 1.5",
    ],
)
def test_what_may_go_together_compiles(expression):
    assert compile_error(expression) == ""


def test_a_name_that_a_macro_binds_is_declared():
    assert compile_error("[1].map(x, x + 1).all(y, y > 1)") == ""


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("managedCluster.?metadata.hasValue()", ("optional syntax",)),
        ("'%s'.format(['a']) == 'a'", ("format",)),
        ("url('https://a').getHost() == 'a'", ("getHost", "url")),
        ("'a1'.find('[0-9]') == '1'", ("find",)),
        ("(" * 97 + "true" + ")" * 97, ("nesting of more than 96 levels",)),
        ("(" * 90 + "true" + ")" * 90, ()),
        ("true", ()),
    ],
)
def test_what_upstream_runs_and_we_do_not_is_named_and_matches_nothing(expression, names):
    assert not_modelled(expression) == names
    selector = ClusterSelector(cel=(expression,))
    decision = decide(Placement("p", predicates=(selector,)), hub(cluster("a")))
    assert decision.clusters == (() if names else ("a",))
    warned = [f"Placement default/p: CEL's {name} is not modelled" for name in names]
    assert [each.partition(";")[0] for each in decision.warnings] == warned


def chosen(expressions, *clusters, scores=()):
    selector = ClusterSelector(cel=tuple(expressions))
    return decide(Placement("p", predicates=(selector,)), hub(*clusters, scores=scores)).clusters


def test_all_expressions_of_a_selector_must_hold():
    has_env = "has(managedCluster.metadata.labels.env)"
    clusters = [cluster("a", env="x"), cluster("b", env="y"), cluster("c")]
    assert chosen([has_env, "managedCluster.metadata.labels.env != 'x'"], *clusters) == ("b",)


def test_scores_are_those_of_the_cluster_itself():
    scores = [AddOnPlacementScore("demo", "a", (("cpu", 9),)), AddOnPlacementScore("demo", "b")]
    every = "managedCluster.scores('demo').all(s, s.value > 5)"
    assert chosen([every], *(cluster(n) for n in "abc"), scores=scores) == ("a", "b")


def test_fields_that_upstreams_types_always_print_are_there():
    bare = "managedCluster.spec.hubAcceptsClient == false && has(managedCluster.status.version)"
    assert chosen([bare], cluster("a")) == ("a",)
    written = ManagedCluster("b", document={"metadata": {"name": "b"}, "status": {"x": 1}})
    assert chosen([bare], written) == ("b",)


def test_a_cluster_without_a_document_shows_its_taints_claims_and_amounts():
    made = replace(
        cluster("a", 4, 8, taints=[ClusterTaint("k", "PreferNoSelect", "v", 1_700_000_000_000)]),
        claims={"id.k8s.io": "x"},
    )
    seen = [
        "managedCluster.spec.taints[0].timeAdded == '2023-11-14T22:13:20Z'",
        "managedCluster.status.clusterClaims.exists(c, c.name == 'id.k8s.io' && c.value == 'x')",
        "quantity(managedCluster.status.allocatable.cpu).compareTo(quantity('4')) == 0",
        "managedCluster.status.allocatable.memory == '8589934592'",
    ]
    assert chosen(seen, made) == ("a",)


def test_quantities_are_in_canonical_form():
    document = {
        "metadata": {"name": "a"},
        "status": {"allocatable": {"cpu": "1.5", "memory": 1024}},
    }
    seen = "managedCluster.status.allocatable == {'cpu': '1500m', 'memory': '1024'}"
    assert chosen([seen], ManagedCluster("a", document=document)) == ("a",)
