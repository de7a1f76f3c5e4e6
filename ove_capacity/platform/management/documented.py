"""What vendors document of each part: replicas, requests, limits, storage."""

from __future__ import annotations

from dataclasses import dataclass

from ove_capacity.model.assumption import Evidence
from ove_capacity.model.resources import CPU, MEMORY, Amounts

__all__ = [
    "AGENTS",
    "BACKUP",
    "CENTRAL",
    "COLLECTOR",
    "GITOPS",
    "KYVERNO",
    "OBSERVABILITY",
    "PROMETHEUS",
    "RHACM",
    "SENSOR",
    "Documented",
    "amounts_of",
]

_MIB = 1 << 20
_GIB = 1 << 30


def amounts_of(cpu_milli: int, memory_mib: float) -> Amounts:
    """CPU and memory, those that are nothing left out."""
    found = {CPU: cpu_milli, MEMORY: round(memory_mib * _MIB)}
    return {name: amount for name, amount in found.items() if amount}


@dataclass(frozen=True, slots=True)
class Documented:
    """One part as its vendor documents it."""

    name: str
    requests: Amounts
    limits: Amounts
    source: str
    replicas: int = 1
    replicas_when_available: int = 0
    """Where the service is to be highly available; 0: as many."""
    storage_bytes: int = 0
    evidence: Evidence = Evidence.DOCUMENTED
    is_daemon: bool = False


_REQUESTS = "stolostron/rhacm-docs 2c2a02b install/resource_requests.adoc"
_HIGH = (
    f"{_REQUESTS}; two replicas when availabilityConfig is High: "
    "stolostron/multiclusterhub-operator b978524 pkg/utils/utils.go, DefaultReplicaCount"
)


def _hub(name: str, cpu: int, memory: int) -> Documented:
    return Documented(name, amounts_of(cpu, memory), {}, _HIGH, replicas_when_available=2)


RHACM = (
    _hub("klusterlet-addon-controller-v2", 50, 96),
    _hub("clusterlifecycle-state-metrics-v2", 25, 32),
    _hub("cluster-manager", 2, 16),
    _hub("cluster-manager-addon-manager-controller", 2, 16),
    _hub("cluster-manager-placement-controller", 2, 16),
    _hub("cluster-manager-registration-controller", 2, 16),
    _hub("cluster-manager-registration-webhook", 2, 16),
    _hub("cluster-manager-work-webhook", 2, 16),
    _hub("cluster-proxy-addon-manager", 25, 128),
    _hub("cluster-proxy-addon-user", 25, 256),
    _hub("managedcluster-import-controller-v2", 50, 96),
    _hub("ocm-controller", 100, 256),
    _hub("ocm-proxyserver", 100, 256),
    _hub("ocm-webhook", 50, 128),
)
"""Requests of the components of Red Hat Advanced Cluster Management and its engine."""

_CAPACITY = (
    "stolostron/rhacm-docs 9203a7b observability/obs_pod_capacity.adoc, for five managed clusters"
)


def _observing(name: str, cpu: int, memory: int, replicas: int, storage_gib: int = 0) -> Documented:
    return Documented(
        name,
        amounts_of(cpu, memory),
        {},
        _CAPACITY,
        replicas=replicas,
        storage_bytes=storage_gib * _GIB,
    )


OBSERVABILITY = (
    _observing("alertmanager", 9, 245, 3),
    _observing("grafana", 8, 150, 2),
    _observing("observatorium-api", 20, 128, 2),
    _observing("observatorium-operator", 100, 100, 1),
    _observing("rbac-query-proxy", 21, 120, 2),
    _observing("thanos-compact", 500, 1024, 1),
    _observing("thanos-query", 300, 1024, 2),
    _observing("thanos-query-frontend", 100, 256, 2),
    _observing("thanos-query-frontend-memcached", 50, 178, 3),
    _observing("thanos-receive-controller", 4, 32, 1),
    _observing("thanos-receive-default", 300, 512, 3),
    _observing("thanos-rule", 54, 537, 3),
    _observing("thanos-store-memcached", 50, 178, 3),
    _observing("thanos-store-shard", 100, 1024, 3),
)
"""Containers of a pod added up. The table's own sum, 2701m and 11972Mi, is less than its rows."""

_GITOPS = "openshift/openshift-docs 067cc1d modules/sizing-requirements-for-gitops.adoc"
_MB = 10**6 / _MIB


def _gitops(name: str, cpu: int, memory: int, limit: tuple[int, int], high: int = 0) -> Documented:
    source = _GITOPS
    if high:
        source += (
            f"; {high} replicas when ha: argoproj-labs/argocd-operator 883b112 common/defaults.go, "
            "ArgoCDDefaultRedisHAReplicas"
        )
    return Documented(
        name,
        amounts_of(cpu, memory * _MB),
        amounts_of(limit[0], limit[1] * _MB),
        source,
        replicas_when_available=high,
    )


