"""OpenShift: machines, what runs on them, and what brings them back."""
