"""What dockerd refuses in a create request and a container's spec does not show any more, in dockerd's words.

What makes no sense in a spec, whoever made it, is refused by the engine.
"""

from posixpath import isabs

from wherry.errors import InvalidArgument
from wherry.wire.container import ContainerConfig
from wherry.wire.host_config import HostConfig


def check_config(config: ContainerConfig) -> None:
    """Raise InvalidArgument for a working directory that is none."""
    if config.working_dir and not isabs(config.working_dir):
        raise InvalidArgument(
            f"the working directory '{config.working_dir}' is invalid, it needs to be an absolute path"
        )


def check_network_mode(config: ContainerConfig, host: HostConfig) -> None:
    """Raise InvalidArgument for what cannot go with the network of the host or of another container."""
    mode = host.network_mode or ""
    if mode == "host" and host.links:
        raise InvalidArgument(_no_links("host type networking"))
    if mode.partition(":")[0] != "container":
        return
    conflicts = (
        (host.dns, "dns and the network mode"),
        (host.extra_hosts, "custom host-to-IP mapping and the network mode"),
        (host.port_bindings or host.publish_all_ports, "port publishing and the container type network mode"),
        (config.exposed_ports, "port exposing and the container type network mode"),
    )
    if mode in ("container", "container:"):
        raise InvalidArgument("Invalid network mode: invalid container format container:<name|id>")
    if host.links:
        raise InvalidArgument(_no_links("container type network"))
    for is_asked, text in conflicts:
        if is_asked:
            raise InvalidArgument(f"conflicting options: {text}")


def check_host(host: HostConfig) -> None:
    """Raise InvalidArgument for the first field that makes no sense by itself."""
    for text in host.links or ():
        _check_link(text)
    if (host.isolation or "default") != "default":
        raise InvalidArgument(f"Invalid isolation: \"{host.isolation}\" - linux only supports 'default'")
    for asked, what in ((host.io_maximum_iops, "IOPs"), (host.io_maximum_bandwidth, "bandwidth")):
        if asked:
            raise InvalidArgument(f"Invalid QoS settings: linux does not support configuration of maximum {what}")
    if host.storage_opt:
        raise InvalidArgument("--storage-opt is supported only for overlay over xfs with 'pquota' mount option")


def _check_link(text: str) -> None:
    if not text:
        raise InvalidArgument("empty string specified for links")
    if text.count(":") > 1:
        raise InvalidArgument(f"bad format for links: {text}")


def _no_links(mode: str) -> str:
    return f"conflicting options: {mode} can't be used with links. This would result in undefined behavior"
