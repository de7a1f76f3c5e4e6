"""Objects that install the services of a hub and of managed clusters -> what they say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.fields import Fields
from ove_capacity.model.management import DeclaredService
from ove_capacity.model.resources import Amounts, amounts

__all__ = ["MANAGEMENT_KINDS", "add_ons_of", "declared_service"]

_ADD_ONS = (
    "applicationManager",
    "certPolicyController",
    "policyController",
    "searchCollector",
)
_BY_ADD_ON = {
    "application-manager": "applicationManager",
    "cert-policy-controller": "certPolicyController",
    "config-policy-controller": "policyController",
    "governance-policy-framework": "policyController",
    "observability-controller": "observability",
    "search-collector": "searchCollector",
}
"""ManagedClusterAddOn -> the section of a KlusterletAddonConfig that asks for the same.

Source: stolostron/klusterlet-addon-controller pkg/controller/agents constants (names of add-ons).
"""
_BACKUP = "cluster-backup"
_MOST = 1_000
"""Replicas of one part: more are a slip of the keyboard."""


class _Said:
    """What is gathered of one object, part by part."""

    def __init__(self, fields: Fields) -> None:
        self.fields, self.spec = fields, fields.fields("spec")
        self.replicas: dict[str, int] = {}
        self.requests: dict[str, Amounts] = {}
        self.limits: dict[str, Amounts] = {}
        self.storage: dict[str, int] = {}
        self.settings: dict[str, str] = {}
        self.dropped: list[str] = []

    def part(self, name: str, section: Fields, resources: str = "resources") -> None:
        """Replicas and resources of a part, from the section that says them."""
        if "replicas" in section:
            self.replicas[name] = section.whole("replicas", 1, least=0, most=_MOST)
        within = section.fields(resources)
        for key, found in (("requests", self.requests), ("limits", self.limits)):
            said = amounts(within.quantities(key))
            if said:
                found[name] = said

    def volume(self, name: str, claim: Fields) -> None:
        """Storage that a claim's spec asks for."""
        size = claim.fields("resources").fields("requests").quantity("storage")
        if size is not None:
            self.storage[name] = size.value

    def service(self) -> DeclaredService:
        """The noun."""
        return DeclaredService(
            kind=self.fields.text("kind"),
            name=self.fields.fields("metadata").text("name"),
            replicas=self.replicas,
            requests=self.requests,
            limits=self.limits,
            storage_bytes=self.storage,
            settings=self.settings,
            dropped=tuple(self.dropped),
        )


def _hub(said: _Said) -> None:
    said.settings["availability"] = said.spec.text("availabilityConfig", "High")
    enabled = {
        each.text("name"): each.flag("enabled")
        for each in said.spec.fields("overrides").each("components")
    }
    backup = enabled.get(_BACKUP, said.spec.flag("enableClusterBackup"))
    said.settings["backup"] = "true" if backup else "false"
    if enabled.get("multicluster-observability-operator"):
        said.settings["observability"] = "operator"


def _gitops(said: _Said) -> None:
    high = said.spec.fields("ha")
    said.settings["ha"] = "true" if high.flag("enabled") else "false"
    for name, section in (
        ("application-controller", "controller"),
        ("applicationset-controller", "applicationSet"),
        ("server", "server"),
        ("repo-server", "repo"),
        ("redis", "redis"),
    ):
        said.part(name, said.spec.fields(section))
    dex = said.spec.fields("sso").fields("dex")
    said.part("dex", dex if "sso" in said.spec else said.spec.fields("dex"))
    if high.flag("enabled"):
        said.part("redis", high)


def _central(said: _Said) -> None:
    central, scanner = said.spec.fields("central"), said.spec.fields("scanner")
    said.part("central", central)
    database = central.fields("db")
    said.part("central-db", database)
    claim = database.fields("persistence").fields("persistentVolumeClaim")
    size = claim.quantity("size")
    if size is not None:
        said.storage["central-db"] = size.value
    analyzer = scanner.fields("analyzer")
    said.part("scanner", analyzer)
    scaling = analyzer.fields("scaling")
    if "replicas" in scaling:
        said.replicas["scanner"] = scaling.whole("replicas", 1, least=0, most=_MOST)
    if "scanner" not in said.requests and "resources" in scanner:
        said.part("scanner", scanner)
        said.dropped.append("scanner")
    said.part("scanner-db", scanner.fields("db"))
    newer = said.spec.fields("scannerV4")
    for name in ("indexer", "matcher", "db"):
        said.part(f"scanner-v4-{name}", newer.fields(name))


def _prometheus(said: _Said) -> None:
    said.part("prometheus", said.spec)
    said.volume(
        "prometheus", said.spec.fields("storage").fields("volumeClaimTemplate").fields("spec")
    )
    said.settings["retention"] = said.spec.text("retention")


def _forwarder(said: _Said) -> None:
    said.part("collector", said.spec.fields("collector"))
    outputs = [each.text("url") or each.text("name") for each in said.spec.each("outputs")]
    said.settings["outputs"] = ", ".join(outputs)


def _secured(said: _Said) -> None:
    said.part("sensor", said.spec.fields("sensor"))
    said.part("admission-control", said.spec.fields("admissionControl"))
    said.part("collector", said.spec.fields("perNode").fields("collector"))


def _nothing_more(_said: _Said) -> None:
    """That it is there is all that counts."""


_READERS: Mapping[str, Callable[[_Said], None]] = {
    "ArgoCD": _gitops,
    "Central": _central,
    "ClusterLogForwarder": _forwarder,
    "ClusterPolicy": _nothing_more,
    "MultiClusterHub": _hub,
    "MultiClusterObservability": _nothing_more,
    "Prometheus": _prometheus,
    "Schedule": _nothing_more,
    "SecuredCluster": _secured,
}

MANAGEMENT_KINDS: Sequence[str] = tuple(_READERS)
"""Kinds that install a service, or need one."""


def declared_service(fields: Fields, problems: Problems | None = None) -> DeclaredService:
    """What one of `MANAGEMENT_KINDS` says of replicas, requests, limits and storage."""
    log = fields.problems if problems is None else problems
    said = _Said(Fields(fields.value, fields.document, fields.path, log))
    _READERS[fields.text("kind")](said)
    return said.service()


def add_ons_of(config: Fields | None, add_ons: Iterable[Fields] = ()) -> DeclaredService | None:
    """Which add-ons a KlusterletAddonConfig turns on, or ManagedClusterAddOns are; None: no object.

    A ManagedClusterAddOn is the add-on itself; what the configuration says is how it comes to be.
    """
    asked = {
        section: "true"
        for each in add_ons
        if (section := _BY_ADD_ON.get(each.fields("metadata").text("name")))
    }
    if config is None:
        return DeclaredService("ManagedClusterAddOn", "", settings=asked) if asked else None
    said = _Said(config)
    for name in _ADD_ONS:
        enabled = said.spec.fields(name).flag("enabled")
        said.settings[name] = "true" if enabled else "false"
    said.settings.update(asked)
    return said.service()
