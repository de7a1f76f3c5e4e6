"""Helm values are filled in; all else in braces is text, or makes a file a template."""

import pytest

from ove_capacity.errors import ScenarioError
from ove_capacity.manifests.templates import placeholder_of, rendered, template_sentence


def test_only_helm_values_are_filled_in():
    text = "a: app-{{ .Values.x.y }}-{{- .Values.on -}}\nb: '{{ $labels.z }}'\n"
    assert rendered(text, {"x": {"y": 1}, "on": True}, "f") == (
        "a: app-1-true\nb: '{{ $labels.z }}'\n"
    )


def test_every_value_that_is_missing_is_told_with_its_place():
    with pytest.raises(ScenarioError) as caught:
        rendered("a: {{ .Values.b }}\nc: [{{ .Values.d }}]\n", {"d": {}}, "f")
    assert [each.place for each in caught.value.problems] == ["f:1:4", "f:2:5"]


def test_a_value_in_a_block_string_may_stay():
    text = "a: |\n  {{ .Values.b }}\n\n  more\nc: 1\n"
    assert rendered(text, {}, "f") == text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("a: {{ .Release.Name }}", "Helm"),
        ("a: {{ .Values.x | quote }}", "Helm"),
        ('{{ include "a" . }}', "Helm"),
        ("{{- range $k, $v := .x }}", "Go"),
        ("{{/* a comment */}}", "Go"),
        ("a: {{ lookup('x') }}", "Jinja"),
        ("{# a comment #}", "Jinja"),
        ("x: 1\n  {% for %}", "Jinja"),
        ("a: '{{ .x }}'", ""),
        ("a: |-  # text\n   {{ .x }}\n\n   {% y %}", ""),
        ("- >\n  {{ .x }}\nb: [", ""),
        ("# {{ .x }}\na: [", ""),
    ],
)
def test_a_template_says_what_it_is(text, language):
    sentence = template_sentence(text, 99)
    assert sentence.startswith(f"is a {language} template") if language else not sentence


def test_parameters_where_the_text_could_not_be_read_are_named():
    sentence = template_sentence("a: 1\nb: {cores: ${CORES}}", 2)
    assert sentence.startswith("is a template with ${PARAMETERS} (${CORES}), not YAML")
    assert not template_sentence("b: ${CORES}\nc: [", 2)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("web-${N}", "a template with ${PARAMETERS}, of OpenShift's kind"),
        ("{{ .x }}", "a Go template"),
        ("{{ x }}", "a Jinja template"),
        ("web-1", ""),
        ("$HOME", ""),
        ("{}", ""),
    ],
)
def test_a_hole_is_known(text, what):
    assert placeholder_of(text) == what
