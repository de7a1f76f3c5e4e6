"""Questions: one module, one verb, one result each; every one is answered by placing on a copy."""
