"""Who holds what now: the one mutable thing, written through `claim` only."""
