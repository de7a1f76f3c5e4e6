"""How many examples the tests of bad input try: few in a test run, OVE_CAPACITY_EXAMPLES at will.

``OVE_CAPACITY_EXAMPLES=100000 pytest -m verification tests/properties`` shares that number out
among the kinds of input.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

__all__ = ["QUICK", "many"]

_SHARES = {
    "scenario": 24,
    "manifests": 19,
    "cells": 18,
    "parts": 15,
    "checks": 4,
    "nodes": 5,
    "must-gather": 5,
    "vms": 5,
    "vsphere-json": 5,
}
"""Kind of input -> its share of all examples, in percent."""

QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""For each test run."""


def many(kind: str) -> settings:
    """The share of a kind, rounded up: all together are no fewer than were asked for."""
    asked = int(os.environ.get("OVE_CAPACITY_EXAMPLES", "100000"))
    number = -(-asked * _SHARES[kind] // sum(_SHARES.values()))
    return settings(QUICK, max_examples=number, derandomize=False)
