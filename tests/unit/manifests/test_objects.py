"""Objects as files hold them: in lists and templates, without a kind, with holes in them."""

import pytest

from ove_capacity.manifests.objects import objects_of, unmodelled_warning

POD = "{metadata: {name: p}, spec: {containers: [{name: c}]}}"
NODE = "{metadata: {name: w1}, status: {nodeInfo: {}, capacity: {cpu: 4}}}"
VM = "{metadata: {name: v}, spec: {running: true, template: {spec: {domain: {}}}}}"
IN_LINES = "metadata: {name: v}\nspec: {running: true, template: {spec: {domain: {}}}}\n"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"{{apiVersion: v1, kind: List, items: [{NODE}, {POD}]}}", {"Node": 1, "Pod": 1}),
        (f"{{apiVersion: v1, items: [{NODE}]}}", {"Node": 1}),
        (f"{{apiVersion: v1, kind: PodList, items: [{POD}, {POD}]}}", {"Pod": 2}),
        (f"{{apiVersion: kubevirt.io/v1, kind: VirtualMachineList, items: [{VM}]}}", None),
        (f"kind: VirtualMachine\n{IN_LINES}", None),
        (f"apiVersion: kubevirt.io/v1alpha3\nkind: VirtualMachine\n{IN_LINES}", None),
        (VM, None),
        (
            "apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n"
            f"- {{apiVersion: kubevirt.io/v1, kind: VirtualMachine, {VM[1:]}",
            {"Template": 1, "VirtualMachine": 1},
        ),
    ],
)
def test_objects_are_found_however_they_are_wrapped(documents, problems, text, read):
    found = objects_of(documents(text), problems)
    assert (problems.errors, problems.warnings) == ([], [])
    assert dict(found.read) == (read or {"VirtualMachine": 1})


def test_a_template_with_parameters_is_refused_where_the_first_one_stands(documents, problems):
    text = (
        "apiVersion: template.openshift.io/v1\nkind: Template\nparameters: [{name: SIZE}]\n"
        "objects:\n- kind: ConfigMap\n  data: {run: 'echo ${HOME}', size: '${{SIZE}}'}\n"
    )
    found = objects_of(documents(text), problems)
    assert [str(each) for each in problems.errors] == [
        "test.yaml:6:37: objects[0].data.size — is an OpenShift Template with parameters "
        "(${SIZE} …): fill them in with `oc process --local -f` first"
    ]
    assert not found.read


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "metadata: {name: 'vm-{{ .n }}'}",
            "must be a name (got 'vm-{{ .n }}', a placeholder of a Go",
        ),
        ("metadata: {name: '${NAME}'}", "a placeholder of a template with ${PARAMETERS}"),
        (
            "metadata: {name: n}\nstatus: {capacity: {cpu: '{{ cpus }}'}}",
            "a placeholder of a Jinja template: fill it in first",
        ),
    ],
)
def test_a_hole_in_a_field_that_matters_is_refused(documents, problems, text, told):
    objects_of(documents(f"apiVersion: v1\nkind: Node\n{text}"), problems)
    assert [told in each.message for each in problems.errors] == [True]


def test_braces_in_what_is_not_modelled_are_just_text(documents, problems):
    text = "kind: PrometheusRule\nspec:\n  a: '{{ $x }}'\n  b: |\n    {{ if }}\n  c: at {{ $y }}\n"
    assert dict(objects_of(documents(text), problems).unmodelled) == {"PrometheusRule": 1}
    assert problems.errors == []


def test_what_is_not_modelled_is_counted_in_one_warning(documents, problems):
    vm = f"apiVersion: kubevirt.io/v1\nkind: VirtualMachine\n{IN_LINES}"
    vm = vm.replace("running", "updateVolumesStrategy: Migration, running")
    text = f"{vm}\n---\n{vm}\n---\nkind: Route\n---\n{NODE}\n"
    found = objects_of(documents(text), problems)
    warning = unmodelled_warning(found.unmodelled, problems.unmodelled, found.by_shape)
    assert str(warning) == (
        "read, not modelled yet: 1 Route. fields that change nothing here: VirtualMachine "
        "spec.updateVolumesStrategy (2x). objects that name no kind, read as what they look like: "
        "1 Node"
    )


def test_fields_of_objects_in_lists_and_pools_are_counted_by_their_own_kind(documents, problems):
    text = (
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: pool.kubevirt.io/v1alpha1\n"
        "  kind: VirtualMachinePool\n  metadata: {name: p}\n  spec:\n"
        "    virtualMachineTemplate:\n      spec: {template: {spec: {domain: {devices: "
        "{lasers: 1, disks: []}}}}}\n"
    )
    objects_of(documents(text), problems)
    place = "spec.virtualMachineTemplate.spec.template.spec.domain.devices.lasers"
    assert dict(problems.unmodelled) == {("VirtualMachinePool", place): 1}


def test_what_else_decides_where_a_pod_runs_is_counted(documents, problems):
    pod = POD.replace("containers", "schedulingGates: [{name: g}], containers")
    objects_of(documents(f"{pod}\n---\n{pod}"), problems)
    assert dict(problems.unmodelled) == {("Pod", "spec.schedulingGates"): 2}


@pytest.mark.parametrize(
    ("kind", "rest", "counted"),
    [
        ("Node", "spec: {providerID: x, podCIDR: 10.0.0.0/24}", {}),
        ("Node", "spec: {colour: red}", {"spec.colour": 1}),
        ("Service", "spec: {clusterIP: None, ports: [], selector: {a: b}}", {}),
        ("Service", "spec: {topologyKeys: [a], selector: {a: b}}", {"spec.topologyKeys": 1}),
        ("StatefulSet", "spec: {replicas: 3, selector: {}}", {"spec.replicas": 1}),
        ("StatefulSet", "spec: {replicas: 3, selector: {}}\nstatus: {replicas: 3}", {}),
        ("PodDisruptionBudget", "spec: {minAvailable: 1}", {"spec.minAvailable": 1}),
        ("PodDisruptionBudget", "spec: {minAvailable: 1}\nstatus: {disruptionsAllowed: 0}", {}),
        (
            "PodDisruptionBudget",
            "spec: {unhealthyPodEvictionPolicy: AlwaysAllow}\nstatus: {}",
            {"spec.unhealthyPodEvictionPolicy": 1},
        ),
    ],
)
def test_what_of_a_kind_changes_nothing_is_counted(documents, problems, kind, rest, counted):
    objects_of(documents(f"kind: {kind}\nmetadata: {{name: x}}\n{rest}\n"), problems)
    assert problems.unmodelled == {(kind, field): times for field, times in counted.items()}
