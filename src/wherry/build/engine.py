"""The engine, and what builds images with it."""

from wherry.build.service import Builds
from wherry.engine.engine import Engine


class BuildingEngine(Engine, frozen=True, kw_only=True):
    """Builds stand on the other services, which know nothing of them."""

    builds: Builds
