"""``daemon.json`` read again while the daemon runs."""

import logging
from pathlib import Path

from wherry.cli.flags import Options
from wherry.daemon.configuration import Configuration, ConfigurationError, configured
from wherry.daemon.flags import CONFIG_FILE
from wherry.daemon.logs import set_level
from wherry.engine.engine import Engine
from wherry.errors import WherryError
from wherry.model.system import Reloadable

_log = logging.getLogger(__name__)


async def reload(engine: Engine, flags: Options, folder: Path) -> None:
    """Take what may change without a new start. A file that makes no sense is logged, and changes nothing. ``folder``
    is where the daemon was started."""
    _log.info("Got signal to reload configuration, reloading from: %s", flags["config-file"] or CONFIG_FILE)
    try:
        configuration = configured(flags, folder)
        await engine.system.reload(_reloadable(configuration))
        if configuration.authorization is not None:
            await engine.authorization.use(configuration.authorization)
    except (ConfigurationError, WherryError) as error:
        _log.error("Error reloading configuration: %s", error)
        return
    set_level(configuration.log_level)


def _reloadable(configuration: Configuration) -> Reloadable:
    config = configuration.engine
    return Reloadable(
        debug=config.debug,
        labels=config.labels,
        registries=config.registries,
        runtimes=config.runtimes,
        default_runtime=config.default_runtime,
        live_restore=configuration.live_restore,
        shutdown_timeout=config.shutdown_timeout,
    )
