"""How good a node is: one file a plugin; raw scores, then normalised over the feasible nodes."""