GITOPS = (
    _gitops("application-controller", 1000, 1024, (2000, 2048)),
    _gitops("applicationset-controller", 1000, 512, (2000, 1024)),
    _gitops("server", 125, 128, (500, 256)),
    _gitops("repo-server", 500, 256, (1000, 1024)),
    _gitops("redis", 250, 128, (500, 256), 3),
    _gitops("dex", 250, 128, (500, 256)),
    _gitops("haproxy", 250, 128, (500, 256), 3),
)
"""OpenShift GitOps; HAProxy is there when it is highly available only."""

_CENTRAL = "openshift/openshift-docs 0244845 modules/default-requirements-central-services.adoc"


def _security(
    name: str,
    request: tuple[int, int],
    limit: tuple[int, int],
    replicas: int = 1,
    storage_gib: int = 0,
    source: str = _CENTRAL,
    is_daemon: bool = False,
) -> Documented:
    return Documented(
        name,
        amounts_of(*request),
        amounts_of(*limit),
        source,
        replicas=replicas,
        storage_bytes=storage_gib * _GIB,
        is_daemon=is_daemon,
    )


CENTRAL = (
    _security("central", (1500, 4096), (4000, 8192)),
    _security("central-db", (4000, 8192), (8000, 16384), storage_gib=100),
    _security("scanner", (1000, 1500), (2000, 4096), 3),
    _security("scanner-db", (200, 512), (2000, 4096)),
    _security("scanner-v4-indexer", (1500, 512), (4000, 3072), 3),
    _security("scanner-v4-matcher", (500, 1536), (1000, 3072), 2),
    _security("scanner-v4-db", (1000, 4096), (4000, 8192), storage_gib=50),
)
"""Central services; documented sums of several replicas are divided by them."""

_SECURED = (
    "openshift/openshift-docs 037867f modules/default-requirements-secured-cluster-services.adoc"
)
SENSOR = (
    _security("sensor", (2000, 4096), (4000, 8192), source=_SECURED),
    _security("admission-control", (50, 100), (500, 500), 3, source=_SECURED),
    _security("collector", (70, 340), (2750, 3500), source=_SECURED, is_daemon=True),
)
"""Secured cluster services, without the optional scanners."""

PROMETHEUS = Documented(
    "prometheus",
    amounts_of(10, 50),
    amounts_of(10, 50),
    "prometheus-operator/prometheus-operator Documentation/platform/operator.md: the config "
    "reloader's flags; Prometheus itself has no request unless spec.resources says one",
)

_OADP = (
    "docs.okd.io/4.19 (and 4.14) backup_and_restore/application_backup_and_restore/troubleshooting/"
    "pods-crash-or-restart-due-to-lack-of-memory-or-cpu: what is there if nothing is said"
)
BACKUP = (Documented("velero", amounts_of(500, 128), {}, _OADP),)

_CHART = "kyverno/kyverno v1.12.6 charts/kyverno/values.yaml"


def _kyverno(name: str, memory: int, limit: int) -> Documented:
    return Documented(name, amounts_of(100, memory), amounts_of(0, limit), _CHART)


KYVERNO = (
    _kyverno("admission-controller", 128, 384),
    _kyverno("background-controller", 64, 128),
    _kyverno("cleanup-controller", 64, 128),
    _kyverno("reports-controller", 64, 128),
)
"""One replica each unless the chart is told otherwise; three are advised for admission."""

COLLECTOR = Documented(
    "collector",
    amounts_of(100, 736),
    amounts_of(0, 736),
    "docs.redhat.com openshift_container_platform/4.22 observability, Configuring the logging "
    "collector (Logging 6); the same as Fluentd's in 4.6",
    is_daemon=True,
)

_BENCHMARK = (
    "stolostron/capacity-planning 25b10e4 benchmark/benchmark-acm2.10.md, ACM 2.10.0 on OpenShift "
    "4.14.3: use when idle, rounded up, taken as the request, which is not published"
)


def _agent(name: str, cpu: int, megabytes: int) -> Documented:
    return Documented(
        name, amounts_of(cpu, megabytes * _MB), {}, _BENCHMARK, evidence=Evidence.MEASURED
    )


AGENTS = {
    "": (
        _agent("klusterlet", 2, 39),
        _agent("klusterlet-agent", 5, 66),
        _agent("klusterlet-addon-workmgr", 1, 28),
        _agent("cluster-proxy-proxy-agent", 1, 37),
    ),
    "applicationManager": (_agent("application-manager", 4, 24),),
    "policyController": (
        _agent("config-policy-controller", 1, 52),
        _agent("governance-policy-framework", 1, 50),
    ),
    "searchCollector": (_agent("klusterlet-addon-search", 16, 100),),
    "certPolicyController": (
        Documented(
            "cert-policy-controller",
            amounts_of(1, 52 * _MB),
            {},
            "assumed to use what config-policy-controller does: the benchmark leaves it out",
            evidence=Evidence.ASSUMED,
        ),
    ),
    "observability": (
        _agent("endpoint-observability-operator", 1, 36),
        _agent("metrics-collector-deployment", 1, 51),
    ),
}
"""Section of a KlusterletAddonConfig -> agents; the empty one: on every managed cluster."""
