"""Options of the static CPU manager, and which of them go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ove_capacity.kubelet.cpu_topology import CpuTopology
from ove_capacity.kubelet.rules import LATEST, KubeletRules
from ove_capacity.kubelet.start_error import StartError

__all__ = ["CpuOptions", "check_cpu_options", "cpu_options", "parsed_bool"]

_TRUE = ("1", "t", "T", "true", "TRUE", "True")
_FALSE = ("0", "f", "F", "false", "FALSE", "False")


@dataclass(frozen=True, slots=True)
class CpuOptions:
    """``cpuManagerPolicyOptions``, read."""

    full_pcpus_only: bool = False
    distribute_cpus_across_numa: bool = False
    align_by_socket: bool = False
    distribute_cpus_across_cores: bool = False
    strict_cpu_reservation: bool = False
    prefer_align_cpus_by_uncorecache: bool = False


_FIELDS = {name.replace("_", "-"): name for name in CpuOptions.__slots__}

_EXCLUSIVE = (
    ("full-pcpus-only", "distribute-cpus-across-cores"),
    ("distribute-cpus-across-numa", "distribute-cpus-across-cores"),
    ("prefer-align-cpus-by-uncorecache", "distribute-cpus-across-cores"),
    ("prefer-align-cpus-by-uncorecache", "distribute-cpus-across-numa"),
)


def parsed_bool(name: str, text: str, prefix: str = "") -> bool:
    """The truth that an option's text says.

    Raises:
        StartError: it says none.

    Source: golang/go 1.25 src/strconv/atob.go, ParseBool.
    """
    if text not in _TRUE + _FALSE:
        raise StartError(
            f'{prefix}bad value for option "{name}": '
            f'strconv.ParseBool: parsing "{text}": invalid syntax'
        )
    return text in _TRUE


def cpu_options(given: Mapping[str, str], rules: KubeletRules = LATEST) -> CpuOptions:
    """Read the options; those still alpha upstream are allowed.

    Raises:
        StartError: an option is unknown, has no truth value, or excludes another.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/cpumanager/policy_options.go, NewStaticPolicyOptions.
    """
    options = CpuOptions()
    for name, text in sorted(given.items()):
        if name not in _FIELDS or name not in rules.options:
            raise StartError(
                f'new static policy error: unknown CPU Manager Policy option: "{name}"'
            )
        value = parsed_bool(name, text, "new static policy error: ")
        options = replace(options, **{_FIELDS[name]: value})
    for first, second in _EXCLUSIVE:
        if getattr(options, _FIELDS[first]) and getattr(options, _FIELDS[second]):
            raise StartError(
                f"new static policy error: static policy options {first} and {second} can not be "
                "used at the same time"
            )
    return options


def check_cpu_options(options: CpuOptions, topology: CpuTopology, policy: str) -> None:
    """Refuse options that do not suit the machine or the topology manager's *policy*.

    Raises:
        StartError: align-by-socket, with single-numa-node or on more sockets than cells.

    Source: kubernetes v1.36.2 pkg/kubelet/cm/cpumanager/policy_options.go,
    ValidateStaticPolicyOptions.
    """
    if not options.align_by_socket:
        return
    if policy == "single-numa-node":
        raise StartError(  # "Topolgy": sic
            "new static policy error: Topolgy manager single-numa-node policy is incompatible with "
            "CPUManager align-by-socket policy option"
        )
    if len(topology.sockets) > len(topology.cells):
        raise StartError(
            "new static policy error: Align by socket is not compatible with hardware where number "
            "of sockets are more than number of NUMA"
        )
