"""Candidate policies of a Placement, played against the same years."""
