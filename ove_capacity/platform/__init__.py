"""The rest of the stack an architecture names, one part a component: pure rules, no clock."""
