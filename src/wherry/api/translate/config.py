"""``Config`` of containers and images ⇄ our records."""

from posixpath import normpath

from msgspec import UNSET, UnsetType

from wherry.api.translate.checks import check_config
from wherry.model.container import ContainerSpec
from wherry.model.image import Healthcheck, ImageConfig
from wherry.plan.networks.attachments import network_mode
from wherry.wire.container import ContainerConfig, Empty, HealthConfig


def container_spec(config: ContainerConfig) -> ContainerSpec:
    """What is to run; the host's and the networks' side are the caller's.

    Raises:
        InvalidArgument: it makes no sense.
    """
    check_config(config)
    return ContainerSpec(
        image=config.image or "",
        entrypoint=words(config.entrypoint),
        command=words(config.cmd),
        env=tuple(config.env or ()),
        working_dir=normpath(config.working_dir) if config.working_dir else "",
        user=config.user or "",
        hostname=config.hostname or "",
        domainname=config.domainname or "",
        labels=config.labels or {},
        exposed_ports=tuple(sorted(config.exposed_ports or ())),
        volumes=tuple(sorted(config.volumes or ())),
        stop_signal=config.stop_signal or "",
        stop_timeout=None if config.stop_timeout is UNSET else config.stop_timeout,
        tty=bool(config.tty),
        open_stdin=bool(config.open_stdin),
        stdin_once=bool(config.stdin_once),
        attach_stdin=bool(config.attach_stdin),
        attach_stdout=bool(config.attach_stdout),
        attach_stderr=bool(config.attach_stderr),
        network_disabled=bool(config.network_disabled),
        healthcheck=_healthcheck(config.healthcheck),
        on_build=tuple(config.on_build or ()),
        shell=tuple(config.shell or ()),
    )


def container_config(spec: ContainerSpec) -> ContainerConfig:
    """``Config`` of a container's inspection."""
    return ContainerConfig(
        hostname=spec.hostname,
        domainname=spec.domainname,
        user=spec.user,
        attach_stdin=spec.attach_stdin,
        attach_stdout=spec.attach_stdout,
        attach_stderr=spec.attach_stderr,
        exposed_ports=_set(spec.exposed_ports) or UNSET,
        tty=spec.tty,
        open_stdin=spec.open_stdin,
        stdin_once=spec.stdin_once,
        env=list(spec.env) or None,
        cmd=_list(spec.command),
        healthcheck=_wire_healthcheck(spec.healthcheck),
        image=spec.image,
        volumes=_set(spec.volumes) or None,
        working_dir=spec.working_dir,
        entrypoint=_list(spec.entrypoint),
        network_disabled=spec.network_disabled or UNSET,
        mac_address=_mac(spec) or UNSET,
        on_build=list(spec.on_build) or None,
        labels=dict(sorted(spec.labels.items())),
        stop_signal=spec.stop_signal or UNSET,
        stop_timeout=UNSET if spec.stop_timeout is None else spec.stop_timeout,
        shell=list(spec.shell) or UNSET,
    )


def image_config(config: ImageConfig) -> ContainerConfig:
    """``Config`` of an image's inspection."""
    return ContainerConfig(
        hostname="",
        domainname="",
        user=config.user,
        attach_stdin=False,
        attach_stdout=False,
        attach_stderr=False,
        exposed_ports=_set(config.exposed_ports) or UNSET,
        tty=False,
        open_stdin=False,
        stdin_once=False,
        env=list(config.env) or None,
        cmd=_list(config.command),
        healthcheck=_wire_healthcheck(config.healthcheck),
        image="",
        volumes=_set(config.volumes) or None,
        working_dir=config.working_dir,
        entrypoint=_list(config.entrypoint),
        on_build=list(config.on_build) or None,
        labels=dict(sorted(config.labels.items())) or None,
        stop_signal=config.stop_signal or UNSET,
        shell=list(config.shell) or UNSET,
    )


def console_size(size: list[int] | None) -> tuple[int, int]:
    """Height and width; 0 for what is missing."""
    padded = [*(size or ()), 0, 0]
    return padded[0], padded[1]


def words(value: list[str] | str | None) -> tuple[str, ...] | None:
    """A list, or one word in the place of one. Of a command None says that the image's is wanted."""
    if value is None:
        return None
    return (value,) if isinstance(value, str) else tuple(value)


def _mac(spec: ContainerSpec) -> str:
    """The address asked for the container's first network."""
    mode = network_mode(spec.host.network)
    return next((endpoint.mac for endpoint in spec.endpoints if endpoint.network == mode), "")


def _list(words: tuple[str, ...] | None) -> list[str] | None:
    return None if words is None else list(words)


def _set(names: tuple[str, ...]) -> dict[str, Empty | None]:
    return {name: Empty() for name in sorted(names)}


def _healthcheck(check: HealthConfig | UnsetType | None) -> Healthcheck | None:
    if not check:
        return None
    return Healthcheck(
        test=tuple(check.test or ()),
        interval=check.interval or 0,
        timeout=check.timeout or 0,
        start_period=check.start_period or 0,
        start_interval=check.start_interval or 0,
        retries=check.retries or 0,
    )


def _wire_healthcheck(check: Healthcheck | None) -> HealthConfig | UnsetType:
    if check is None:
        return UNSET
    return HealthConfig(
        test=list(check.test) or UNSET,
        interval=check.interval or UNSET,
        timeout=check.timeout or UNSET,
        start_period=check.start_period or UNSET,
        start_interval=check.start_interval or UNSET,
        retries=check.retries or UNSET,
    )
