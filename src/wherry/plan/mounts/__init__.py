"""Volumes and binds: what is mounted in a container, and what may be asked of a volume."""
