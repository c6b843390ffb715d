"""``config.json`` of a plugin, read and told apart."""

from typing import Any, Final

import msgspec
from msgspec import Struct

from wherry.errors import InternalError
from wherry.model.malformed import MALFORMED
from wherry.model.plugin import PluginConfig, PluginRootfs, PluginSettings, PluginUser

# Fields that are not named as Go names them, and those that are left out where they say nothing.
_NAMES: Final = {PluginRootfs: {"type": "type", "diff_ids": "diff_ids"}, PluginUser: {"uid": "UID", "gid": "GID"}}
_OPTIONAL: Final = ("protocol_scheme", "uid", "gid", "rootfs")


def read_config(text: bytes) -> PluginConfig:
    """Names of fields are taken in any case, and ``null`` for nothing, as by Go. InternalError for what is none."""
    try:
        return msgspec.convert(_folded(msgspec.json.decode(text)), PluginConfig)
    except MALFORMED as error:
        raise InternalError(f"config.json: {error}") from None


def write_config(config: PluginConfig) -> bytes:
    """The same as the blob that registries have of it, which Docker's engine reads."""
    return msgspec.json.encode(_named(config))


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


def _named(value: Any) -> Any:
    if not isinstance(value, Struct):
        return [_named(each) for each in value] if isinstance(value, tuple) else value
    names = _NAMES.get(type(value), {})
    fields = {field: getattr(value, field) for field in value.__struct_fields__}
    return {
        names.get(field) or _pascal(field): _named(each)
        for field, each in fields.items()
        if each or field not in _OPTIONAL
    }


def _pascal(field: str) -> str:
    return "rootfs" if field == "rootfs" else field.title().replace("_", "")


def _folded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.lower(): _folded(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_folded(each) for each in value]
    return value
