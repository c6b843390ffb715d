"""Somebody else's tests of a Docker engine, run against ours: ``./dev conformance``."""
