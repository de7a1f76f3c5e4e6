"""Builders and random fleets, for our own tests and for those who write plugins."""
