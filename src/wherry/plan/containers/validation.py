"""What of a container's spec makes no sense, whatever the world is like. Rules and texts are dockerd's (26.1)."""

from collections.abc import Iterator
from typing import Final

from wherry.errors import InvalidArgument
from wherry.model.container import ContainerSpec, HostSpec, RestartPolicy
from wherry.model.host import HostFacts
from wherry.model.image import Healthcheck
from wherry.plan import signals
from wherry.plan.containers import capabilities, namespaces, resources, security
from wherry.plan.networks.addresses import is_address

_LONGEST: Final = 4096  # Linux's PATH_MAX
_SHOWN: Final = 100
_MILLISECOND: Final = 1_000_000
_IPC_MODES: Final = frozenset(("", "none", "private", "shareable", "host"))
_RESTARTS: Final = frozenset(("", "no", "always", "on-failure", "unless-stopped"))


def check(spec: ContainerSpec, facts: HostFacts) -> tuple[str, ...]:
    """Warnings about what this host will not keep. ``spec`` has the image's configuration merged in and is otherwise
    as asked for: not completed yet. InvalidArgument for what is refused; InternalError for a bad ``--security-opt``.
    """
    host = spec.host
    _check_names(spec)
    check_lengths(*_names(spec))
    _check_modes(host)
    check_restart(host.restart, auto_remove=host.auto_remove)
    _check_extra_hosts(host.extra_hosts)
    if spec.healthcheck:
        _check_health(spec.healthcheck)
    if spec.stop_signal:
        signals.number(spec.stop_signal)
    capabilities.capabilities(host, facts)
    security.check(spec)
    return resources.check(host, facts)


def _check_names(spec: ContainerSpec) -> None:
    for entry in spec.env:
        if entry.startswith("=") or not entry:
            raise InvalidArgument(f"invalid environment variable: {entry}")
    if "" in spec.host.annotations:
        raise InvalidArgument("invalid Annotations: the empty string is not permitted as an annotation key")
    if spec.hostname and spec.host.uts == "host":
        raise InvalidArgument("conflicting options: hostname and the UTS mode")
    if spec.hostname and namespaces.peer(spec.host.network):
        raise InvalidArgument("conflicting options: hostname and the network mode")


def check_lengths(*names: str) -> None:
    """Of what a runtime repeats when it refuses it: a complaint longer than a pipe would be its last word.
    InvalidArgument."""
    for name in names:
        if len(name) > _LONGEST:
            raise InvalidArgument(f"file name too long: {name[:_SHOWN]}...")


def _names(spec: ContainerSpec) -> Iterator[str]:
    """What the runtime looks up or writes somewhere, as it is."""
    resources = spec.host.resources
    yield from (spec.working_dir, spec.user, spec.host.cgroup_parent, *spec.host.sysctls)
    yield from (limit.name for limit in resources.ulimits)
    for device in resources.devices:
        yield from (device.host_path, device.container_path)
    if spec.healthcheck and spec.healthcheck.test[:1] == ("CMD",):
        yield from spec.healthcheck.test[1:2]


def _check_modes(host: HostSpec) -> None:
    if host.ipc not in _IPC_MODES and not host.ipc.startswith("container:"):
        raise InvalidArgument(f"invalid IPC mode: {host.ipc}")
    if host.pid not in ("", "host") and not namespaces.peer(host.pid):
        raise InvalidArgument(f"invalid PID mode: {host.pid}")
    if host.uts not in ("", "host"):
        raise InvalidArgument(f"invalid UTS mode: {host.uts}")
    if host.cgroup_namespace not in ("", "private", "host"):
        raise InvalidArgument(f"invalid cgroup namespace mode: {host.cgroup_namespace}")


def check_restart(policy: RestartPolicy, *, auto_remove: bool) -> None:
    """InvalidArgument for a policy that there is not, or that does not go with removal at the end."""
    if policy.name not in _RESTARTS:
        raise InvalidArgument(
            f"invalid restart policy: unknown policy '{policy.name}'; "
            "use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
        )
    if policy.maximum < 0:
        raise InvalidArgument("invalid restart policy: maximum retry count cannot be negative")
    if policy.maximum and policy.name != "on-failure":
        raise InvalidArgument("invalid restart policy: maximum retry count can only be used with 'on-failure'")
    if auto_remove and policy.name not in ("", "no"):
        raise InvalidArgument("can't create 'AutoRemove' container with restart policy")


def _check_extra_hosts(entries: tuple[str, ...]) -> None:
    for entry in entries:
        name, _, address = entry.partition(":")
        if not name or not address:
            raise InvalidArgument(f'bad format for add-host: "{entry}"')
        if address != "host-gateway" and not is_address(address):
            raise InvalidArgument(f'invalid IP address in add-host: "{address}"')


def _check_health(health: Healthcheck) -> None:
    times = {
        "Interval": health.interval,
        "Timeout": health.timeout,
        "StartPeriod": health.start_period,
        "StartInterval": health.start_interval,
    }
    for name, time in times.items():
        if time and time < _MILLISECOND:
            raise InvalidArgument(f"{name} in Healthcheck cannot be less than 1ms")
    if health.retries < 0:
        raise InvalidArgument("Retries in Healthcheck cannot be negative")
