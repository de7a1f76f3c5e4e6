"""Scenario -> Case."""
