"""Cluster profiles that name a thing without what it takes: page sizes, VFs, pinning, releases."""

from __future__ import annotations

from collections.abc import Iterator

from ove_capacity.checks.finding import Finding, Rule, Severity
from ove_capacity.checks.launched import Launched, affected, launched_vms
from ove_capacity.checks.profiles import WrittenProfile, profiles
from ove_capacity.checks.subject import Manifest, Subject
from ove_capacity.model.resources import HUGEPAGES_PREFIX
from ove_capacity.releases import release_of_kubevirt

__all__ = ["PROFILE_RULES"]

_OFF = ("", "disabled", "none", "optional")
_PENDING = ("stays Pending", "stay Pending")
_VMWARE_SLOTS = ("ens160", "ens192", "ens224", "ens256")
"""Interface names of the PCI slots in which VMware puts its network cards.

Source: systemd man/systemd.net-naming-scheme (ens + hotplug slot number); that VMware numbers its
slots 160, 192, 224, 256 is our judgement from interface lists of such machines.
"""


def _vms_on(subject: Subject, profile: WrittenProfile) -> list[Launched]:
    return [vm for vm in launched_vms(subject) if vm.cluster.name == profile.cluster]


def _pages_counted(subject: Subject, cluster: str) -> bool:
    """Whether the manifests, or the scenario's machines, say how many hugepages there are."""
    for each in subject.of_kind("PerformanceProfile"):
        if each.cluster == cluster and each.listed("spec", "hugepages", "pages"):
            return True
    for each in subject.of_kind("MachineConfig"):
        arguments = [str(arg) for arg in each.listed("spec", "kernelArguments")]
        if each.cluster == cluster and any(arg.startswith("hugepages=") for arg in arguments):
            return True
    section = subject.scenario.clusters.get(cluster) if subject.scenario else None
    return bool(section and any(pool.node.hugepages for pool in section.pools.values()))


def _pages_without_count(subject: Subject) -> Iterator[Finding]:
    """A page size says how large a page is, not how many a machine keeps: without a count, none.

    Source: Linux Documentation/admin-guide/mm/hugetlbpage.rst (hugepagesz= goes with hugepages=);
    openshift/cluster-node-tuning-operator release-4.15 docs/performanceprofile/
    performance_profile.md, hugepages.pages.count.
    """
    for profile in profiles(subject):
        size = str(profile.get("virtualization", "hugepages") or "")
        if size.lower() in _OFF or _pages_counted(subject, profile.cluster):
            continue
        resource = f"{HUGEPAGES_PREFIX}{size}"
        asking = [vm for vm in _vms_on(subject, profile) if _asks_for(vm, size)]
        offered = any(_offers(vm, resource) for vm in asking)
        lead = "without the scenario's assume.hugepages " if offered else ""
        yield Finding(
            profile.problem(f"{size} is a page size; nobody counts the pages", *_PAGES),
            consequence=lead + (affected(asking, *_PENDING) or "no machine has any"),
            repair="pages and their count in a PerformanceProfile, or hugepages= at boot",
            severity=Severity.ERROR if asking and not offered else None,
        )


_PAGES = ("virtualization", "hugepages")


def _asks_for(vm: Launched, size: str) -> bool:
    return vm.vmi.spec.domain.memory.hugepages_page_size == size


def _offers(vm: Launched, resource: str) -> bool:
    return any(node.allocatable.get(resource) for node in vm.cluster.nodes)


def _vfs_without_count(subject: Subject) -> Iterator[Finding]:
    """SR-IOV has as many virtual functions as a policy makes of its ports: without one, none.

    Source: k8snetworkplumbingwg/sriov-network-operator v1.3.0 api/v1, SriovNetworkNodePolicySpec,
    numVfs.
    """
    for profile in profiles(subject):
        if str(profile.get("network_configuration", "sr_iov")).lower() not in ("enabled", "true"):
            continue
        policies = [
            each
            for each in subject.of_kind("SriovNetworkNodePolicy")
            if each.cluster == profile.cluster
        ]
        if not any(isinstance(each.get("spec", "numVfs"), int) for each in policies):
            yield Finding(
                profile.problem(
                    "enabled, and no policy makes VFs", "network_configuration", "sr_iov"
                ),
                consequence="no node offers a VF: a VM with an SR-IOV interface stays Pending",
                repair="a SriovNetworkNodePolicy with numVfs for each port",
            )


def _is_pinning(manifest: Manifest) -> bool:
    config = manifest.mapping("spec", "kubeletConfig")
    return manifest.kind == "PerformanceProfile" or config.get("cpuManagerPolicy") == "static"


