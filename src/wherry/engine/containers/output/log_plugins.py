"""Log drivers that are plugins."""

from wherry.engine.ports import Plugins
from wherry.errors import InternalError, InvalidArgument, NotFound
from wherry.plan.logs.collectors import is_plugin

_KIND = "LogDriver"


class LogPlugins:
    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins

    async def check(self, driver: str) -> None:
        """InvalidArgument for one that is neither built in nor a plugin that can be asked."""
        if not is_plugin(driver):
            return
        try:
            await self._plugins.require(driver, _KIND)
        except (NotFound, InternalError) as error:
            raise InvalidArgument(f"error looking up logging plugin {driver}: {error}") from error
