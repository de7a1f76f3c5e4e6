"""Inputs that nobody here wrote: in a folder that OVE_CAPACITY_REAL names; without it they skip."""

import os

import pytest

REAL = os.environ.get("OVE_CAPACITY_REAL", "")

needs_real = pytest.mark.skipif(not REAL, reason="OVE_CAPACITY_REAL names no folder of real inputs")
