"""Logs of containers: which drivers there are, and what their options mean."""
