"""From what was asked and what the image says to what a container is."""

from posixpath import isabs, normpath
from typing import Any

from msgspec.structs import replace

from wherry.errors import InvalidArgument
from wherry.model.container import NO_SETTINGS, ContainerDefaults, ContainerSpec, HostSpec
from wherry.model.image import Healthcheck, ImageConfig
from wherry.plan.containers.resources import with_default_swap
from wherry.plan.logs import options as log_options
from wherry.plan.naming import short_id
from wherry.plan.networks import endpoints

_Words = tuple[str, ...] | None


def merge(spec: ContainerSpec, image: ImageConfig) -> ContainerSpec:
    """The spec with the image's configuration under it, as dockerd merges them (moby ``daemon/commit.go``).

    The image's command is used only if neither entrypoint nor command was asked for; its shell and its triggers are for
    builds and stay with it. InvalidArgument if nothing is left to run.
    """
    merged = replace(spec, **inherited(spec, image))
    if not merged.argv:
        raise InvalidArgument("no command specified")
    return merged


def inherited(asked: ContainerSpec | ImageConfig, image: ImageConfig) -> dict[str, Any]:
    """The fields of ``asked`` with those of ``image`` under them."""
    entrypoint, command = _argv(asked, image)
    return {
        "user": asked.user or image.user,
        "exposed_ports": _union(asked.exposed_ports, image.exposed_ports),
        "env": _environment(asked.env, image.env),
        "entrypoint": entrypoint,
        "command": command,
        "volumes": _union(asked.volumes, image.volumes),
        "working_dir": asked.working_dir or image.working_dir,
        "labels": {**image.labels, **asked.labels},
        "stop_signal": asked.stop_signal or image.stop_signal,
        "healthcheck": _healthcheck(asked.healthcheck, image.healthcheck),
    }


def complete(
    spec: ContainerSpec, container_id: str, host_hostname: str, defaults: ContainerDefaults = NO_SETTINGS
) -> ContainerSpec:
    """The spec with what follows from it: hostname (short id; the host's on the host's network), the networks it is in,
    a clean working directory, the default swap limit, the engine's ``defaults`` less those that each start takes anew.

    InvalidArgument for a working directory that is not absolute, and for a log driver or its options.
    """
    name = host_hostname if spec.host.network == "host" else short_id(container_id)
    return replace(
        spec,
        hostname=spec.hostname or name,
        endpoints=endpoints.specs(spec),
        working_dir=_clean(spec.working_dir),
        host=_with_defaults(spec.host, defaults),
    )


def _with_defaults(host: HostSpec, defaults: ContainerDefaults) -> HostSpec:
    log = log_options.merged(host.log, defaults.log)
    log_options.check(log)
    return replace(
        host,
        shm_size=host.shm_size or defaults.shm_size,
        init=(defaults.init or None) if host.init is None else host.init,
        ipc=host.ipc or defaults.ipc,
        cgroup_parent=host.cgroup_parent or defaults.cgroup_parent,
        security_opt=_security_options(host, defaults),
        log=log,
        resources=with_default_swap(host.resources),
    )


def _security_options(host: HostSpec, defaults: ContainerDefaults) -> tuple[str, ...]:
    asked = any(option.startswith("no-new-privileges") for option in host.security_opt)
    return host.security_opt if asked or not defaults.no_new_privileges else (*host.security_opt, "no-new-privileges")


def _argv(spec: ContainerSpec | ImageConfig, image: ImageConfig) -> tuple[_Words, _Words]:
    """``("",)`` takes the image's entrypoint away, and with it the image's command; ``()`` the entrypoint alone."""
    if spec.entrypoint == ("",):
        return None, spec.command
    if spec.entrypoint:
        return spec.entrypoint, spec.command
    return (image.entrypoint if spec.entrypoint is None else spec.entrypoint), spec.command or image.command


def _environment(asked: tuple[str, ...], image: tuple[str, ...]) -> tuple[str, ...]:
    names = {entry.partition("=")[0] for entry in asked}
    return asked + tuple(entry for entry in image if entry.partition("=")[0] not in names)


def _union(asked: tuple[str, ...], image: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(asked + image))


def _healthcheck(asked: Healthcheck | None, image: Healthcheck | None) -> Healthcheck | None:
    """Field by field; ``NONE`` is a test like others."""
    if asked is None or image is None:
        return asked or image
    return replace(
        asked,
        test=asked.test or image.test,
        interval=asked.interval or image.interval,
        timeout=asked.timeout or image.timeout,
        start_period=asked.start_period or image.start_period,
        start_interval=asked.start_interval or image.start_interval,
        retries=asked.retries or image.retries,
    )


def _clean(working_dir: str) -> str:
    if not working_dir:
        return ""
    if not isabs(working_dir):
        raise InvalidArgument(f"the working directory '{working_dir}' is invalid, it needs to be an absolute path")
    return "/" + normpath(working_dir).lstrip("/")
