"""The kubelet: what of a machine its pods may have."""
