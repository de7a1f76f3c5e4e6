"""Inventories of other tools -> scenarios that a person would be glad to edit."""
