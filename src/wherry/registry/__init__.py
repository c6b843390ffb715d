"""Registries: the distribution protocol over HTTP; and plain downloads."""

from wherry.registry.client import CERTS_DIR, Registry
from wherry.registry.dial import Timeouts
from wherry.registry.insecure import InsecurePolicy
from wherry.registry.web import Web

__all__ = ["CERTS_DIR", "InsecurePolicy", "Registry", "Timeouts", "Web"]
