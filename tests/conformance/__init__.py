"""Decisions recorded from the real components, and what we decide on the same input."""
