"""Which releases belong together."""

from __future__ import annotations

import pytest

from ove_capacity.releases import release, release_of_kubevirt


@pytest.mark.parametrize(
    ("openshift", "kubernetes", "kubevirt", "exact"),
    [
        ("4.14", "1.27", "v1.0.0", False),
        ("4.15", "1.28", "v1.1.0", True),
        ("4.15.3", "1.28", "v1.1.0", True),
        ("4.19", "1.32", "v1.5.0", False),
        ("4.22", "1.35", "v1.8.4", True),
        ("4.23", "1.36", "v1.9.0", True),
    ],
)
def test_an_openshift_release_carries_the_others(openshift, kubernetes, kubevirt, exact):
    found = release(openshift)
    assert (found.kubernetes, found.kubevirt, found.is_exact) == (kubernetes, kubevirt, exact)
    assert found.kubevirt_rules == kubevirt


def test_a_kubevirt_release_leads_back_to_its_openshift():
    found = release_of_kubevirt("1.8.4")
    assert (str(found.openshift), found.kubevirt, found.is_exact) == ("4.22", "v1.8.4", True)


@pytest.mark.parametrize("text", ["4.13", "4.24", "5.0", "4", "four", "4.15.1.2"])
def test_an_unknown_openshift_is_refused(text):
    with pytest.raises(ValueError, match="OpenShift"):
        release(text)


@pytest.mark.parametrize("text", ["banana", "v2.0.0", "v1.10.0", "v1.99.0", "1", "v1.x.0"])
def test_an_unknown_kubevirt_is_refused(text):
    with pytest.raises(ValueError, match="KubeVirt"):
        release("4.22", kubevirt=text)
    with pytest.raises(ValueError, match="KubeVirt"):
        release_of_kubevirt(text)


def test_a_cluster_is_not_older_than_its_creation():
    assert str(release("4.21", created_on="4.19").created_on) == "4.19"
    with pytest.raises(ValueError, match="cannot have been created"):
        release("4.19", created_on="4.21")
