"""What an image says that is made of a container."""

from collections.abc import Iterable

from msgspec.structs import replace

from wherry.model.container import ContainerSpec
from wherry.model.image import ImageConfig
from wherry.plan.containers.creation import inherited
from wherry.plan.images import changes


def committed(spec: ContainerSpec, asked: ImageConfig | None, instructions: Iterable[str]) -> ImageConfig:
    """``asked`` (None: what the container was made with), then ``instructions`` as Dockerfiles have them, then what the
    container has and neither says otherwise. InvalidArgument for changes that are none."""
    own = said(spec)
    config = changes.apply_changes(own if asked is None else asked, instructions)
    return replace(config, **inherited(config, own))


def said(spec: ContainerSpec) -> ImageConfig:
    """What of a container's spec is for its image to say."""
    return ImageConfig(
        user=spec.user,
        exposed_ports=spec.exposed_ports,
        env=spec.env,
        entrypoint=spec.entrypoint,
        command=spec.command,
        volumes=spec.volumes,
        working_dir=spec.working_dir,
        labels=spec.labels,
        stop_signal=spec.stop_signal,
        healthcheck=spec.healthcheck,
        on_build=spec.on_build,
        shell=spec.shell,
    )
