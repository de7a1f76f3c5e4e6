"""VirtualServices, as ways of requests."""

from __future__ import annotations

from typing import Any

import pytest

from ove_capacity.manifests.document import Problems
from ove_capacity.manifests.fields import Fields, fields_of
from ove_capacity.manifests.routes import routes_of

ELSEWHERE = {"destination": {"host": "web.staging.svc.cluster.local"}, "weight": 30}
HERE = {"destination": {"host": "web"}, "weight": 70}


def service(**spec: Any) -> Fields:
    metadata = {"name": "v", "namespace": "prod"}
    written = {"kind": "VirtualService", "metadata": metadata, "spec": spec}
    return fields_of(written, Problems())


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("web", "prod/web"),
        ("web.other.svc", "other/web"),
        ("web.other.svc.cluster.local", "other/web"),
        ("api.example.com", "api.example.com"),
    ],
)
def test_hosts_are_services_where_they_look_like_one(host: str, found: str) -> None:
    way = {"route": [{"destination": {"host": host}}]}
    (only,) = routes_of([service(hosts=["h"], http=[way])])
    assert (only.service, only.weight_percent, only.match) == (found, 100, "")


def test_ways_are_kept_in_order_with_what_they_match_and_their_shares() -> None:
    headers = {"match": [{"headers": {"cluster": {"exact": "a"}}}, {"uri": {"prefix": "/x"}}]}
    ways = [{**headers, "route": [ELSEWHERE, HERE]}, {"redirect": {"uri": "/y"}}, {"route": [HERE]}]
    found = routes_of([service(hosts=["h"], http=ways)])
    assert [(each.service, each.weight_percent) for each in found] == [
        ("staging/web", 30),
        ("prod/web", 70),
        ("prod/web", 70),
    ]
    assert found[0].match == "headers.cluster.exact=a or uri.prefix=/x"
