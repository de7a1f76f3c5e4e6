"""Which nodes may take a pod: one file a plugin, in upstream's words."""
