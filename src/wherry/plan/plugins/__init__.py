"""Managed plugins: what their configurations say, and what may be set of it."""
