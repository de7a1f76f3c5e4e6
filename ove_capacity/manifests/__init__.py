"""Kubernetes objects -> nouns: one module an API group."""
