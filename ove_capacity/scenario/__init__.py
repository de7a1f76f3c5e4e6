"""Scenarios: what a person writes -> a case."""

from __future__ import annotations

from ove_capacity.scenario.load import Examined, examine, load

__all__ = ["Examined", "examine", "load"]
