"""A preference: it speaks only where the VM is silent."""

from __future__ import annotations

from dataclasses import replace

from ove_capacity.kubevirt.rules import Rules
from ove_capacity.model.instancetype import Preference
from ove_capacity.model.vm import Domain, Vmi, VmiSpec

__all__ = ["with_autoattach", "with_preference"]


def _first(own: bool | None, preferred: bool | None) -> bool | None:
    return preferred if own is None else own


def with_autoattach(spec: VmiSpec, preference: Preference) -> VmiSpec:
    """Settle what is attached by itself, which comes before the default network interface.

    Source: kubevirt v1.9.0 pkg/instancetype/preference/apply/device.go, ApplyAutoAttachPreferences.
    """
    own = spec.domain.devices
    devices = replace(
        own,
        autoattach_graphics_device=_first(
            own.autoattach_graphics_device, preference.autoattach_graphics_device
        ),
        autoattach_pod_interface=_first(
            own.autoattach_pod_interface, preference.autoattach_pod_interface
        ),
        autoattach_serial_console=_first(
            own.autoattach_serial_console, preference.autoattach_serial_console
        ),
    )
    return replace(spec, domain=replace(spec.domain, devices=devices))


def _domain(domain: Domain, preference: Preference, rules: Rules) -> Domain:
    devices = domain.devices
    interfaces = tuple(
        replace(interface, model=interface.model or preference.interface_model)
        for interface in devices.interfaces
    )
    known = {feature.name for feature in domain.cpu.features}
    features = tuple(each for each in preference.cpu_features if each.name not in known)
    security = domain.launch_security
    if security is None and rules.preferred_launch_security:
        security = preference.launch_security
    return replace(
        domain,
        devices=replace(devices, interfaces=interfaces, tpm=devices.tpm or preference.tpm),
        cpu=replace(domain.cpu, features=domain.cpu.features + features),
        hyperv={**preference.hyperv, **domain.hyperv},
        machine_type=domain.machine_type or preference.machine_type,
        launch_security=security,
    )


def with_preference(vmi: Vmi, preference: Preference, rules: Rules) -> Vmi:
    """The VMI with what the preference fills in; it never conflicts.

    Source: kubevirt v1.1.0 pkg/instancetype/instancetype.go, ApplyToVmi; v1.9.0
    pkg/instancetype/preference/apply/vmi.go, Apply.
    """
    spec = vmi.spec
    grace = spec.termination_grace_period_seconds
    architecture = preference.architecture if rules.preferred_architecture else ""
    spec = replace(
        spec,
        domain=_domain(spec.domain, preference, rules),
        architecture=spec.architecture or architecture,
        termination_grace_period_seconds=preference.termination_grace_period_seconds
        if grace is None
        else grace,
    )
    return replace(vmi, spec=spec, annotations={**preference.annotations, **vmi.annotations})
