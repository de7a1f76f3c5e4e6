"""Processes: generator functions over the world; spawned in sorted order."""
