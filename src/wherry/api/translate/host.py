"""``HostConfig`` ⇄ ``HostSpec``."""

from collections.abc import Mapping

from msgspec import UNSET
from msgspec.structs import replace

from wherry.api.translate.checks import check_host
from wherry.api.translate.config import console_size, words
from wherry.api.translate.mounts import mount_spec, wire_mount
from wherry.api.translate.ports import port_bindings, port_specs
from wherry.api.translate.resources import resources, show_limits
from wherry.model.container import Container, HostSpec, LogConfig, RestartPolicy
from wherry.model.host import HostFacts
from wherry.model.resources import Ulimit
from wherry.plan.containers.security import masked_paths, readonly_paths
from wherry.plan.networks.attachments import network_mode
from wherry.plan.oci.rlimits import with_defaults
from wherry.wire import host_config as wire


def host_spec(host: wire.HostConfig, facts: HostFacts, *, shallow_read_only: bool = False) -> HostSpec:
    """What is asked for, with Docker's defaults filled in.

    ``shallow_read_only`` says that read-only binds leave what is mounted below them as it is.

    Raises:
        InvalidArgument: it makes no sense.
        NotSupported: it needs what this engine does not have.
    """
    check_host(host)
    log, restart = host.log_config or wire.LogConfig(), host.restart_policy or wire.RestartPolicy()
    return HostSpec(
        binds=tuple(host.binds or ()),
        mounts=tuple(mount_spec(mount) for mount in host.mounts or ()),
        tmpfs=host.tmpfs or {},
        shallow_read_only=shallow_read_only,
        volumes_from=tuple(host.volumes_from or ()),
        volume_driver=host.volume_driver or "",
        network=network_mode(host.network_mode or ""),
        ports=port_specs(host.port_bindings),
        publish_all=bool(host.publish_all_ports),
        links=tuple(host.links or ()),
        dns=tuple(host.dns or ()),
        dns_options=tuple(host.dns_options or ()),
        dns_search=tuple(host.dns_search or ()),
        extra_hosts=tuple(host.extra_hosts or ()),
        restart=RestartPolicy(name=restart.name or "no", maximum=restart.maximum_retry_count or 0),
        auto_remove=bool(host.auto_remove),
        privileged=bool(host.privileged),
        read_only=bool(host.readonly_rootfs),
        init=None if host.init is UNSET else host.init,
        cap_add=words(host.cap_add) or (),
        cap_drop=words(host.cap_drop) or (),
        group_add=tuple(host.group_add or ()),
        security_opt=tuple(host.security_opt or ()),
        masked_paths=None if host.masked_paths is None else tuple(host.masked_paths),
        readonly_paths=None if host.readonly_paths is None else tuple(host.readonly_paths),
        sysctls=host.sysctls or {},
        cgroup_namespace=host.cgroupns_mode or "",
        cgroup_parent=host.cgroup_parent or "",
        ipc=host.ipc_mode or "",
        pid=host.pid_mode or "",
        uts=host.uts_mode or "",
        userns=host.userns_mode or "",
        shm_size=host.shm_size or 0,
        oom_score_adj=host.oom_score_adj or 0,
        runtime=host.runtime or "",
        log=LogConfig(driver=log.type or "", options=log.config or {}),
        annotations=host.annotations or {},
        container_id_file=host.container_id_file or "",
        console_size=console_size(host.console_size),
        resources=resources(host, facts),
    )


def host_config(
    container: Container, links: tuple[str, ...] = (), default_ulimits: tuple[Ulimit, ...] = ()
) -> wire.HostConfig:
    """A container's HostConfig as an inspection shows it; ``links`` as ``/source:/receiver/alias``. The engine's own
    limits are shown as if they had been asked for.

    Records do not tell an empty list from none, and Docker does: what is empty here looks as if the docker CLI had
    made the container.
    """
    spec = container.spec.host
    config = wire.HostConfig(
        binds=list(spec.binds) or None,
        container_id_file=spec.container_id_file,
        log_config=wire.LogConfig(type=spec.log.driver, config=_sorted(spec.log.options)),
        network_mode=network_mode(spec.network),
        port_bindings=port_bindings(spec.ports),
        restart_policy=wire.RestartPolicy(name=spec.restart.name, maximum_retry_count=spec.restart.maximum),
        auto_remove=spec.auto_remove,
        volume_driver=spec.volume_driver,
        volumes_from=list(spec.volumes_from) or None,
        console_size=list(spec.console_size),
        annotations=_sorted(spec.annotations) or UNSET,
        cap_add=list(spec.cap_add) or None,
        cap_drop=list(spec.cap_drop) or None,
        cgroupns_mode=spec.cgroup_namespace,
        dns=list(spec.dns),
        dns_options=list(spec.dns_options),
        dns_search=list(spec.dns_search),
        extra_hosts=list(spec.extra_hosts) or None,
        group_add=list(spec.group_add) or None,
        ipc_mode=spec.ipc or "private",
        cgroup="",
        links=list(links) or None,
        oom_score_adj=spec.oom_score_adj,
        pid_mode=spec.pid,
        privileged=spec.privileged,
        publish_all_ports=spec.publish_all,
        readonly_rootfs=spec.read_only,
        security_opt=_security_options(spec),
        storage_opt=_sorted(spec.storage_options) or UNSET,
        tmpfs=_sorted(spec.tmpfs) or UNSET,
        uts_mode=spec.uts,
        userns_mode=spec.userns,
        shm_size=spec.shm_size,
        sysctls=_sorted(spec.sysctls) or UNSET,
        runtime=spec.runtime or container.runtime,
        isolation="",
        cgroup_parent=spec.cgroup_parent,
        mounts=[wire_mount(mount) for mount in spec.mounts] or UNSET,
        masked_paths=_shown(masked_paths(spec), spec.masked_paths),
        readonly_paths=_shown(readonly_paths(spec), spec.readonly_paths),
        init=UNSET if spec.init is None else spec.init,
    )
    ulimits = with_defaults(spec.resources.ulimits, default_ulimits)
    show_limits(config, replace(spec.resources, ulimits=ulimits))
    return config


def _security_options(spec: HostSpec) -> list[str] | None:
    """Docker turns labels off for containers that see the host."""
    options = list(spec.security_opt)
    sees_host = spec.privileged or "host" in (spec.ipc, spec.pid)
    if sees_host and not any(option.startswith("label") for option in options):
        options.append("label=disable")
    return options or None


def _shown(paths: tuple[str, ...], asked: tuple[str, ...] | None) -> list[str] | None:
    return list(paths) if paths or asked is not None else None


def _sorted(mapping: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(mapping.items()))
