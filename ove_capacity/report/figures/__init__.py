"""Pictures of results, one module a figure; nothing here is loaded before somebody draws."""
