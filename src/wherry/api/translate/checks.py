"""What dockerd refuses in a create request, in its words."""

import re
from ipaddress import ip_address
from posixpath import isabs

from wherry.errors import InvalidArgument
from wherry.plan.binds import is_mode
from wherry.wire.container import ContainerConfig, HealthConfig, HostConfig

RESTART_POLICIES = ("", "no", "always", "on-failure", "unless-stopped")

_MILLISECOND = 1_000_000
_JSON_FILE_OPTIONS = frozenset(
    (
        *("max-file", "max-size", "compress", "labels", "labels-regex", "env", "env-regex", "tag"),
        *("mode", "max-buffer-size"),
    )
)
LOG_DRIVERS = {"json-file": _JSON_FILE_OPTIONS, "none": frozenset[str]()}


def check_config(config: ContainerConfig) -> None:
    """Raise InvalidArgument for the first field that makes no sense."""
    if config.working_dir and not isabs(config.working_dir):
        raise InvalidArgument(
            f"the working directory '{config.working_dir}' is invalid, it needs to be an absolute path"
        )
    for variable in config.env or ():
        if not variable.partition("=")[0]:
            raise InvalidArgument(f"invalid environment variable: {variable}")
    if config.healthcheck:
        _check_health(config.healthcheck)


def check_network_mode(config: ContainerConfig, host: HostConfig) -> None:
    """Raise InvalidArgument for what cannot go with the namespaces that are shared."""
    mode, hostname = host.network_mode or "", config.hostname
    if hostname and host.uts_mode == "host":
        raise InvalidArgument("conflicting options: hostname and the UTS mode")
    if mode == "host" and host.links:
        raise InvalidArgument(_no_links("host type networking"))
    if not mode.startswith("container:"):
        return
    conflicts = (
        (hostname, "hostname and the network mode"),
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
    _check_restart(host)
    _check_namespaces(host)
    _check_log(host)
    for text in host.links or ():
        _check_link(text)
    for text in host.extra_hosts or ():
        _check_extra_host(text)
    for text in host.volumes_from or ():
        _check_volumes_from(text)
    if "" in (host.annotations or {}):
        raise InvalidArgument("invalid Annotations: the empty string is not permitted as an annotation key")
    if host.storage_opt:
        raise InvalidArgument("--storage-opt is supported only for overlay over xfs with 'pquota' mount option")


def _check_health(check: HealthConfig) -> None:
    times = {
        "Interval": check.interval,
        "Timeout": check.timeout,
        "StartPeriod": check.start_period,
        "StartInterval": check.start_interval,
    }
    for name, value in times.items():
        if value and value < _MILLISECOND:
            raise InvalidArgument(f"{name} in Healthcheck cannot be less than 1ms")
    if check.retries and check.retries < 0:
        raise InvalidArgument("Retries in Healthcheck cannot be negative")


def _check_restart(host: HostConfig) -> None:
    if host.restart_policy is None:
        return
    name, maximum = host.restart_policy.name or "", host.restart_policy.maximum_retry_count or 0
    prefix = "invalid restart policy"
    if name not in RESTART_POLICIES:
        raise InvalidArgument(
            f"{prefix}: unknown policy '{name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
        )
    if name == "on-failure" and maximum < 0:
        raise InvalidArgument(f"{prefix}: maximum retry count cannot be negative")
    if name != "on-failure" and maximum:
        also = " and cannot be negative" if maximum < 0 else ""
        raise InvalidArgument(f"{prefix}: maximum retry count can only be used with 'on-failure'{also}")
    if host.auto_remove and name not in ("", "no"):
        raise InvalidArgument("can't create 'AutoRemove' container with restart policy")


def _check_namespaces(host: HostConfig) -> None:
    modes = (
        ("IPC mode", host.ipc_mode, ("", "none", "private", "host", "shareable"), True),
        ("PID mode", host.pid_mode, ("", "host"), True),
        ("UTS mode", host.uts_mode, ("", "host"), False),
        ("cgroup namespace mode", host.cgroupns_mode, ("", "private", "host"), False),
    )
    for noun, mode, words, can_join in modes:
        joins = can_join and re.fullmatch(r"container:.+", mode or "")
        if (mode or "") not in words and not joins:
            raise InvalidArgument(f"invalid {noun}: {mode}")
    if (host.isolation or "default") != "default":
        raise InvalidArgument(f"Invalid isolation: \"{host.isolation}\" - linux only supports 'default'")


def _check_log(host: HostConfig) -> None:
    if host.log_config is None:
        return
    driver = host.log_config.type or "json-file"
    if driver not in LOG_DRIVERS:
        raise InvalidArgument(f'error looking up logging plugin {driver}: plugin "{driver}" not found')
    for option in host.log_config.config or {}:
        if option not in LOG_DRIVERS[driver]:
            raise InvalidArgument(f"unknown log opt '{option}' for {driver} log driver")


def _check_link(text: str) -> None:
    if not text:
        raise InvalidArgument("empty string specified for links")
    if text.count(":") > 1:
        raise InvalidArgument(f"bad format for links: {text}")


def _check_extra_host(text: str) -> None:
    name, colon, address = text.partition(":")
    if not name or not colon:
        raise InvalidArgument(f'bad format for add-host: "{text}"')
    try:
        if address != "host-gateway":
            ip_address(address)
    except ValueError:
        raise InvalidArgument(f'invalid IP address in add-host: "{address}"') from None


def _check_volumes_from(text: str) -> None:
    if not text:
        raise InvalidArgument("volumes-from specification cannot be an empty string")
    mode = text.partition(":")[2]
    if not is_mode(mode):
        raise InvalidArgument(f"invalid mode: {mode}")


def _no_links(mode: str) -> str:
    return f"conflicting options: {mode} can't be used with links. This would result in undefined behavior"
