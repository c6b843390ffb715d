"""What dockerd refuses in a create request and a container's spec does not show any more, in dockerd's words.

What makes no sense in a spec, whoever made it, is refused by the engine.
"""

from posixpath import isabs

from wherry.errors import InvalidArgument
from wherry.plan.log_limits import human_size
from wherry.wire.container import ContainerConfig, HostConfig

_JSON_FILE_OPTIONS = frozenset(
    (
        *("max-file", "max-size", "compress", "labels", "labels-regex", "env", "env-regex", "tag"),
        *("mode", "max-buffer-size"),
    )
)
_LOCAL_OPTIONS = frozenset(("max-file", "max-size", "compress", "mode", "max-buffer-size"))
LOG_DRIVERS = {"json-file": _JSON_FILE_OPTIONS, "local": _LOCAL_OPTIONS, "none": frozenset[str]()}


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
    if not mode.startswith("container:"):
        return
    conflicts = (
        (host.dns, "dns and the network mode"),
        (host.extra_hosts, "custom host-to-IP mapping and the network mode"),
        (host.port_bindings or host.publish_all_ports, "port publishing and the container type network mode"),
        (config.exposed_ports, "port exposing and the container type network mode"),
    )
    if mode == "container:":
        raise InvalidArgument("Invalid network mode: invalid container format container:<name|id>")
    if host.links:
        raise InvalidArgument(_no_links("container type network"))
    for is_asked, text in conflicts:
        if is_asked:
            raise InvalidArgument(f"conflicting options: {text}")


def check_host(host: HostConfig) -> None:
    """Raise InvalidArgument for the first field that makes no sense by itself."""
    _check_log(host)
    for text in host.links or ():
        _check_link(text)
    if (host.isolation or "default") != "default":
        raise InvalidArgument(f"Invalid isolation: \"{host.isolation}\" - linux only supports 'default'")
    if host.storage_opt:
        raise InvalidArgument("--storage-opt is supported only for overlay over xfs with 'pquota' mount option")


def _check_log(host: HostConfig) -> None:
    if host.log_config is None:
        return
    driver = host.log_config.type or "json-file"
    if driver not in LOG_DRIVERS:
        raise InvalidArgument(f'error looking up logging plugin {driver}: plugin "{driver}" not found')
    options = host.log_config.config or {}
    for option in options:
        if option not in LOG_DRIVERS[driver]:
            name = "log driver local" if driver == "local" else f"{driver} log driver"
            raise InvalidArgument(f"unknown log opt '{option}' for {name}")
    _check_log_mode(options)


def _check_log_mode(options: dict[str, str]) -> None:
    """Writing never waits for the log, whatever the mode is."""
    mode = options.get("mode", "blocking")
    if mode not in ("", "blocking", "non-blocking"):
        raise InvalidArgument(f"logger: logging mode not supported: {mode}")
    if "max-buffer-size" not in options:
        return
    if mode != "non-blocking":
        raise InvalidArgument("logger: max-buffer-size option is only supported with 'mode=non-blocking'")
    try:
        human_size(options["max-buffer-size"])
    except ValueError as error:
        raise InvalidArgument(f"error parsing option max-buffer-size: {error}") from None


def _check_link(text: str) -> None:
    if not text:
        raise InvalidArgument("empty string specified for links")
    if text.count(":") > 1:
        raise InvalidArgument(f"bad format for links: {text}")


def _no_links(mode: str) -> str:
    return f"conflicting options: {mode} can't be used with links. This would result in undefined behavior"
