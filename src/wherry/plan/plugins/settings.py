"""``plugin set``: which values of a configuration may be changed, and how (moby ``plugin/v2/settable.go``)."""

from typing import Final, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from wherry.errors import InternalError
from wherry.model.plugin import PluginConfig, PluginDevice, PluginMount, PluginSettings

_FORMAT: Final = "invalid format, must be <name>[.<field>][=<value>]"


class _Settable(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def settable(self) -> tuple[str, ...] | None: ...


S = TypeVar("S", bound=_Settable)


class _Setting(Struct, frozen=True):
    name: str
    field: str
    value: str

    @classmethod
    def read(cls, text: str) -> "_Setting":
        name, _, value = text.partition("=")
        if not name:
            raise InternalError(_FORMAT)
        stem, dot, field = name.rpartition(".")
        return cls(stem, field, value) if dot and stem and field else cls(name, "", value)

    def finds(self, candidate: _Settable, allowed: str) -> bool:
        """Whether it means this one. InternalError if it does, and nothing of it may be set but something else."""
        if candidate.name != self.name:
            return False
        settable = candidate.settable or ()
        if not self.field and len(settable) > 1:
            raise InternalError("multiple fields are settable, one must be specified")
        field = self.field or "".join(settable)
        if field != allowed or field not in settable:
            raise InternalError(f'"{self.name}{"." + field if field else ""}" is not settable')
        return True


def changed(config: PluginConfig, settings: PluginSettings, texts: tuple[str, ...]) -> PluginSettings:
    """The settings after ``NAME[.FIELD][=VALUE]`` of all ``texts``, one after the other. InternalError."""
    for setting in [_Setting.read(text) for text in texts]:
        settings = _changed(config, settings, setting)
    return settings


def _changed(config: PluginConfig, settings: PluginSettings, setting: _Setting) -> PluginSettings:
    if _meant(setting, config.env or (), "value"):
        return replace(settings, env=_with_variable(settings.env, setting))
    if _meant(setting, config.mounts or (), "source"):
        return replace(settings, mounts=tuple(_with_source(mount, setting) for mount in settings.mounts))
    if _meant(setting, config.linux.devices or (), "path"):
        return replace(settings, devices=tuple(_with_path(device, setting) for device in settings.devices))
    if setting.finds(config.args, "value"):
        return replace(settings, args=tuple(setting.value.split(" ")))
    raise InternalError(f'setting "{setting.name}" not found in the plugin configuration')


def _meant(setting: _Setting, candidates: tuple[S, ...], allowed: str) -> bool:
    return any(setting.finds(candidate, allowed) for candidate in candidates)


def _with_variable(env: tuple[str, ...], setting: _Setting) -> tuple[str, ...]:
    others = tuple(text for text in env if text.partition("=")[0] != setting.name)
    if len(others) == len(env):
        return (*env, f"{setting.name}={setting.value}")
    return tuple(f"{setting.name}={setting.value}" if text not in others else text for text in env)


def _with_source(mount: PluginMount, setting: _Setting) -> PluginMount:
    return replace(mount, source=setting.value) if mount.name == setting.name else mount


def _with_path(device: PluginDevice, setting: _Setting) -> PluginDevice:
    return replace(device, path=setting.value) if device.name == setting.name else device
