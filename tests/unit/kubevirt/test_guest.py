"""What of a launcher pod is the guest's own."""

from dataclasses import replace

import pytest

from ove_capacity.kubevirt.guest import guest_requests
from ove_capacity.kubevirt.instancetypes import apply
from ove_capacity.kubevirt.launcher import launcher_pod
from ove_capacity.manifests.instancetypes import common_instancetypes
from ove_capacity.model.pod_requests import pod_requests
from ove_capacity.model.resources import amounts
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Cpu, Domain, Memory, Resources, Vmi, VmiSpec
from ove_capacity.quantity import Quantity

GIB = 1 << 30
RULES = ["v1.1.0", "v1.8.4", "v1.9.0"]
SHARED = Vmi("vm", spec=VmiSpec(Domain(cpu=Cpu(cores=4), memory=Memory(Quantity.of(8 * GIB)))))


def changed(**domain):
    return replace(SHARED, spec=replace(SHARED.spec, domain=replace(SHARED.spec.domain, **domain)))


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize(
    ("vmi", "asked"),
    [
        (SHARED, {"cpu": 400, "memory": 8 * GIB}),
        (
            changed(cpu=Cpu(cores=4, dedicated_cpu_placement=True)),
            {"cpu": 4_000, "memory": 8 * GIB},
        ),
        (
            changed(cpu=Cpu(cores=4, dedicated_cpu_placement=True, isolate_emulator_thread=True)),
            {"cpu": 4_000, "memory": 8 * GIB},
        ),
        (
            changed(memory=Memory(Quantity.of(8 * GIB), hugepages_page_size="1Gi")),
            {"cpu": 400, "memory": 0, "hugepages-1Gi": 8 * GIB},
        ),
        (
            changed(resources=Resources({"memory": Quantity.of(2 * GIB), "cpu": Quantity.of(1)})),
            {"cpu": 1_000, "memory": 2 * GIB},
        ),
    ],
    ids=["shared", "pinned", "emulator thread", "hugepages", "asks for less than it has"],
)
def test_the_guest_asks_for_what_it_is_promised_without_the_launcher(vmi, asked, rules):
    assert guest_requests(vmi, KubeVirt(), rules) == asked


def test_overcommitted_memory_is_asked_for_as_overcommitted():
    assert guest_requests(SHARED, KubeVirt(memory_overcommit=200), "v1.9.0")["memory"] == 4 * GIB


@pytest.mark.parametrize("rules", RULES)
def test_every_common_instancetype_leaves_the_launcher_a_share_of_its_own(rules):
    for name, wanted in common_instancetypes().items():
        if wanted.gpus or wanted.host_devices:
            continue
        vmi = apply(Vmi(name), wanted, None, rules)
        whole = amounts(pod_requests(launcher_pod(vmi, KubeVirt(), rules).spec))
        guest = guest_requests(vmi, KubeVirt(), rules)
        assert all(whole[key] >= amount for key, amount in guest.items()), name
        assert 100 << 20 < whole["memory"] - guest["memory"] < 3 * GIB, name
        pages = [key for key in whole if key.startswith("hugepages-")]
        assert [whole[key] for key in pages] == [guest[key] for key in pages], name
