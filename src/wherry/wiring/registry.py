"""What speaks to registries, and to servers of files."""

from contextlib import ExitStack
from typing import Final

from wherry.model.registry import RegistrySettings
from wherry.registry import CERTS_DIR, InsecurePolicy, Registry, Web
from wherry.version import VERSION

USER_AGENT: Final = f"wherry/{VERSION}"


def make_registry(settings: RegistrySettings, stack: ExitStack) -> Registry:
    """``stack`` closes it."""
    registry = Registry(
        insecure=InsecurePolicy.parse(settings.insecure),
        mirrors=settings.mirrors,
        attempts=settings.max_attempts,
        user_agent=USER_AGENT,
    )
    stack.callback(registry.close)
    return registry


def make_web(stack: ExitStack) -> Web:
    """``stack`` closes it."""
    web = Web(certs_dir=CERTS_DIR, user_agent=USER_AGENT)
    stack.callback(web.close)
    return web
