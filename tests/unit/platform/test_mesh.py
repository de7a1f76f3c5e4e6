"""Which pods the mesh puts its proxy into."""

from __future__ import annotations

import pytest

from ove_capacity.model.pod import Container, PodSpec
from ove_capacity.model.resources import amounts
from ove_capacity.platform.mesh import gets_proxy, proxy_requests, with_proxy

ENABLED, DISABLED = {"istio-injection": "enabled"}, {"istio-injection": "disabled"}
REVISION = {"istio.io/rev": "v1"}


@pytest.mark.parametrize(
    ("said", "namespace", "gets"),
    [
        ("", {}, False),
        ("true", {}, True),
        ("True", {}, False),  # the webhook's selector knows "true" alone
        ("false", {}, False),
        ("", ENABLED, True),
        ("yes", ENABLED, True),
        ("false", ENABLED, False),
        ("no", ENABLED, False),  # asked about, and then refused
        ("true", DISABLED, False),
        ("", REVISION, True),
        ("", {**REVISION, **DISABLED}, False),
    ],
)
def test_the_namespace_asks_or_the_pod_does(
    said: str, namespace: dict[str, str], gets: bool
) -> None:
    labels = {"sidecar.istio.io/inject": said} if said else {}
    assert gets_proxy(labels, namespace) is gets


def test_a_pod_may_name_the_revision_itself() -> None:
    assert gets_proxy(REVISION, {})
    assert not gets_proxy({**REVISION, "sidecar.istio.io/inject": "false"}, {})


def test_the_proxy_stands_beside_what_was_there() -> None:
    spec = with_proxy(PodSpec((Container("compute"),)))
    assert [each.name for each in spec.containers] == ["compute", "istio-proxy"]
    assert amounts(proxy_requests()) == {"cpu": 100, "memory": 128 << 20}
