"""The Cluster Autoscaler as OpenShift runs it: rules without a clock, states as values."""
