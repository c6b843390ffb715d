"""Layers and snapshots: the directories that overlay mounts are made of."""
