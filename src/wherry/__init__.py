"""wherry: a container engine."""
