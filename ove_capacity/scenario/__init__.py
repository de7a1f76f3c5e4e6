"""Scenarios: what a person writes -> a case."""

from __future__ import annotations

from ove_capacity.scenario.load import load

__all__ = ["load"]
