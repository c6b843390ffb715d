"""Registries: the distribution protocol over HTTP."""

from wherry.registry.client import Registry
from wherry.registry.dial import Timeouts
from wherry.registry.insecure import InsecurePolicy

__all__ = ["InsecurePolicy", "Registry", "Timeouts"]