def _pinning_without_policy(subject: Subject) -> Iterator[Finding]:
    """Pinned VMs run only where the kubelet's CPU manager is static, which somebody must configure.

    Source: kubevirt v1.1.0 pkg/virt-handler/heartbeat/heartbeat.go (label cpumanager); kubernetes
    v1.28 pkg/kubelet/cm/cpumanager: the policy's default is none.
    """
    for profile in profiles(subject):
        if str(profile.get("virtualization", "cpu_pinning")).lower() not in ("enabled", "true"):
            continue
        section = subject.scenario.clusters.get(profile.cluster) if subject.scenario else None
        said = section is not None and section.kubelet.cpu_manager_policy == "static"
        kinds = ("KubeletConfig", "PerformanceProfile")
        found = (each for kind in kinds for each in subject.of_kind(kind))
        if said or any(_is_pinning(each) and each.cluster == profile.cluster for each in found):
            continue
        pinned = [
            vm for vm in _vms_on(subject, profile) if vm.vmi.spec.domain.cpu.dedicated_cpu_placement
        ]
        message = "enabled, and no KubeletConfig makes a kubelet pin"
        told = affected(pinned, *_PENDING) or "a pinned VM stays Pending"
        yield Finding(
            profile.problem(message, "virtualization", "cpu_pinning"),
            consequence=told,
            severity=Severity.ERROR if pinned else None,
            repair="cpuManagerPolicy: static in a KubeletConfig of the workers, with reserved CPUs",
        )


def _nested(subject: Subject) -> Iterator[Finding]:
    """Workers that are VMs of another hypervisor: OpenShift Virtualization supports bare metal.

    Source: openshift-docs virt/install/preparing-cluster-for-virt (supported platforms: bare
    metal; VT-x or AMD-V on); that these names mean VMware's cards is our judgement.
    """
    consequence = "not supported by the vendor: its capacity is the outer hypervisor's to share"
    for profile in profiles(subject):
        if profile.get("virtualization", "nested_virtualization") is True:
            keys = ("virtualization", "nested_virtualization")
            message = "workers seem to be VMs of another hypervisor"
            yield Finding(profile.problem(message, *keys), consequence, "workers on bare metal")
    for network in subject.of_kind("NetworkAttachmentDefinition"):
        text = network.get("spec", "config")
        names = [name for name in _VMWARE_SLOTS if f'"{name}"' in str(text)]
        if names:
            message = f"{names[0]} is what a network card of a VMware machine is called"
            yield Finding(
                network.problem(message, "spec", "config"),
                consequence="if workers are VMs: not supported; if not, no such interface is there",
                repair="the name that the interface has on the bare-metal workers",
                severity=Severity.INFO,
            )


def _release_pairs(subject: Subject) -> Iterator[Finding]:
    """KubeVirt comes with OpenShift Virtualization, and that with one OpenShift release.

    Source: kubevirt/hyperconverged-cluster-operator 1.11.0 and 1.18.1, hack/config (KubeVirt 1.1.0
    and 1.8); the releases between by its numbering, 4.y with 1.(y-14).
    """
    for profile in profiles(subject):
        version = profile.get("virtualization", "kubevirt_version")
        if not isinstance(version, str):
            continue
        here = subject.release(profile.cluster).openshift
        try:
            home = release_of_kubevirt(version).openshift
        except ValueError:
            continue  # loading says what is wrong with it
        keys = ("virtualization", "kubevirt_version")
        if home != here:
            yield Finding(
                profile.problem(f"{version} belongs to OpenShift {home}, not {here}", *keys),
                consequence="launchers ask for other amounts than those of the release that runs",
                repair=f"{subject.release(profile.cluster).kubevirt}, or OpenShift {home}",
                severity=Severity.ERROR,
            )
        else:
            yield Finding(
                profile.problem(f"{version} binds the cluster to OpenShift {home}", *keys),
                consequence="no later OpenShift may run it, no earlier one brings it",
                severity=Severity.INFO,
            )


PROFILE_RULES = (
    Rule("profile-hugepages", "Page sizes without counts", Severity.WARNING, _pages_without_count),
    Rule("profile-sriov", "SR-IOV without virtual functions", Severity.WARNING, _vfs_without_count),
    Rule("profile-pinning", "Pinning without a policy", Severity.WARNING, _pinning_without_policy),
    Rule("profile-nested", "Workers that seem to be VMs", Severity.WARNING, _nested),
    Rule("profile-release", "Releases that do not pair", Severity.WARNING, _release_pairs),
)
"""Cluster profiles."""
