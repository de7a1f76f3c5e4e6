"""KubeVirt: from a VirtualMachineInstance to the launcher pod that asks a node for room."""
