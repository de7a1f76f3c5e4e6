"""ove-capacity: capacity planner and simulator for OpenShift Virtualization fleets."""
