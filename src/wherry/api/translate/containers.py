"""Containers → inspection and summary."""

from msgspec import UNSET

from wherry.api.translate.config import container_config
from wherry.api.translate.endpoints import network_settings, networks
from wherry.api.translate.host import host_config
from wherry.api.translate.mounts import mount_points
from wherry.api.translate.ports import port_list
from wherry.api.translate.state import state, status_text
from wherry.api.translate.times import rfc3339, whole_seconds
from wherry.engine.containers import Paths
from wherry.model.container import Container
from wherry.model.mount import OverlayMount
from wherry.model.resources import Ulimit
from wherry.plan.filters.containers import state_name
from wherry.plan.networks.attachments import network_mode
from wherry.wire import container as wire
from wherry.wire.network import SummaryNetworks

DRIVER = "overlay2"

Size = tuple[int, int]


def container_inspect(
    container: Container,
    paths: Paths,
    *,
    execs: tuple[str, ...] = (),
    size: Size | None = None,
    links: tuple[str, ...] = (),
    apparmor: str = "",
    default_ulimits: tuple[Ulimit, ...] = (),
) -> wire.ContainerInspect:
    """All there is to tell.

    ``execs`` are the IDs of the sessions that run in it, ``size`` the bytes of its own files and of those with its
    image, ``links`` its links as ``/source:/receiver/alias``, ``apparmor`` the profile of its processes,
    ``default_ulimits`` the limits that it has unless it asks for others.
    """
    path, *args = container.argv or ("",)
    return wire.ContainerInspect(
        id=container.id,
        created=rfc3339(container.created),
        path=path,
        args=args,
        state=state(container),
        image=container.image_id,
        resolv_conf_path=paths.resolv_conf,
        hostname_path=paths.hostname,
        hosts_path=paths.hosts,
        log_path=paths.log,
        name=f"/{container.name}",
        restart_count=container.state.restart_count,
        driver=DRIVER,
        app_armor_profile=apparmor,
        exec_ids=list(execs) or None,
        host_config=host_config(container, links, default_ulimits),
        graph_driver=wire.GraphDriver(data=_directories(paths.overlay), name=DRIVER),
        size_rw=size[0] if size else UNSET,
        size_root_fs=size[1] if size else UNSET,
        mounts=mount_points(container),
        config=container_config(container.spec),
        network_settings=network_settings(container, paths.sandbox),
    )


def container_summary(
    container: Container, image: str, now: int, size: Size | None = None, link_names: tuple[str, ...] = ()
) -> wire.ContainerSummary:
    """A line of ``ps``. ``image`` is how the image is called now, ``now`` ns since the epoch."""
    return wire.ContainerSummary(
        id=container.id,
        names=sorted((f"/{container.name}", *link_names)),
        image=image,
        image_id=container.image_id,
        command=_command(container.argv),
        created=whole_seconds(container.created),
        ports=port_list(container),
        size_rw=(size[0] or UNSET) if size else UNSET,
        size_root_fs=size[1] if size else UNSET,
        labels=dict(sorted(container.spec.labels.items())),
        state=state_name(container),
        status=status_text(container, now),
        host_config=wire.SummaryHostConfig(
            network_mode=network_mode(container.spec.host.network),
            annotations=container.spec.host.annotations or UNSET,
        ),
        network_settings=SummaryNetworks(networks=networks(container)),
        mounts=mount_points(container),
    )


def _command(argv: tuple[str, ...]) -> str:
    """The command on a line; words with spaces are quoted, but the first is not."""
    return " ".join((*argv[:1], *(f"'{word}'" if " " in word else word for word in argv[1:])))


def _directories(overlay: OverlayMount) -> dict[str, str]:
    return {
        "LowerDir": ":".join(overlay.lowers),
        "MergedDir": overlay.target,
        "UpperDir": overlay.upper,
        "WorkDir": overlay.work,
    }
