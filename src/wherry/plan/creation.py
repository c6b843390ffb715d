"""From what was asked and what the image says to what a container is."""

from msgspec.structs import replace

from wherry.errors import InvalidArgument
from wherry.model.container import ContainerSpec
from wherry.model.image import Healthcheck, ImageConfig

_SHORT_ID = 12


def merge(spec: ContainerSpec, image: ImageConfig) -> ContainerSpec:
    """The spec with the image's configuration under it, as dockerd merges (``daemon/commit.go``, ``merge``).

    The image's command is used only if neither entrypoint nor command was asked for. InvalidArgument if nothing is left
    to run.
    """
    entrypoint, command = _argv(spec, image)
    merged = replace(
        spec,
        user=spec.user or image.user,
        exposed_ports=_union(spec.exposed_ports, image.exposed_ports),
        env=_environment(spec.env, image.env),
        entrypoint=entrypoint,
        command=command,
        volumes=_union(spec.volumes, image.volumes),
        working_dir=spec.working_dir or image.working_dir,
        labels={**image.labels, **spec.labels},
        stop_signal=spec.stop_signal or image.stop_signal,
        healthcheck=_healthcheck(spec.healthcheck, image.healthcheck),
        on_build=image.on_build,
        shell=spec.shell or image.shell,
    )
    if not merged.entrypoint and not merged.command:
        raise InvalidArgument("no command specified")
    return merged


def complete(spec: ContainerSpec, container_id: str, host_hostname: str) -> ContainerSpec:
    """The spec with a hostname: the short id, or the host's where the container shares its network or UTS namespace."""
    if spec.hostname:
        return spec
    shares = spec.host.network == "host" or spec.host.uts == "host"
    return replace(spec, hostname=host_hostname if shares else container_id[:_SHORT_ID])


def _argv(spec: ContainerSpec, image: ImageConfig) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    if spec.entrypoint == ("",):
        return None, spec.command
    if spec.entrypoint:
        return spec.entrypoint, spec.command
    return image.entrypoint, spec.command or image.command


def _environment(asked: tuple[str, ...], image: tuple[str, ...]) -> tuple[str, ...]:
    names = {entry.partition("=")[0] for entry in asked}
    return asked + tuple(entry for entry in image if entry.partition("=")[0] not in names)


def _union(asked: tuple[str, ...], image: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(asked + image))


def _healthcheck(asked: Healthcheck | None, image: Healthcheck | None) -> Healthcheck | None:
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
