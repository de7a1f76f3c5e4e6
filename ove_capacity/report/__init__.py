"""Results as text and as JSON documents; nothing here decides anything."""
