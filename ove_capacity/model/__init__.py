"""Nouns: frozen values that every room speaks of; no I/O, no rules of a component."""
