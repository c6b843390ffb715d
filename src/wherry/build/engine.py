"""The engine, and what builds images with it."""

from typing import TYPE_CHECKING

from wherry.engine.engine import Engine

if TYPE_CHECKING:  # made when it is first used
    from wherry.build.service import Builds


class BuildingEngine(Engine, frozen=True, kw_only=True):
    """Builds stand on the other services, which know nothing of them."""

    builds: "Builds"
