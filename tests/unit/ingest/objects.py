"""Kubernetes objects as text, of our own shape, and archives of them."""

import io
import tarfile
from pathlib import Path

__all__ = ["archive", "node_text", "pod_text", "pods_text"]


def node_text(name, *, cpu=16, memory_ki=32651592, role="worker", extra="", kind=True):
    usable = f"cpu: {cpu * 1000 - 500}m, memory: {memory_ki - 1150976}Ki"
    head = "apiVersion: v1\nkind: Node\n" if kind else ""
    return (
        f"{head}metadata:\n  name: {name}\n  labels:\n"
        f'    kubernetes.io/hostname: {name}\n    node-role.kubernetes.io/{role}: ""\n{extra}'
        "spec: {}\nstatus:\n"
        f'  allocatable: {{{usable}, pods: "250"}}\n'
        f'  capacity: {{cpu: "{cpu}", memory: {memory_ki}Ki, pods: "250"}}\n'
        "  nodeInfo: {kubeletVersion: v1.28.6+6216ea1}\n"
    )


def pod_text(name, node, *, cpu="100m", memory="200Mi", phase="Running", labels="{app: x}"):
    return (
        "- apiVersion: v1\n  kind: Pod\n"
        f"  metadata: {{name: {name}, namespace: openshift-dns, labels: {labels}}}\n"
        "  spec:\n"
        f"    nodeName: {node}\n"
        "    containers:\n"
        f"    - {{name: a, resources: {{requests: {{cpu: {cpu}, memory: {memory}}}}}}}\n"
        "      # a block text with an empty line must not end the object\n"
        "    - name: b\n      args:\n      - |-\n        one\n\n        two\n"
        "    initContainers:\n"
        "    - {name: first, resources: {requests: {cpu: 10m, memory: 1Gi}}}\n"
        f"  status: {{phase: {phase}}}\n"
    )


def pods_text(*pods):
    return "---\napiVersion: v1\nitems:\n" + "".join(pods) + "kind: PodList\nmetadata: {}\n"


def archive(path: Path, files: dict[str, bytes | str], **headers) -> Path:
    """A tar archive, gzipped when its name says so; *headers* change every member."""
    mode = "w:gz" if path.suffix in (".gz", ".tgz") else "w"
    with tarfile.open(path, mode) as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(data)
            for key, value in headers.items():
                setattr(member, key, value)
            tar.addfile(member, io.BytesIO(data))
    return path
