"""``config.json`` of a plugin, read and told apart."""

from typing import Any

import msgspec

from wherry.errors import InternalError
from wherry.model.malformed import MALFORMED
from wherry.model.plugin import PluginConfig, PluginSettings


def read_config(text: bytes) -> PluginConfig:
    """Names of fields are taken in any case, and ``null`` for nothing, as by Go. InternalError for what is none."""
    try:
        return msgspec.convert(_folded(msgspec.json.decode(text)), PluginConfig)
    except MALFORMED as error:
        raise InternalError(f"config.json: {error}") from None


def initial_settings(config: PluginConfig) -> PluginSettings:
    return PluginSettings(
        mounts=config.mounts or (),
        env=tuple(f"{env.name}={env.value}" for env in config.env or () if env.value is not None),
        args=config.args.value or (),
        devices=config.linux.devices or (),
    )


def has_capability(config: PluginConfig, capability: str) -> bool:
    """Whether a type of its interface is ``docker.<capability>/<version>``."""
    wanted = f"docker.{capability.lower()}"
    return any(kind.partition("/")[0] == wanted for kind in config.interface.types or ())


def _folded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.lower(): _folded(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_folded(each) for each in value]
    return value
